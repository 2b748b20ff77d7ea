"""refunds.csv into refunds, each tied to the payment it gives back. `services.books` calls this inside its transaction."""

from datetime import datetime

import polars as pl

from apps.core.bulk import copy_rows, keyed_frame, update_rows
from apps.merchants.models import Merchant
from apps.orders.ingest.reading import REJECTIONS
from apps.orders.models import Payment, Refund
from apps.orders.services.book_events import write_state_changes
from apps.orders.services.comparing import Plan, compare, first_known
from apps.orders.states import REFUND_MOVES

_MOMENT = pl.Datetime("us", "UTC")
_KNOWN = {
    "id": pl.Int64(), "payment_id": pl.Int64(), "channel_id": pl.Int64(), "refund_no": pl.String(), "refund_no_key": pl.String(),
    "provider_refund_ref": pl.String(), "provider_refund_ref_key": pl.String(), "amount_minor": pl.Int64(), "currency": pl.String(),
    "state": pl.String(), "requested_at": _MOMENT, "refunded_at": _MOMENT, "business_date": pl.Date(), "reason": pl.String(),
}  # fmt: skip
_OPTIONAL = ["provider_refund_ref", "provider_refund_ref_key", "requested_at", "refunded_at", "business_date", "reason"]
_FIELDS = [*_OPTIONAL, "payment_id", "channel_id", "refund_no", "amount_minor", "currency", "state"]
_PAYMENT = {"channel_id": pl.Int64(), "merchant_ref_key": pl.String(), "provider_ref_key": pl.String(), "id": pl.Int64()}


def plan_refunds(merchant: Merchant, rows: pl.DataFrame) -> Plan:
    """`rows` as `ingest.books.check_refunds` leaves them. Reads only."""
    rows = rows.rename({"status": "state", "requested_at_utc": "requested_at", "refunded_at_utc": "refunded_at"})
    rows, orphans = _with_payment(merchant, rows)
    known = keyed_frame(Refund.objects.for_merchant(merchant), "refund_no_key", rows["refund_no_key"], _KNOWN)
    known = known.rename({name: f"{name}_was" for name in _FIELDS})
    plan = compare(rows, known, on=["refund_no_key"], fields=_FIELDS, optional=_OPTIONAL, moves=REFUND_MOVES)
    if plan.changed.is_empty():
        return Plan(plan.new, plan.changed, plan.rows_same, pl.concat([orphans, plan.rejected]))
    # A refund number that comes back for another payment is another refund with a wrong number, never an update.
    strange = pl.col("payment_id") != pl.col("payment_id_was")
    moved = _rejected(plan.changed.filter(strange), "refund_no", "other_payment", pl.col("refund_no"))
    return Plan(plan.new, plan.changed.filter(~strange), plan.rows_same, pl.concat([orphans, plan.rejected, moved]))


def write_refunds(merchant: Merchant, plan: Plan, *, file_name: str, now: datetime) -> None:
    """New refunds, changed refunds, and an event on the payment for each changed state."""
    columns = ["refund_no_key", *_FIELDS]
    new = first_known(plan.new, "requested_at", "refunded_at", now)
    copy_rows(Refund, new.select(*columns, merchant_id=pl.lit(merchant.pk)))
    if plan.changed.height:
        update_rows(Refund, plan.changed.select("id", *columns))
        changes = plan.changed.select("payment_id", "state_was", "state", "refund_no")
        write_state_changes(merchant, changes, file_name=file_name, now=now, kind="books.refund_state_changed")


def _with_payment(merchant: Merchant, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each row's payment by our reference, else by the provider's; rows without one, or with several, are rejected."""
    payments = Payment.objects.for_merchant(merchant)
    ours = keyed_frame(payments, "merchant_ref_key", rows["merchant_ref_key"], _PAYMENT)
    ours = ours.select("channel_id", "merchant_ref_key", payment_id="id")
    rows = rows.join(ours, on=["channel_id", "merchant_ref_key"], how="left", maintain_order="left")
    asked = rows.filter(pl.col("payment_id").is_null() & (pl.col("provider_ref_key") != ""))["provider_ref_key"]
    theirs = keyed_frame(payments.exclude(provider_ref_key=""), "provider_ref_key", asked, _PAYMENT)
    theirs = theirs.group_by("channel_id", "provider_ref_key").agg(by_provider=pl.col("id").first(), candidates=pl.len())
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
    found = rows.filter(~none & ~several.fill_null(False)).with_columns(pl.coalesce("payment_id", "by_provider").alias("payment_id"))
    return found.drop("by_provider", "candidates"), rejected


def _rejected(rows: pl.DataFrame, column: str, code: str, value: pl.Expr) -> pl.DataFrame:
    return rows.select("row_no", column=pl.lit(column), code=pl.lit(code), value=value.str.slice(0, 80)).cast(REJECTIONS)
