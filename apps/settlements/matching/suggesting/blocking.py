"""Which pairs are worth a look: near in amount and time, or with a rare piece of a reference in common. Bounded, however many items."""

import numpy as np
import polars as pl

from apps.settlements.matching.suggesting.references import tokens

EARLIEST, LATEST = -7, 45  # days that theirs may lie before and after ours
NEAREST = 12  # of each item of theirs, by amount and then by day
CHUNK = 256  # items of theirs that are compared at once
PIECE, RARE, BY_PIECE = 5, 12, 6  # characters of a piece, how many items may share it, pairs kept of each item
SAME_KIND = ["pool", "kind", "currency"]


def worth_a_look(theirs: pl.DataFrame, ours: pl.DataFrame, band: int = 20) -> pl.DataFrame:
    """Pairs (`left_id`, `right_id`) without repeats. `band` is how far amounts may lie apart, in percent of ours."""
    if theirs.is_empty() or ours.is_empty():
        return pl.DataFrame(schema={"left_id": pl.Int64, "right_id": pl.Int64})
    found = [_by_piece(theirs, ours)]
    for group, left in theirs.group_by(SAME_KIND, maintain_order=True):
        right = ours.filter(*(pl.col(name) == value for name, value in zip(SAME_KIND, group, strict=True)))
        if right.height:
            found.append(_by_amount(left.sort("day", "id"), right.sort("day", "id"), band))
    return pl.concat(found).unique(maintain_order=True).sort("left_id", "right_id")


def _by_amount(left: pl.DataFrame, right: pl.DataFrame, band: int) -> pl.DataFrame:
    """The nearest of each item of theirs within the window, by the amount or by what is left of it after the planned fee."""
    days = right["day"].to_physical().to_numpy()
    amounts = right["amount"].to_numpy()
    nets = right["net"].fill_null(right["amount"]).to_numpy()
    lefts, rights = [], []
    for part in left.iter_slices(CHUNK):
        day, amount = part["day"].to_physical().to_numpy()[:, None], part["amount"].to_numpy()[:, None]
        first, last = np.searchsorted(days, day.min() - LATEST, "left"), np.searchsorted(days, day.max() - EARLIEST, "right")
        if first == last:
            continue
        apart = day - days[None, first:last]
        gap = np.minimum(np.abs(amount - amounts[None, first:last]), np.abs(amount - nets[None, first:last]))
        far = (gap * 100 > np.abs(amounts[None, first:last]) * band) | (apart < EARLIEST) | (apart > LATEST)
        cost = np.where(far, np.iinfo(np.int64).max, gap * 64 + np.abs(apart))
        kept = min(NEAREST, cost.shape[1])
        nearest = np.argpartition(cost, kept - 1, axis=1)[:, :kept]
        rows, columns = np.nonzero(np.take_along_axis(~far, nearest, axis=1))
        lefts.append(part["id"].to_numpy()[rows])
        rights.append(right["id"].to_numpy()[first + nearest[rows, columns]])
    ids = [np.concatenate(side) if side else np.empty(0, dtype=np.int64) for side in (lefts, rights)]
    return pl.DataFrame({"left_id": ids[0], "right_id": ids[1]}, schema={"left_id": pl.Int64, "right_id": pl.Int64})


def _by_piece(theirs: pl.DataFrame, ours: pl.DataFrame) -> pl.DataFrame:
    """Pairs that share rare pieces of their references; most of a running number is shared by all and says nothing."""
    left, right = _pieces(theirs), _pieces(ours)
    rare = right.filter(pl.len().over("piece", *SAME_KIND) <= RARE)
    shared = left.join(rare, on=["piece", *SAME_KIND], suffix="_ours").filter(
        (pl.col("day") - pl.col("day_ours")).dt.total_days().is_between(EARLIEST, LATEST)
    )
    counted = shared.group_by(pl.col("id").alias("left_id"), pl.col("id_ours").alias("right_id")).agg(pl.len().alias("_n"))
    ranked = counted.sort(["left_id", "_n", "right_id"], descending=[False, True, False])
    return ranked.filter(pl.int_range(pl.len()).over("left_id") < BY_PIECE).select("left_id", "right_id")


def _pieces(items: pl.DataFrame) -> pl.DataFrame:
    """Every piece of PIECE characters of an item's references, with where the item belongs."""
    words = tokens(items).select("id", "plain").filter(pl.col("plain").str.len_chars() >= PIECE)
    longest = words["plain"].str.len_chars().max() or 0
    cuts = [words.select("id", pl.col("plain").str.slice(at, PIECE).alias("piece")) for at in range(max(longest - PIECE + 1, 0))]
    every = pl.concat([pl.DataFrame(schema={"id": pl.Int64, "piece": pl.String}), *cuts]).filter(pl.col("piece").str.len_chars() == PIECE)
    return every.unique().join(items.select("id", "day", *SAME_KIND), on="id")
