"""What a notice about a payment does: the payment follows it, whatever came before, when the sum is ours."""

from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels.cells import key_text
from apps.channels.models import Channel, NoticeState
from apps.channels.paying import PaymentAnswer, PaymentNotice, PaymentOutcome
from apps.core.figures import cash_text
from apps.merchants.enums import NoticeSeverity
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify
from apps.orders.models import Payment
from apps.orders.services.payments.settling import apply_answer
from apps.orders.services.payments.trail import locked_payments, with_execution

MONEY = frozenset({PaymentOutcome.PAID, PaymentOutcome.AUTHORIZED})


def do_payment(channel: Channel, told: PaymentNotice, now: datetime) -> tuple[NoticeState, str]:
    """In the transaction of the notice's row; safe to repeat and in any order."""
    payment = _lock(channel, told)
    if payment is None:
        if told.outcome in MONEY:
            _tell_unknown(channel, told, now)
        return NoticeState.IGNORED, f"no_payment {told.merchant_ref or told.provider_ref}"
    trouble = _trouble(payment)
    changed = apply_answer(payment=payment, answer=_answer(told), now=now)
    if _trouble(payment) != trouble:
        return NoticeState.PROCESSED, f"trouble {_trouble(payment)} {payment.merchant_ref}"
    return (NoticeState.PROCESSED if changed else NoticeState.IGNORED), f"{'moved' if changed else 'known'} {payment.merchant_ref}"


def _answer(told: PaymentNotice) -> PaymentAnswer:
    return PaymentAnswer(
        told.outcome,
        told.provider_ref,
        told.code,
        told.message,
        amount_minor=told.amount_minor,
        currency=told.currency,
        paid_at=told.occurred_at,
        action=told.action,
    )


def _trouble(payment: Payment) -> str:
    execution = getattr(payment, "execution", None)
    return execution.trouble if execution else ""


def _lock(channel: Channel, told: PaymentNotice) -> Payment | None:
    """By our number, our key, or the provider's number, where exactly one payment of the channel has it."""
    rows = locked_payments(channel.merchant_id).filter(channel_id=channel.pk)
    for names in _names(rows, told):
        found = list(names[:2])
        if len(found) == 1:
            payment = with_execution(found[0])
            payment.channel = channel
            return payment
    return None


def _names(rows: QuerySet[Payment], told: PaymentNotice):
    if key_text(told.merchant_ref):
        yield rows.filter(merchant_ref_key=key_text(told.merchant_ref))
    if told.key:
        yield rows.filter(execution__key=told.key)
    if key_text(told.provider_ref):
        yield rows.filter(provider_ref_key=key_text(told.provider_ref))


def _tell_unknown(channel: Channel, told: PaymentNotice, now: datetime) -> None:
    """Money that belongs to no payment of ours: nothing is made up, the notice is kept, and people look for the order."""
    merchant = channel.merchant
    number, amount = told.merchant_ref or told.provider_ref, cash_text(told.amount_minor, told.currency)
    notify(
        merchant=merchant,
        users=members_with(merchant, "resolve"),
        kind="payment.unknown",
        title=format_lazy(_("{channel} tells of a payment that nobody here knows"), channel=channel.label),
        body=format_lazy(_("{amount}, number {number}. Bring the order in, or ask the provider."), amount=amount, number=number),
        href=reverse("channels:channel", args=[merchant.slug, channel.code]),
        severity=NoticeSeverity.HIGH,
        group_key=f"unknown:{channel.public_id}",
        now=now,
    )
