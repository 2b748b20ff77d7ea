"""What each channel charged in a month against what its plan says, by method."""

import polars as pl

from apps.merchants.models import Merchant
from apps.reports.figures.months import Month
from apps.reports.figures.payment_lines import fee_groups

BY = ["method", "currency"]


def fee_rows(merchant: Merchant, month: Month) -> list[dict]:
    """One dict a (channel, method, currency), minor units, fees signed (negative when charged).

    `planned_*` count the lines for which a plan was in force; `beyond` are those whose fee differs by more than the tolerance.
    """
    rows = []
    for channel in merchant.channels.order_by("code"):
        whole = _summed(fee_groups(channel, month)).sort(BY)
        rows += [{"channel_id": channel.pk, **row} for row in whole.iter_rows(named=True)]
    return rows


def _summed(groups: pl.DataFrame) -> pl.DataFrame:
    """Each group stands for `count` equal lines."""
    planned, count = pl.col("expected_fee").is_not_null(), pl.col("count")
    is_beyond = (pl.col("fee") - pl.col("expected_fee")).abs() > pl.col("tolerance")
    return groups.group_by(BY).agg(
        count.sum(),
        (pl.col("gross") * count).sum(),
        (pl.col("fee") * count).sum(),
        count.filter(planned).sum().alias("planned_count"),
        (pl.col("fee") * count).filter(planned).sum().alias("planned_fee"),
        (pl.col("expected_fee") * count).sum(),
        count.filter(is_beyond).sum().alias("beyond"),
    )
