"""Which withdrawal took which rows, as far as one file tells. A withdrawal empties the balance of its currency."""

import polars as pl

from apps.channels.contracts import LineKind


def go_with_withdrawals(lines: pl.DataFrame) -> pl.DataFrame:
    """Gives each movement the reference of the withdrawal of its currency that came next in this file; none where none came."""
    is_payout = pl.col("kind") == LineKind.PAYOUT.value
    taken = lines.filter(is_payout & (pl.col("payout_ref") != ""))
    if taken.is_empty():
        return lines
    nearest = taken.select("occurred_at", "currency", "payout_ref").sort("occurred_at", maintain_order=True)
    moved = lines.filter(~is_payout).drop("payout_ref").sort("occurred_at", maintain_order=True)
    moved = moved.join_asof(nearest, on="occurred_at", by="currency", strategy="forward", check_sortedness=False)
    moved = moved.join(_took_everything(moved, taken), on="currency", how="left")
    moved = moved.with_columns(pl.coalesce("took_all", "payout_ref", pl.lit("")).alias("payout_ref"))
    return pl.concat([moved.select(lines.columns), lines.filter(is_payout)]).sort("row_no")


def _took_everything(moved: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """`currency`, `took_all`: the only withdrawal of a currency, where it is the sum of all rows and not of those before it.

    The clock of a row and that of the sweep differ by seconds, so rows "after" the sweep may be in it: then the sum says so.
    """
    only = taken.unique("currency", keep="none").select("currency", (-pl.col("net")).alias("took"), pl.col("payout_ref").alias("took_all"))
    before = pl.col("net").filter(pl.col("payout_ref").is_not_null()).sum().alias("before")
    sums = moved.group_by("currency").agg(pl.col("net").sum().alias("whole"), before).join(only, on="currency")
    return sums.filter((pl.col("whole") == pl.col("took")) & (pl.col("before") != pl.col("took"))).select("currency", "took_all")
