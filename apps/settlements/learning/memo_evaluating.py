"""A model of memos against the plain rules, on the newest lines. No scikit-learn here."""

import numpy as np
import polars as pl

from apps.settlements.learning.evaluating import SEED
from apps.settlements.learning.measuring import chance_of_f1, f1_of, macro_f1, share_of_f1_wins
from apps.settlements.learning.memo_rules import by_rules, majority_of
from apps.settlements.learning.memos import MemoModel

MEMOS = {"id": pl.Int64(), "business_date": pl.Date(), "memo": pl.String(), "is_credit": pl.Boolean(), "kind": pl.String()}


def memo_figures(model: MemoModel, trained: pl.DataFrame, held: pl.DataFrame, keywords: list[str]) -> dict:
    """What is kept of an evaluation; both frames are MEMOS, `keywords` those of all channels."""
    most = majority_of(trained["kind"])
    pairs = list(held.select("memo", "is_credit").iter_rows())
    true = held["kind"].to_numpy().astype(str)
    own = np.array([model.say(*pair).kind for pair in pairs], dtype=str)
    plain = np.array([str(by_rules(*pair, keywords, most)) for pair in pairs], dtype=str)
    names = sorted(set(true))
    return {
        "trained": _counted(trained, most),
        "held": _counted(held, most),
        "types": len(set(trained["kind"])),
        "macro_f1": {"own": round(macro_f1(true, own, names), 6), "plain": round(macro_f1(true, plain, names), 6)},
        "right": {"own": int((true == own).sum()), "plain": int((true == plain).sum())},
        "by_type": {name: {"rows": int((true == name).sum()), "own": round(f1_of(true, own, name), 4),
                           "plain": round(f1_of(true, plain, name), 4)} for name in names},
        "wins": round(share_of_f1_wins(true, own, plain, names, seed=SEED), 4) if len(true) else 0.0,
        "chance": round(chance_of_f1(true, own, names, seed=SEED), 4) if len(true) else 1.0,
    }  # fmt: skip


def _counted(rows: pl.DataFrame, most: str) -> dict:
    """`positives` are rows that the most frequent type does not tell."""
    first, last = rows["business_date"].min(), rows["business_date"].max()
    positives = int((rows["kind"] != most).sum())
    days = {"first": first.isoformat() if first else "", "last": last.isoformat() if last else ""}
    return {"rows": rows.height, "positives": positives, **days}
