"""Channels whose payouts take the whole balance: which payout each line went with, as far as its own file does not say.

A provider such as PayPal names no payout beside a row. Its parser can tell for rows that stand in one file with the withdrawal; the
others, of days without a withdrawal or booked after it, go with the first one that came later, and that is found here.
"""

import polars as pl

from apps.channels import registry
from apps.channels.contracts import LineKind
from apps.channels.models import Channel
from apps.core.bulk import queryset_frame, update_rows
from apps.settlements.models import StatementLine

LINE = {
    "id": pl.Int64(),
    "statement_id": pl.Int64(),
    "kind": pl.String(),
    "currency": pl.String(),
    "payout_ref": pl.String(),
    "occurred_at": pl.Datetime("us", "UTC"),
}


def sweep(channel: Channel) -> int:
    """Makes `payout_ref` of carried lines say the payout that took them, and returns how many changed.

    What a file itself says is not touched. Files may come in any order: with each pass a line is given to the first payout after it
    that is known by then, or to none.
    """
    if not registry.get(channel.provider).capabilities.sweeps:
        return 0
    live = StatementLine.objects.for_merchant(channel.merchant_id).filter(channel=channel, is_live=True)
    lines = queryset_frame(live.order_by(), LINE)
    changed = carried(lines).filter(pl.col("payout_ref") != pl.col("payout_ref_now"))
    update_rows(StatementLine, changed.select("id", pl.col("payout_ref_now").alias("payout_ref")))
    return changed.height


def carried(lines: pl.DataFrame) -> pl.DataFrame:
    """Of `lines` (as LINE) those whose payout stands in no file of theirs, with `payout_ref_now`: the first payout after each, or none."""
    is_payout = pl.col("kind") == LineKind.PAYOUT.value
    taken = lines.filter(is_payout & (pl.col("payout_ref") != "")).sort("occurred_at", "payout_ref")
    own = taken.select("statement_id", "currency", "payout_ref").unique()
    loose = lines.filter(~is_payout).join(own, on=["statement_id", "currency", "payout_ref"], how="anti").sort("occurred_at")
    later = taken.select("occurred_at", "currency", pl.col("payout_ref").alias("payout_ref_now"))
    found = loose.join_asof(later, on="occurred_at", by="currency", strategy="forward", check_sortedness=False)
    return found.with_columns(pl.col("payout_ref_now").fill_null(""))
