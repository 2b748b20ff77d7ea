"""Telling rows that are new from rows that an earlier file brought.

A row is known by its cells; the n-th such row of one file is the n-th of any other. So overlapping exports add nothing twice, and
two true twins inside one file are both kept.
"""

from dataclasses import dataclass

import polars as pl

from apps.core.bulk import queryset_frame
from apps.settlements.ingest.lanes import Lane

FEW = 2_000  # up to here the known rows are looked up by hash, beyond it the owner's rows of the same time are read
PROBES = 100  # rows of a longer file that are looked up before it is taken for new; for many more the planner would read the table
KNOWN = {"id": pl.Int64(), "row_hash": pl.Int64(), "ordinal": pl.Int64()}


@dataclass(frozen=True)
class Sorted:
    """The rows of a file: `new` ones to insert, `seen` ones with the `id` of the line they are."""

    new: pl.DataFrame
    seen: pl.DataFrame
    covered: int = 0  # rows of a bank's preview whose days a statement has told already

    @property
    def seen_count(self) -> int:
        return self.seen.height + self.covered


def numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows in their order with `ordinal`: which of the equal rows of its file each is."""
    rows = rows.sort("row_no")
    if rows["row_hash"].n_unique() == rows.height:  # the usual case; counting within each hash costs ten times as much
        return rows.with_columns(pl.lit(0, dtype=pl.Int64).alias("ordinal"))
    return rows.with_columns(pl.int_range(pl.len()).over("row_hash").alias("ordinal"))


def looks_new(lane: Lane, owner_id: int, rows: pl.DataFrame) -> bool:
    """Whether a long file shares none of some of its rows, spread over it, with the files before.

    A guess that spares reading a month of lines again; the unique key of the lines is what tells.
    """
    if rows.height <= FEW:
        return False
    some = rows["row_hash"].gather_every(rows.height // PROBES)
    return not any(_live(lane, owner_id).filter(row_hash__in=part.to_list()).exists() for part in _parts(some, 500))


def all_new(rows: pl.DataFrame) -> Sorted:
    """The numbered rows of a file as if none were in already."""
    return Sorted(rows, rows.head(0).with_columns(pl.lit(None, dtype=pl.Int64).alias("id")))


def sort_rows(lane: Lane, owner_id: int, rows: pl.DataFrame) -> Sorted:
    """Splits the numbered rows of a file into those that are new and those that are in already."""
    known = _known(lane, owner_id, rows)
    if known.is_empty():
        return all_new(rows)
    on = ["row_hash", "ordinal"]
    return Sorted(rows.join(known, on=on, how="anti", maintain_order="left"), rows.join(known, on=on, how="inner"))


def _live(lane: Lane, owner_id: int):
    return lane.line_model.objects.filter(**{f"{lane.owner}_id": owner_id}, is_live=True)


def _known(lane: Lane, owner_id: int, rows: pl.DataFrame) -> pl.DataFrame:
    live = _live(lane, owner_id)
    distinct = rows["row_hash"].unique()
    if len(distinct) > FEW:  # equal cells hold an equal time, so what was known lies between the first and the last of the file
        first, last = rows[lane.clock].min(), rows[lane.clock].max()
        return queryset_frame(live.filter(**{f"{lane.clock}__range": (first, last)}).order_by(), KNOWN)
    parts = [queryset_frame(live.filter(row_hash__in=part.to_list()), KNOWN) for part in _parts(distinct, 500)]
    return pl.concat([pl.DataFrame(schema=KNOWN), *parts])


def _parts(values: pl.Series, size: int) -> list[pl.Series]:
    return [values.slice(at, size) for at in range(0, len(values), size)]
