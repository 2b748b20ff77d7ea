"""refunds.csv into refunds, each tied to the payment it gives back. `services.books` calls this inside its transaction."""

from datetime import datetime

import polars as pl

from apps.core.bulk import copy_rows, keyed_frame, update_rows
from apps.merchants.models import Merchant
from apps.orders.ingest.reading import REJECTIONS
from apps.orders.models import Payment, Refund
from apps.orders.services.book_events import write_state_changes
from apps.orders.services.book_limits import apart_from_desk, keep_within_payments
from apps.orders.services.comparing import Plan, compare, first_known
from apps.orders.states import HOLDS_MONEY, REFUND_MOVES

_MOMENT = pl.Datetime("us", "UTC")
_KNOWN = {
    "id": pl.Int64(), "payment_id": pl.Int64(), "channel_id": pl.Int64(), "refund_no": pl.String(), "refund_no_key": pl.String(),
    "provider_refund_ref": pl.String(), "provider_refund_ref_key": pl.String(), "amount_minor": pl.Int64(), "currency": pl.String(),
    "state": pl.String(), "requested_at": _MOMENT, "refunded_at": _MOMENT, "business_date": pl.Date(), "reason": pl.String(),
}  # fmt: skip
_OPTIONAL = ["provider_refund_ref", "provider_refund_ref_key", "requested_at", "refunded_at", "business_date", "reason"]
_FIELDS = [*_OPTIONAL, "payment_id", "channel_id", "refund_no", "amount_minor", "currency", "state"]
_PAYMENT = {
    "channel_id": pl.Int64(), "merchant_ref_key": pl.String(), "provider_ref_key": pl.String(), "id": pl.Int64(),
    "amount_minor": pl.Int64(), "currency": pl.String(),
}  # fmt: skip
_PAID = {"payment_minor": "amount_minor", "payment_currency": "currency"}


def plan_refunds(merchant: Merchant, rows: pl.DataFrame) -> Plan:
    """`rows` as `ingest.books.check_refunds` leaves them. Reads only."""
    rows = rows.rename({"status": "state", "requested_at_utc": "requested_at", "refunded_at_utc": "refunded_at"})
    rows, orphans = _with_payment(merchant, rows)
    known = keyed_frame(Refund.objects.for_merchant(merchant), "refund_no_key", rows["refund_no_key"], _KNOWN)
    known = known.rename({name: f"{name}_was" for name in _FIELDS})
    apart = apart_from_desk(merchant, rows, known)
    plan = compare(apart.rows, known, on=["refund_no_key"], fields=_FIELDS, optional=_OPTIONAL, moves=REFUND_MOVES)
    plan = Plan(plan.new, plan.changed, plan.rows_same + apart.rows_same, pl.concat([orphans, apart.rejected, plan.rejected]))
    if plan.changed.height:
        # A refund number that comes back for another payment is another refund with a wrong number, never an update.
        strange = pl.col("payment_id") != pl.col("payment_id_was")
        moved = _rejected(plan.changed.filter(strange), "refund_no", "other_payment", pl.col("refund_no"))
        plan = Plan(plan.new, plan.changed.filter(~strange), plan.rows_same, pl.concat([plan.rejected, moved]))
    return keep_within_payments(merchant, plan)


def write_refunds(merchant: Merchant, plan: Plan, *, file_name: str, now: datetime) -> None:
    """Changed refunds, new refunds, and an event on the payment for each changed state.

    What gives money back to a payment is written before what takes it, since no moment may hold more than was paid.
    """
    columns = ["refund_no_key", *_FIELDS]
    if plan.changed.height:
        takes = pl.col("state").is_in(sorted(HOLDS_MONEY)) & (pl.col("amount_minor") >= pl.col("amount_minor_was"))
        update_rows(Refund, plan.changed.filter(~takes).select("id", *columns))
        update_rows(Refund, plan.changed.filter(takes).select("id", *columns))
    new = first_known(plan.new, "requested_at", "refunded_at", now)
    copy_rows(Refund, new.select(*columns, merchant_id=pl.lit(merchant.pk)))
    if plan.changed.height:
        changes = plan.changed.select("payment_id", "state_was", "state", "refund_no")
        write_state_changes(merchant, changes, file_name=file_name, now=now, kind="books.refund_state_changed")


def _with_payment(merchant: Merchant, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each row's payment by our reference, else by the provider's; rows without one, or with several, are rejected."""
    payments = Payment.objects.for_merchant(merchant)
    ours = keyed_frame(payments, "merchant_ref_key", rows["merchant_ref_key"], _PAYMENT)
    ours = ours.select("channel_id", "merchant_ref_key", payment_id="id", **_PAID)
    rows = rows.join(ours, on=["channel_id", "merchant_ref_key"], how="left", maintain_order="left")
    asked = rows.filter(pl.col("payment_id").is_null() & (pl.col("provider_ref_key") != ""))["provider_ref_key"]
    theirs = keyed_frame(payments.exclude(provider_ref_key=""), "provider_ref_key", asked, _PAYMENT)
    theirs = theirs.group_by("channel_id", "provider_ref_key").agg(
        by_provider=pl.col("id").first(),
        candidates=pl.len(),
        by_provider_minor=pl.col("amount_minor").first(),
        by_provider_currency=pl.col("currency").first(),
    )
    rows = rows.join(theirs, on=["channel_id", "provider_ref_key"], how="left", maintain_order="left")
    several = pl.col("payment_id").is_null() & (pl.col("candidates") > 1)
    none = pl.col("payment_id").is_null() & pl.col("by_provider").is_null()
    named = pl.when(pl.col("merchant_ref") != "").then("merchant_ref").otherwise("provider_ref")
    rejected = pl.concat(
        [
            _rejected(rows.filter(none), "merchant_ref", "unknown_payment", named),
            _rejected(rows.filter(several), "provider_ref", "ambiguous_payment", pl.col("provider_ref")),
        ]
    )
    found = rows.filter(~none & ~several.fill_null(False)).with_columns(
        pl.coalesce("payment_id", "by_provider"),
        pl.coalesce("payment_minor", "by_provider_minor"),
        pl.coalesce("payment_currency", "by_provider_currency"),
    )
    return found.drop("by_provider", "candidates", "by_provider_minor", "by_provider_currency"), rejected


def _rejected(rows: pl.DataFrame, column: str, code: str, value: pl.Expr) -> pl.DataFrame:
    return rows.select("row_no", column=pl.lit(column), code=pl.lit(code), value=value.str.slice(0, 80)).cast(REJECTIONS)
