"""Channels whose payouts take the whole balance: which payout each line went with, as far as its own file does not say.

A provider such as PayPal names no payout beside a row. Its parser can tell for rows that stand in one file with the withdrawal; the
others, of days without a withdrawal or booked after it, go with the first one that came later, and that is found here.
"""

import polars as pl

from apps.channels import registry
from apps.channels.contracts import LineKind
from apps.channels.models import Channel
from apps.core.bulk import queryset_frame, update_rows
from apps.core.clock import start_of_day
from apps.settlements.models import Statement, StatementLine
from apps.settlements.services.touching import touch_ids

LINE = {
    "id": pl.Int64(),
    "statement_id": pl.Int64(),
    "kind": pl.String(),
    "currency": pl.String(),
    "payout_ref": pl.String(),
    "net": pl.Int64(),
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
    changed = carried(_from_its_file(lines, channel)).filter(pl.col("payout_ref") != pl.col("payout_ref_now"))
    update_rows(StatementLine, changed.select("id", pl.col("payout_ref_now").alias("payout_ref")))
    touch_ids(channel, changed["id"])
    return changed.height


def _from_its_file(lines: pl.DataFrame, channel: Channel) -> pl.DataFrame:
    """Lines no earlier than the first day of their file: what is listed a day late missed the withdrawal of its own evening."""
    days = Statement.objects.filter(channel=channel).values_list("pk", "first_day")
    opened = {pk: start_of_day(day, channel.timezone) for pk, day in days if day}
    opens = pl.DataFrame(
        {"statement_id": [*opened], "_opened": [*opened.values()]}, schema={"statement_id": pl.Int64, "_opened": LINE["occurred_at"]}
    )
    known = lines.join(opens, on="statement_id", how="left", maintain_order="left")
    return known.with_columns(pl.max_horizontal("occurred_at", "_opened").alias("occurred_at")).drop("_opened")


def carried(lines: pl.DataFrame) -> pl.DataFrame:
    """Of `lines` (as LINE) those whose payout stands in no file of theirs, with `payout_ref_now`: the first payout after each, or none.

    A payout that is just what its own file's rows come to took nothing from before: that went with one whose file is lost.
    """
    is_payout = pl.col("kind") == LineKind.PAYOUT.value
    named = ["currency", "payout_ref"]
    taken = lines.filter(is_payout & (pl.col("payout_ref") != "")).sort("occurred_at", "payout_ref")
    own = taken.select("statement_id", *named).unique()
    rows = lines.filter(~is_payout)
    loose = rows.join(own, on=own.columns, how="anti").sort("occurred_at")
    later = taken.select("occurred_at", "currency", pl.col("payout_ref").alias("payout_ref_now"))
    found = loose.join_asof(later, on="occurred_at", by="currency", strategy="forward", check_sortedness=False)
    told = rows.join(own, on=own.columns, how="semi").group_by(named).agg(pl.col("net").sum().alias("_told"))
    full = taken.group_by(named).agg(-pl.col("net").sum().alias("_took")).join(told, on=named).filter(pl.col("_told") == pl.col("_took"))
    found = found.join(
        full.select("currency", payout_ref_now="payout_ref", _full=pl.lit(value=True)), on=["currency", "payout_ref_now"], how="left"
    )
    went = pl.col("_full").is_null() | (pl.col("net").sum().over("currency", "payout_ref_now") == 0)
    return found.with_columns(pl.when(went).then("payout_ref_now").fill_null("")).drop("_full")
