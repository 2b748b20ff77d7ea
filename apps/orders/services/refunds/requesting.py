"""Asking for money back: what is asked, why, and what was known at that moment."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from apps.channels.cells import key_text
from apps.core.figures import cash_text
from apps.core.ids import new_public_id
from apps.merchants.models import Merchant, User
from apps.orders.enums import ReasonCode, RefundState
from apps.orders.errors import (
    AmountNotRefundable,
    KeyUsed,
    NoPartialRefund,
    ReasonMissing,
    ReasonUnknown,
    RefundRefused,
)
from apps.orders.models import Payment, Refund, RefundRequest
from apps.orders.selectors.refundable import Refundable, refundable
from apps.orders.services.refunds.attachments import attach
from apps.orders.services.refunds.figures import freeze, tier
from apps.orders.services.refunds.telling import tell_waiting
from apps.orders.services.refunds.trail import lock_payment, role_with, write_step

NOTE_LENGTH, CUSTOMER_NOTE_LENGTH, SHORT_REASON = 500, 300, 300


def request_refund(
    *,
    merchant: Merchant,
    payment_id: int,
    amount_minor: int,
    reason_code: str,
    note: str = "",
    customer_note: str = "",
    by: User,
    now: datetime,
    request_key: str = "",
    attachments: Sequence[tuple[str, bytes]] = (),
) -> Refund:
    """Asks for `amount_minor` of a payment; the refund waits for approval. The same `request_key` again returns the first refund.

    `attachments` are (name, bytes) pairs; one that is refused refuses the whole request.

    :raises Payment.DoesNotExist: also for another merchant's.
    :raises NotAllowed, ReasonUnknown, ReasonMissing, RefundRefused, AmountNotRefundable, NoPartialRefund, KeyUsed, AttachmentRefused:
        nothing was written.
    """
    note, customer_note = note.strip()[:NOTE_LENGTH], customer_note.strip()[:CUSTOMER_NOTE_LENGTH]
    role_with(merchant, by, "request_refund")
    check_reason(reason_code, note)
    with transaction.atomic():
        payment = lock_payment(merchant, payment_id)
        if earlier := _earlier(merchant, request_key):
            return _same(earlier, payment, amount_minor, reason_code)
        room = refundable(payment, now)
        check_amount(room, amount_minor)
        refund = _write(merchant, room, amount_minor, reason_code, note, by, now)
        request = RefundRequest.objects.create(
            merchant=merchant,
            refund=refund,
            idempotency_key=refund.refund_no,
            request_key=request_key,
            requested_by=by,
            reason_code=reason_code,
            note=note,
            customer_note=customer_note,
            route=room.route,
            figures=freeze(room, amount_minor, now, without=refund.pk),
            due_at=now + timedelta(hours=merchant.refund_due_hours),
            **tier(merchant, amount_minor, payment.currency),
        )
        attach(refund, attachments, by=by, now=now)
        after = {"amount_minor": amount_minor, "currency": payment.currency, "reason_code": str(reason_code), "route": str(room.route)}
        after |= {"payment": payment.merchant_ref, "approvals_needed": request.approvals_needed, "needs_owner": request.needs_owner}
        write_step(refund, "refund.requested", by=by, now=now, reason=note, after=after, reason_code=str(reason_code))
        tell_waiting(refund, now)
    return refund


def check_reason(reason_code: str, note: str) -> None:
    """:raises ReasonUnknown: not a `ReasonCode`. :raises ReasonMissing: "other" without a note."""
    if reason_code not in ReasonCode.values:
        raise ReasonUnknown(value=str(reason_code)[:40])
    if reason_code == ReasonCode.OTHER and not note.strip():
        raise ReasonMissing


def check_amount(room: Refundable, amount_minor: int) -> None:
    """:raises RefundRefused, NoPartialRefund, AmountNotRefundable: in this order."""
    if room.refusal:
        raise RefundRefused(room.refusal.code, room.refusal.sentence)
    currency = room.payment.currency
    balance = cash_text(room.balance_minor, currency)
    if room.whole_only and amount_minor != room.balance_minor:
        raise NoPartialRefund(balance=balance)
    if not 1 <= amount_minor <= room.balance_minor:
        raise AmountNotRefundable(smallest=cash_text(room.smallest_minor, currency), balance=balance)


def _earlier(merchant: Merchant, request_key: str) -> Refund | None:
    if not request_key:
        return None
    return Refund.objects.for_merchant(merchant).select_related("request").filter(request__request_key=request_key).first()


def _same(earlier: Refund, payment: Payment, amount_minor: int, reason_code: str) -> Refund:
    if (earlier.payment_id, earlier.amount_minor, earlier.request.reason_code) != (payment.pk, amount_minor, reason_code):
        raise KeyUsed
    return earlier


def _write(merchant: Merchant, room: Refundable, amount_minor: int, reason_code: str, note: str, by: User, now: datetime) -> Refund:
    """The number is the key that providers are told, so that one name follows the refund everywhere."""
    payment, number = room.payment, new_public_id("rf")
    return Refund.objects.create(
        merchant=merchant,
        payment=payment,
        channel=payment.channel,
        refund_no=number,
        refund_no_key=key_text(number),
        amount_minor=amount_minor,
        currency=payment.currency,
        state=RefundState.REQUESTED,
        requested_at=now,
        reason=(note or str(reason_code))[:SHORT_REASON],
    )
