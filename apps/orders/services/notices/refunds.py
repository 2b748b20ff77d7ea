"""What a notice about a refund does: it ends one of ours, or brings in one that somebody started at the provider."""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction

from apps.channels.cells import key_text
from apps.channels.gateways import Outcome, RefundAnswer, RefundNotice
from apps.channels.models import Channel, NoticeState
from apps.core import clock
from apps.orders.enums import PaymentState, RefundState
from apps.orders.errors import RefundMoveIllegal
from apps.orders.models import Payment, Refund
from apps.orders.services.refunds.calling import apply_answer
from apps.orders.services.refunds.settling import settle_payment
from apps.orders.services.refunds.telling import tell_beyond
from apps.orders.services.refunds.trail import lock_payment, lock_refund, write_step

logger = logging.getLogger(__name__)
NOT_YET = frozenset({PaymentState.PENDING, PaymentState.AUTHORIZED, PaymentState.EXPIRED})


class TooEarly(Exception):
    """It speaks of money that went back of a payment of which we have not heard yet that it was paid, or was faster than our own call."""


def do_refund(channel: Channel, told: RefundNotice, now: datetime) -> tuple[NoticeState, str]:
    """In the transaction of the notice's row; safe to repeat and in any order."""
    refund_id = _known(channel, told)
    return _known_refund(channel, refund_id, told, now) if refund_id else _foreign_refund(channel, told, now)


def _known(channel: Channel, told: RefundNotice) -> int | None:
    """Ours by our key, else by the provider's number of the refund."""
    rows = Refund.objects.for_merchant(channel.merchant_id).filter(channel=channel)
    by_key = rows.filter(request__idempotency_key=told.key).values_list("pk", flat=True).first() if told.key else None
    number = key_text(told.provider_refund_ref)
    return by_key or (rows.filter(provider_refund_ref_key=number).values_list("pk", flat=True).first() if number else None)


def _known_refund(channel: Channel, refund_id: int, told: RefundNotice, now: datetime) -> tuple[NoticeState, str]:
    _payment, refund = lock_refund(channel.merchant, refund_id)
    if (refund.amount_minor, refund.currency) != (told.amount_minor, told.currency):
        logger.error("notice.amount_differs refund=%s", refund.pk)
        return NoticeState.IGNORED, f"amount_differs {told.amount_minor} {told.currency}"
    was = refund.state
    answer = RefundAnswer(told.outcome, told.provider_refund_ref, told.code, done_at=told.occurred_at)
    try:
        refund = apply_answer(refund=refund, answer=answer, now=now)
    except RefundMoveIllegal:
        return NoticeState.IGNORED, f"not_submitted {refund.refund_no}"
    changed = refund.state != was
    return (NoticeState.PROCESSED if changed else NoticeState.IGNORED), f"{'moved' if changed else 'known'} {refund.refund_no}"


def _foreign_refund(channel: Channel, told: RefundNotice, now: datetime) -> tuple[NoticeState, str]:
    """A refund that nobody asked for here: somebody started it at the provider. It joins the books when it is done and fits a payment."""
    if told.outcome != Outcome.SUCCEEDED or not told.provider_refund_ref:
        return NoticeState.IGNORED, "not_done"
    payment_id = _payment_of(channel, told)
    if payment_id is None:
        return NoticeState.IGNORED, "no_payment"  # its statement line will be raised as refund_missing_in_books
    payment = lock_payment(channel.merchant, payment_id)
    payment.merchant = channel.merchant
    if refund_id := _known(channel, told):  # another notice of it was faster
        return _known_refund(channel, refund_id, told, now)
    if told.currency == payment.currency and payment.state in NOT_YET:
        raise TooEarly
    if _may_be_ours(payment, told):
        raise TooEarly
    if told.currency != payment.currency or not payment.is_captured:
        return NoticeState.IGNORED, "unlike_payment"
    try:
        with transaction.atomic():
            refund = _write_foreign(payment, told, now)
    except IntegrityError as error:
        if "refund_exceeds_payment" not in str(error):
            return NoticeState.IGNORED, f"number_taken {told.provider_refund_ref}"
        logger.error("notice.exceeds_payment payment=%s", payment.pk)
        tell_beyond(payment, told.amount_minor, told.provider_refund_ref, now)
        return NoticeState.IGNORED, f"exceeds_payment {told.provider_refund_ref}"
    settle_payment(payment)
    write_step(refund, "refund.started_at_provider", by=None, now=now, after={"provider_refund_ref": refund.provider_refund_ref})
    return NoticeState.PROCESSED, f"tied {refund.refund_no}"


def _may_be_ours(payment: Payment, told: RefundNotice) -> bool:
    """Whether a refund of ours is being sent at this moment whose number we do not know yet: booked as another it would count twice."""
    ours = Refund.objects.for_merchant(payment.merchant_id).filter(payment=payment, state=RefundState.SUBMITTING, provider_refund_ref="")
    return ours.filter(amount_minor=told.amount_minor, currency=told.currency).exists()


def _payment_of(channel: Channel, told: RefundNotice) -> int | None:
    rows = Payment.objects.for_merchant(channel.merchant_id).filter(channel=channel)
    for field, value in (("provider_ref_key", told.provider_ref), ("merchant_ref_key", told.merchant_ref)):
        found = list(rows.filter(**{field: key_text(value)}).values_list("pk", flat=True)[:2]) if key_text(value) else []
        if len(found) == 1:
            return found[0]
    return None


def _write_foreign(payment: Payment, told: RefundNotice, now: datetime) -> Refund:
    moment, number = told.occurred_at or now, told.provider_refund_ref[:100]
    return Refund.objects.create(
        merchant_id=payment.merchant_id,
        payment=payment,
        channel=payment.channel,
        refund_no=number,
        refund_no_key=key_text(number),
        provider_refund_ref=number,
        provider_refund_ref_key=key_text(number),
        amount_minor=told.amount_minor,
        currency=told.currency,
        state=RefundState.SUCCEEDED,
        requested_at=moment,
        refunded_at=moment,
        business_date=clock.local_date(moment, payment.channel.timezone),
        reason="started at the provider",
    )
