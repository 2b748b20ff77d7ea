"""What each channel charged in a month against what its plan says, by method."""

import polars as pl

from apps.merchants.models import Merchant
from apps.reports.figures.months import Month
from apps.reports.figures.payment_lines import payment_lines

BY = ["method", "currency"]


def fee_rows(merchant: Merchant, month: Month) -> list[dict]:
    """One dict a (channel, method, currency), minor units, fees signed (negative when charged).

    `planned_*` count the lines for which a plan was in force; `beyond` are those whose fee differs by more than the tolerance.
    """
    rows = []
    for channel in merchant.channels.order_by("code"):
        days = [_summed(frame) for frame in payment_lines(channel, month)]
        if not days:
            continue
        whole = pl.concat(days).group_by(BY).agg(pl.all().sum()).sort(BY)
        rows += [{"channel_id": channel.pk, **row} for row in whole.iter_rows(named=True)]
    return rows


def _summed(frame: pl.DataFrame) -> pl.DataFrame:
    planned = pl.col("expected_fee").is_not_null()
    gap = (pl.col("fee") - pl.col("expected_fee")).abs()
    return frame.group_by(BY).agg(
        pl.len().cast(pl.Int64).alias("count"),
        pl.col("gross").sum(),
        pl.col("fee").sum(),
        planned.sum().cast(pl.Int64).alias("planned_count"),
        pl.col("fee").filter(planned).sum().alias("planned_fee"),
        pl.col("expected_fee").sum(),
        (gap > pl.col("tolerance")).sum().cast(pl.Int64).alias("beyond"),
    )
