"""A model of risk against the plain guess: the rate of the channel (and the method) so far. No scikit-learn here."""

from datetime import date

import numpy as np
import polars as pl

from apps.settlements.learning.measuring import Held, average_precision, chance_of, first_looks, log_loss, share_of_wins
from apps.settlements.learning.scorecards import Scorecard
from apps.settlements.learning.tasks import Task

HELD_SHARE = 0.25  # of the days, the newest
LEAST_DAYS = 20  # with fewer there is nothing to hold back
PRIOR = 10.0  # rows' worth of belief in the coarser rate
SEED = 20_261


def split_day(days: pl.Series) -> date | None:
    """The first day that is held back; None where there are too few days."""
    known = days.unique().sort()
    return known[int(len(known) * (1 - HELD_SHARE))] if len(known) >= LEAST_DAYS else None


def plain_scores(trained: pl.DataFrame, rows: pl.DataFrame, task: Task) -> pl.Series:
    """For each row the rate of its finest facet of `task.baseline` so far, drawn towards the coarser one where rows are few."""
    known = trained.with_columns((pl.col("is_positive") * pl.col("weight")).alias("_hit"))
    overall = float(known["_hit"].sum()) / max(float(known["weight"].sum()), 1.0)
    guessed = rows.select(*task.baseline).with_columns(pl.lit(overall).alias("_rate"))
    for facet in task.baseline:
        seen = known.group_by(facet).agg(pl.col("_hit").sum(), pl.col("weight").sum().alias("_all"))
        guessed = guessed.join(seen, on=facet, how="left", maintain_order="left")
        rate = (pl.col("_hit").fill_null(0) + PRIOR * pl.col("_rate")) / (pl.col("_all").fill_null(0) + PRIOR)
        guessed = guessed.with_columns(rate.alias("_rate")).drop("_hit", "_all")
    return guessed["_rate"]


def risk_figures(card: Scorecard, trained: pl.DataFrame, held: pl.DataFrame, task: Task) -> dict:
    """What is kept of an evaluation. Both frames carry LABELLED and what `task.cut` needs."""
    trained, held = task.cut(trained, card.cuts), task.cut(held, card.cuts)
    own = card.scores(held).to_numpy()
    plain = plain_scores(trained, held, task).to_numpy()
    truth = truth_of(held, task.baseline[-1])
    figures = {"trained": counted(trained), "held": counted(held)}
    if not truth.positive.any():
        none = {"own": 0.0, "plain": 0.0}
        return {**figures, "average_precision": none, "log_loss": none, "first_looks": {"looks": 0, **none}, "wins": 0.0, "chance": 1.0}
    return {
        **figures,
        "average_precision": _pair(average_precision, own, plain, truth),
        "log_loss": _pair(log_loss, own, plain, truth),
        "first_looks": {"looks": figures["held"]["positives"], **_pair(first_looks, own, plain, truth)},
        "wins": round(share_of_wins(own, plain, truth, seed=SEED), 4),
        "chance": round(chance_of(own, truth, seed=SEED), 4),
    }


def truth_of(rows: pl.DataFrame, group: str) -> Held:
    """Rows with LABELLED and the facet `group`, as arrays."""
    columns = [rows["is_positive"], rows["weight"], rows["business_date"].cast(pl.Int32), rows[group].rank("dense").cast(pl.Int64)]
    return Held(*(column.to_numpy() for column in columns))


def counted(rows: pl.DataFrame) -> dict:
    """Rows as they are in the books, those with a difference, and the days they are of."""
    first, last = rows["business_date"].min(), rows["business_date"].max()
    return {
        "rows": round(float(rows["weight"].sum())),
        "positives": int(rows["is_positive"].sum()),
        "first": first.isoformat() if first else "",
        "last": last.isoformat() if last else "",
    }


def _pair(measure, own: np.ndarray, plain: np.ndarray, truth: Held) -> dict:
    return {"own": round(measure(own, truth), 6), "plain": round(measure(plain, truth), 6)}
