"""All of it: pairs worth a look, their scores, the best choice for all, and batches where one stands for several."""

from math import exp, log

import polars as pl

from apps.settlements.matching.suggesting.assigning import assigned
from apps.settlements.matching.suggesting.batches import Batch, batches
from apps.settlements.matching.suggesting.blocking import worth_a_look
from apps.settlements.matching.suggesting.scoring import evidence_of, scored
from apps.settlements.matching.suggesting.shapes import Knowledge, Suggestion
from apps.settlements.matching.suggesting.weights import Weights

MOST_OF_BATCH = 0.98  # below the posting threshold: a sum can always be chance


def rank(theirs: pl.DataFrame, ours: pl.DataFrame, knowledge: Knowledge, weights: Weights, band: int = 50) -> list[Suggestion]:
    """Everything that could be for a few items, the best first, however unlikely; a wider band of amounts than `suggest`.

    Each is ambiguous where another of the same item is within the margin.
    """
    pairs = _free(worth_a_look(theirs, ours, band), knowledge)
    rows = scored(pairs, theirs, ours, knowledge, weights).sort(["points", "left_id", "right_id"], descending=[True, False, False])
    near = {}
    for side in ("left_id", "right_id"):
        for key, points in rows.group_by(side).agg(pl.col("points")).iter_rows():
            near[side, key] = sorted(points, reverse=True)
    found = []
    for row in rows.iter_rows(named=True):
        rivals = max((_best_other(near[side, row[side]], row["points"]) for side in ("left_id", "right_id")), default=float("-inf"))
        unsure = row["points"] - rivals < weights.margin and row["score"] >= weights.floor
        found.append(Suggestion((row["left_id"],), (row["right_id"],), row["score"], unsure, evidence_of(row)))
    return found


def _best_other(points: list[float], own: float) -> float:
    """The best points of an item's other pairs."""
    rest = list(points)
    rest.remove(own)
    return rest[0] if rest else float("-inf")


def suggest(theirs: pl.DataFrame, ours: pl.DataFrame, knowledge: Knowledge, weights: Weights) -> list[Suggestion]:
    """Suggestions for all open items, the surest first; each item is in at most one.

    Pairs that are sure come first, then batches of what is left, then the remaining pairs.
    """
    pairs = _free(worth_a_look(theirs, ours), knowledge)
    rows, least = scored(pairs, theirs, ours, knowledge, weights), log(weights.floor / (1 - weights.floor))
    best = assigned(rows, least, weights.margin)
    sure = sure_of(best, weights)
    taken = _Taken(sure["left_id"], sure["right_id"])
    unsure = {("theirs", row["left_id"]): row["points"] for row in best.iter_rows(named=True)}
    unsure |= {("ours", row["right_id"]): row["points"] for row in best.iter_rows(named=True)}
    several = _several(theirs, ours, knowledge, weights, taken, unsure)
    rest = taken.left_over(rows)
    singles = pl.concat([sure, assigned(rest, least, weights.margin).select(sure.columns)])
    found = [
        Suggestion((row["left_id"],), (row["right_id"],), row["score"], row["is_ambiguous"], evidence_of(row))
        for row in singles.iter_rows(named=True)
    ]
    return sorted([*found, *several], key=lambda one: (-one.score, one.theirs, one.ours))


def sure_of(best: pl.DataFrame, weights: Weights) -> pl.DataFrame:
    """Assigned pairs that no batch may break up."""
    return best.filter((pl.col("score") >= weights.sure) & ~pl.col("is_ambiguous") & (pl.col("amount") == "same"))


class _Taken:
    """Items that a suggestion holds already, by side."""

    def __init__(self, theirs: pl.Series, ours: pl.Series):
        self.theirs, self.ours = set(theirs.to_list()), set(ours.to_list())

    def add(self, theirs: tuple[int, ...], ours: tuple[int, ...]) -> None:
        self.theirs.update(theirs)
        self.ours.update(ours)

    def touches(self, theirs: tuple[int, ...], ours: tuple[int, ...]) -> bool:
        return not (self.theirs.isdisjoint(theirs) and self.ours.isdisjoint(ours))

    def left_over(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.filter(~pl.col("left_id").is_in(list(self.theirs)) & ~pl.col("right_id").is_in(list(self.ours)))


def _several(theirs, ours, knowledge: Knowledge, weights: Weights, taken: _Taken, unsure: dict) -> list[Suggestion]:
    """The best batches that do not share an item, among what no sure pair holds; one that a pair beats is left out."""
    free_theirs = theirs.filter(~pl.col("id").is_in(list(taken.theirs)))
    free_ours = ours.filter(~pl.col("id").is_in(list(taken.ours)))
    found: list[tuple[Batch, tuple, tuple, bool]] = []
    for split, ones, parts in ((False, free_theirs, free_ours), (True, free_ours, free_theirs)):
        if split:
            ones = ones.filter(pl.col("kind") == "payout")
        for ranked in batches(ones, parts, knowledge, weights, split=split):
            sides = [((one.many, (one.one,)) if split else ((one.one,), one.many)) for one in ranked]
            free = [(one, *side) for one, side in zip(ranked, sides, strict=True) if not knowledge.declines(*side)]
            if free:
                beaten = len(free) > 1 and free[0][0].points - free[1][0].points < weights.margin
                found.append((*free[0], beaten))
    made = []
    for batch, left, right, ambiguous in sorted(found, key=lambda one: (-one[0].points, one[1], one[2])):
        score = min(1 / (1 + exp(-batch.points)), MOST_OF_BATCH)
        rivals = [unsure.get(("theirs", key), -99.0) for key in left] + [unsure.get(("ours", key), -99.0) for key in right]
        if score < weights.floor or taken.touches(left, right) or batch.points <= max(rivals):
            continue
        unsettled = ambiguous or batch.points - max(rivals) < weights.margin
        made.append(Suggestion(left, right, score, unsettled, batch.evidence))
        taken.add(left, right)
    return made


def _free(pairs: pl.DataFrame, knowledge: Knowledge) -> pl.DataFrame:
    """Pairs less those that people declined."""
    return pairs.join(knowledge.declined_pairs(), on=["left_id", "right_id"], how="anti", maintain_order="left")
