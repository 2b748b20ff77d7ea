"""Telling rows that are new from rows that an earlier file brought.

A row is known by its cells; the n-th such row of one file is the n-th of any other. So overlapping exports add nothing twice, and
two true twins inside one file are both kept.
"""

from dataclasses import dataclass

import polars as pl

from apps.core.bulk import queryset_frame
from apps.settlements.ingest.lanes import Lane

FEW = 2_000  # up to here the known rows are looked up by hash, beyond it the owner's rows of the same time are read
KNOWN = {"id": pl.Int64(), "row_hash": pl.Int64(), "ordinal": pl.Int64()}


@dataclass(frozen=True)
class Sorted:
    """The rows of a file: `new` ones to insert, `seen` ones with the `id` of the line they are."""

    new: pl.DataFrame
    seen: pl.DataFrame


def sort_rows(lane: Lane, owner_id: int, rows: pl.DataFrame) -> Sorted:
    """Numbers equal rows within the file and splits off those that are in already."""
    numbered = rows.sort("row_no").with_columns(pl.int_range(pl.len()).over("row_hash").alias("ordinal"))
    known = _known(lane, owner_id, numbered)
    if known.is_empty():
        return Sorted(numbered, numbered.head(0).with_columns(pl.lit(None, dtype=pl.Int64).alias("id")))
    on = ["row_hash", "ordinal"]
    return Sorted(numbered.join(known, on=on, how="anti", maintain_order="left"), numbered.join(known, on=on, how="inner"))


def _known(lane: Lane, owner_id: int, rows: pl.DataFrame) -> pl.DataFrame:
    live = lane.line_model.objects.filter(**{f"{lane.owner}_id": owner_id}, is_live=True)
    distinct = rows["row_hash"].unique()
    if len(distinct) > FEW:  # equal cells hold an equal time, so what was known lies between the first and the last of the file
        first, last = rows[lane.clock].min(), rows[lane.clock].max()
        return queryset_frame(live.filter(**{f"{lane.clock}__range": (first, last)}).order_by(), KNOWN)
    parts = [queryset_frame(live.filter(row_hash__in=part.to_list()), KNOWN) for part in _parts(distinct, 500)]
    return pl.concat([pl.DataFrame(schema=KNOWN), *parts])


def _parts(values: pl.Series, size: int) -> list[pl.Series]:
    return [values.slice(at, size) for at in range(0, len(values), size)]
