"""What a person has to judge of a payment: kept beside it, told at once, and put among the differences by the app that keeps those."""

from collections.abc import Callable
from datetime import datetime

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels.paying import PaymentAnswer
from apps.core.figures import cash_text
from apps.merchants.enums import NoticeSeverity
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify
from apps.orders.enums import PaymentTrouble
from apps.orders.models import Payment, PaymentExecution
from apps.orders.services.payments.trail import write_step
from apps.orders.states import CAPTURED

TITLES = {
    PaymentTrouble.LATE: _("Order {order}: {amount} was paid after the deadline"),
    PaymentTrouble.TWICE: _("Order {order}: {amount} came late, though the order had been paid"),
    PaymentTrouble.AFTER_END: _("Order {order}: {amount} was paid on a payment that had ended"),
    PaymentTrouble.AMOUNT: _("Order {order}: the provider says that {amount} was paid, which is not what was asked for"),
    PaymentTrouble.CURRENCY: _("Order {order}: the provider says that {amount} was paid, which is another currency"),
}
_takers: list[Callable] = []


def register_trouble_taker(take: Callable) -> None:
    """`take(payment=, now=)` puts the payment's trouble before people as a difference. For `AppConfig.ready`."""
    _takers[:] = [take]


def raise_trouble(payment: Payment, trouble: PaymentTrouble, answer: PaymentAnswer, now: datetime) -> None:
    """Notes the trouble of a payment (locked by the caller) with the sum that its provider states. The same again changes nothing."""
    execution = execution_of(payment, now)
    stated = (answer.amount_minor or 0, answer.currency)
    if (execution.trouble, execution.stated_minor, execution.stated_currency) == (trouble, *stated):
        return
    execution.trouble, execution.trouble_at = trouble, now
    execution.stated_minor, execution.stated_currency = stated
    execution.save(update_fields=["trouble", "trouble_at", "stated_minor", "stated_currency"])
    detail = {"stated_minor": stated[0], "stated_currency": stated[1], "provider_ref": answer.provider_ref}
    write_step(payment, f"payment.trouble_{trouble}", now=now, after=detail, **detail)
    for take in _takers:
        take(payment=payment, now=now)
    _tell(payment, trouble, stated, now)


def late_trouble(payment: Payment) -> PaymentTrouble:
    """Money that came after the end: for an order that another payment has paid meanwhile it is one payment too many."""
    others = Payment.objects.for_merchant(payment.merchant_id).filter(order_id=payment.order_id, state__in=CAPTURED)
    whole = others.filter(amount_minor__gte=payment.amount_minor, currency=payment.currency).exclude(pk=payment.pk)
    return PaymentTrouble.TWICE if whole.exists() else PaymentTrouble.LATE


def execution_of(payment: Payment, now: datetime) -> PaymentExecution:
    """The payment's own, or a new one for a payment that only the books knew."""
    known = getattr(payment, "execution", None)
    if known is None:
        fields = {
            "request_key": f"books:{payment.pk}",
            "was_answered": True,
            "started_at": payment.placed_at,
            "expires_at": payment.placed_at,
        }
        known = PaymentExecution.objects.create(merchant_id=payment.merchant_id, payment=payment, **fields)
    return known


def _tell(payment: Payment, trouble: PaymentTrouble, stated: tuple[int, str], now: datetime) -> None:
    merchant = payment.merchant
    notify(
        merchant=merchant,
        users=members_with(merchant, "resolve"),
        kind="payment.trouble",
        title=format_lazy(TITLES[trouble], order=payment.order.order_no, amount=cash_text(*stated)),
        body=_("The money is with the provider. Decide what becomes of it: keep the order, or refund the money."),
        href=reverse("reports:order_story", args=[merchant.slug, payment.order.order_no]),
        severity=NoticeSeverity.HIGH,
        now=now,
    )
