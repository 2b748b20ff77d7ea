"""Weights from labelled sets: a logistic regression over the grades, so that a score is a probability."""

import polars as pl
from sklearn.linear_model import LogisticRegression

from apps.reports.practice.lost.making import labelled_set
from apps.reports.practice.lost.measuring import links_of
from apps.reports.practice.lost.records import Hop
from apps.settlements.matching.suggesting.assigning import assigned
from apps.settlements.matching.suggesting.batches import SIZES, batches
from apps.settlements.matching.suggesting.blocking import worth_a_look
from apps.settlements.matching.suggesting.engine import sure_of
from apps.settlements.matching.suggesting.scoring import PARTS, scored
from apps.settlements.matching.suggesting.weights import BANK, LINES, Weights

SEEDS, SIZE = range(1, 11), 2_000


def fitted() -> dict[str, tuple[float, dict[str, dict[str, float]]]]:
    """For each hop the bias and the points by part and grade."""
    sets = [labelled_set(seed, SIZE) for seed in SEEDS]
    return {"lines": _fit([made.lines for made in sets], LINES), "bank": _fit([made.bank for made in sets], BANK)}


def _fit(hops: list[Hop], weights: Weights) -> tuple[float, dict[str, dict[str, float]]]:
    rows = []
    for hop in hops:
        pairs = scored(worth_a_look(hop.theirs, hop.ours), hop.theirs, hop.ours, hop.knowledge, weights)
        true = pl.DataFrame(
            list(links_of(one for one in hop.key if len(one[0]) == len(one[1]) == 1)), schema=["left_id", "right_id"], orient="row"
        )
        rows.append(pairs.select("left_id", "right_id", *PARTS).join(true.with_columns(y=1), on=["left_id", "right_id"], how="left"))
    every = pl.concat(rows).with_columns(pl.col("y").fill_null(0))
    columns = [(part, grade) for part in PARTS for grade in sorted(every[part].unique()) if grade not in ("unknown", "none", "blank")]
    given = every.select((pl.col(part) == grade).cast(pl.Int8).alias(f"{part}:{grade}") for part, grade in columns)
    model = LogisticRegression(C=1.0, max_iter=2000).fit(given.to_numpy(), every["y"].to_numpy())
    points: dict[str, dict[str, float]] = {part: {} for part in PARTS}
    for (part, grade), worth in zip(columns, model.coef_[0], strict=True):
        points[part][grade] = round(float(worth), 1)
    return round(float(model.intercept_[0]), 1), points


def fitted_batches() -> dict[str, dict[str, float]]:
    """The same for batches of each hop; `each` and `late` are points a part and an open day."""
    sets = [labelled_set(seed, SIZE) for seed in SEEDS]
    return {"lines": _fit_batches([made.lines for made in sets], LINES), "bank": _fit_batches([made.bank for made in sets], BANK)}


def _fit_batches(hops: list[Hop], weights: Weights) -> dict[str, float]:
    rows, right = [], []
    for hop in hops:
        pairs = scored(worth_a_look(hop.theirs, hop.ours), hop.theirs, hop.ours, hop.knowledge, weights)
        sure = sure_of(assigned(pairs, 0.0, weights.margin), weights)
        theirs, ours = (
            hop.theirs.filter(~pl.col("id").is_in(sure["left_id"].implode())),
            hop.ours.filter(~pl.col("id").is_in(sure["right_id"].implode())),
        )
        for split, ones, parts in ((False, theirs, ours), (True, ours, theirs)):
            if split and ones["kind"][0] != "payout":
                continue
            for ranked in batches(ones, parts, hop.knowledge, weights, split=split):
                for one in ranked:
                    given = {part.grade: 1.0 for part in one.evidence if part.part in ("sum", "parts", "sign")}
                    given["named"] = float(any(part.part == "reference" for part in one.evidence))
                    late = next(part.n for part in one.evidence if part.part == "day")
                    rows.append({**given, "late": float(late), "each": float(len(one.many) - SIZES.start)})
                    sides = (frozenset(one.many), frozenset([one.one])) if split else (frozenset([one.one]), frozenset(one.many))
                    right.append(int(sides in hop.key and max(map(len, sides)) > 1))
    names = sorted({name for row in rows for name in row})
    model = LogisticRegression(C=1.0, max_iter=2000).fit([[row.get(name, 0.0) for name in names] for row in rows], right)
    return {
        "bias": round(float(model.intercept_[0]), 1),
        **{name: round(float(worth), 1) for name, worth in zip(names, model.coef_[0], strict=True)},
    }
