"""Differences that payments taken here tell of themselves: raised when they are known, and found again by every pass."""

import json
from datetime import datetime

import polars as pl

from apps.channels.models import Channel
from apps.core.clock import local_date
from apps.orders.enums import PaymentTrouble
from apps.orders.models import Payment, PaymentExecution
from apps.settlements.enums import Kind, Subject
from apps.settlements.matching.frames import FAULTS, shaped
from apps.settlements.services.books import terms_of
from apps.settlements.services.faults import COPIED, Moment, apply_faults

KINDS = {
    PaymentTrouble.LATE: Kind.STATUS_MISMATCH,
    PaymentTrouble.AFTER_END: Kind.STATUS_MISMATCH,
    PaymentTrouble.TWICE: Kind.DUPLICATE_PAYMENT,
    PaymentTrouble.AMOUNT: Kind.AMOUNT_MISMATCH,
    PaymentTrouble.CURRENCY: Kind.CURRENCY_MISMATCH,
}
COMPARED = frozenset({PaymentTrouble.AMOUNT, PaymentTrouble.CURRENCY})  # our sum against theirs; the others are money that came unasked
READ = (
    "payment_id",
    "trouble",
    "trouble_at",
    "stated_minor",
    "expires_at",
    "payment__amount_minor",
    "payment__currency",
    "payment__paid_at",
)


def told_live(channel: Channel) -> pl.DataFrame:
    """FAULTS of the channel's payments in trouble; the same every time, until the provider takes back what it said."""
    rows = PaymentExecution.objects.for_merchant(channel.merchant_id).filter(payment__channel=channel).exclude(trouble="")
    found = [_fault(channel, dict(zip(READ, row, strict=True))) for row in rows.order_by("payment_id").values_list(*READ)]
    return shaped(pl.DataFrame(found, schema=FAULTS), FAULTS)


def raise_live(*, payment: Payment, now: datetime) -> None:
    """The difference of one payment's trouble at once, in the caller's transaction; the next pass finds the same."""
    channel = payment.channel
    mine = told_live(channel).filter(pl.col("payment_id") == payment.pk)
    detail = [json.dumps({"due_on": due and due.isoformat(), "found_on": found and found.isoformat()})
              for due, found in mine.select("due_on", "found_on").iter_rows()]  # fmt: skip
    named = mine.with_columns(
        pl.lit(None, pl.Int64).alias("payout_id"),
        pl.lit(payment.order.order_no).alias("order_no"),
        pl.lit(payment.merchant_ref).alias("merchant_ref"),
        pl.lit(payment.provider_ref).alias("provider_ref"),
        pl.lit(payment.method).alias("method"),
        pl.lit("").alias("source_file"),
        pl.lit(None, pl.Int64).alias("source_row"),
        pl.Series("detail", detail, dtype=pl.String),
        pl.col("expected").alias("expected_minor"),
        pl.col("actual").alias("actual_minor"),
    )
    moment = Moment(local_date(now, payment.merchant.timezone), now, now)
    apply_faults(payment.merchant, channel, terms_of(channel), named.select(COPIED), moment, is_pass=False)


def _fault(channel: Channel, row: dict) -> dict:
    trouble = PaymentTrouble(row["trouble"])
    is_late = trouble == PaymentTrouble.LATE
    return {
        "kind": KINDS[trouble].value,
        "subject_type": Subject.PAYMENT.value,
        "subject_key": str(row["payment_id"]),
        "payment_id": row["payment_id"],
        "currency": row["payment__currency"],
        "expected": row["payment__amount_minor"] if trouble in COMPARED else 0,
        "actual": row["stated_minor"],
        "business_date": local_date(row["payment__paid_at"] or row["trouble_at"], channel.timezone),
        "due_on": local_date(row["expires_at"], channel.timezone) if is_late else None,
        "found_on": local_date(row["payment__paid_at"] or row["trouble_at"], channel.timezone) if is_late else None,
    }
