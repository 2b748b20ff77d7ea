"""Lines into payouts, and those that came back into the payouts by which they are paid again."""

import polars as pl

from apps.channels.cells import key
from apps.settlements.matching.comparing import fault
from apps.settlements.matching.frames import PAYOUTS, ChannelTerms, shaped
from apps.settlements.matching.schedule import due_days

OF_PAYOUTS = ["kind", "payout_ref", "payout_on", "business_date", "currency", "net"]


def form_payouts(lines: pl.DataFrame, terms: ChannelTerms, lists: pl.Series | None = None) -> pl.DataFrame:
    """Payouts as the lines make them: by the provider's reference, else one per bank date of the calendar.

    A per-payout channel's line without a reference was not paid out yet: it is in transit and forms nothing. `lists` are the statements
    that list payouts without what is in them.
    """
    transfers = lines.filter(pl.col("kind") == "payout").select(*OF_PAYOUTS, "statement_id", "provider_refund_ref_key")
    came_back = pl.col("provider_refund_ref_key") != ""
    movements = lines.select(OF_PAYOUTS).filter(pl.col("kind") != "payout")  # a million lines are copied thrice below
    named = movements.filter(pl.col("payout_ref") != "")
    bare = movements.filter(pl.col("payout_ref") == "")
    if terms.statements == "per_payout":
        bare = bare.filter(pl.col("payout_on").is_not_null())
    by_ref = due_days(named, terms).with_columns(pl.coalesce("payout_on", "due_on").alias("due_on"))
    by_ref = _sum(by_ref, "payout_ref").join(
        _announced(transfers.filter(~came_back)), left_on=["ref", "currency"], right_on=["payout_ref", "currency"], how="left"
    )
    by_ref = by_ref.with_columns(
        pl.lit(True).alias("is_named"), pl.when(pl.col("lines_net") < 0).then(-pl.col("announced")).otherwise(pl.col("announced"))
    )
    by_day = due_days(bare, terms).with_columns(pl.coalesce("payout_on", "due_on").alias("due_on"))
    by_day = _sum(by_day.with_columns(pl.col("due_on").cast(pl.String).alias("_ref")), "_ref").with_columns(pl.lit(False).alias("is_named"))
    every = pl.concat([shaped(by_ref, PAYOUTS), shaped(by_day, PAYOUTS)])
    if lists is not None and len(lists):
        every = _announced_by_day(every, transfers.filter(pl.col("statement_id").is_in(lists.implode())))
    return _with_returns(every, transfers.filter(came_back)).sort("due_on", "ref", "currency")


def _announced(transfers: pl.DataFrame) -> pl.DataFrame:
    """What the provider's own payout rows say, whichever way it signs them."""
    named = transfers.filter(pl.col("payout_ref") != "")
    return named.group_by("payout_ref", "currency").agg(pl.col("net").abs().sum().alias("announced"))


def _announced_by_day(payouts: pl.DataFrame, transfers: pl.DataFrame) -> pl.DataFrame:
    """What a list of payouts that knows no references says of a payout, where both are the only one of their day and currency."""
    on = ["due_on", "currency"]
    told = transfers.filter(pl.col("payout_on").is_not_null())
    told = told.select("currency", due_on="payout_on", _said=pl.col("net").abs()).filter(pl.len().over(on) == 1)
    alone = payouts.select("ref", *on).filter(pl.len().over(on) == 1)
    said = alone.join(told, on=on).select("ref", "currency", "_said")
    found = payouts.join(said, on=["ref", "currency"], how="left", maintain_order="left")
    said = pl.when(pl.col("lines_net") < 0).then(-pl.col("_said")).otherwise("_said")
    return found.with_columns(pl.coalesce("announced", said).alias("announced")).drop("_said")


def _with_returns(payouts: pl.DataFrame, returns: pl.DataFrame) -> pl.DataFrame:
    """Payouts that came back (`returns` names each) are due when the payout is by which they are paid again.

    Their lines stay theirs: the payout that carries them is announced with them, so its announcement counts less what it carries.
    """
    if returns.is_empty():
        return payouts.with_columns(pl.lit("").alias("carried_by"))
    back = returns.sort("business_date", "payout_ref").group_by(pl.col("provider_refund_ref_key").alias("_key"), "currency")
    back = back.agg(pl.col("business_date").last().alias("_back_on"), pl.col("payout_ref", "payout_on").last())
    carried = returns.group_by("payout_ref", "currency").agg(pl.col("net").abs().sum().alias("_carried"))
    due = payouts.select(pl.col("ref").alias("payout_ref"), "currency", pl.col("due_on").alias("_carrier_due"))
    back = back.join(due, on=["payout_ref", "currency"], how="left")
    found = payouts.with_columns(key(pl.col("ref")).alias("_key")).join(back, on=["_key", "currency"], how="left")
    found = found.join(carried, left_on=["ref", "currency"], right_on=["payout_ref", "currency"], how="left")
    return found.with_columns(
        (pl.col("announced") - pl.col("_carried").fill_null(0)).alias("announced"),
        pl.coalesce("_carrier_due", "payout_on", "due_on").alias("due_on"),
        pl.col("_back_on").alias("returned_on"),
        pl.col("payout_ref").fill_null("").alias("carried_by"),
    ).select([*PAYOUTS])


def _sum(lines: pl.DataFrame, ref: str) -> pl.DataFrame:
    return lines.group_by(pl.col(ref).alias("ref"), "currency").agg(
        pl.col("due_on").min(),
        pl.col("business_date").min().alias("covers_from"),
        pl.col("business_date").max().alias("covers_to"),
        pl.col("net").sum().alias("lines_net"),
        pl.len().cast(pl.Int64).alias("line_count"),
    )


def announced_otherwise(payouts: pl.DataFrame) -> pl.DataFrame:
    """`payout_amount_mismatch`: the provider's own payout row is not the sum of its lines."""
    differs = payouts.filter(pl.col("announced").is_not_null() & (pl.col("announced") != pl.col("lines_net")))
    return fault(
        differs.with_columns(pl.col("ref").alias("payout_key"), pl.col("due_on").alias("business_date"), pl.col("id").alias("payout_id")),
        "payout_amount_mismatch",
        "payout_id",
        expected=pl.col("lines_net"),
        actual=pl.col("announced"),
    )
