"""Who hears of a step of a refund, in each one's inbox. Called last in the transaction of the step."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.core.figures import cash_text
from apps.merchants.models import User
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify
from apps.orders.models import Payment, Refund


class _Cash:
    """An amount that is written when it is read, in the language of whoever reads it."""

    def __init__(self, amount_minor: int, currency: str):
        self.amount_minor, self.currency = amount_minor, currency

    def __str__(self) -> str:
        return cash_text(self.amount_minor, self.currency)


def tell_waiting(refund: Refund, now: datetime, *, but: Iterable[int] = ()) -> None:
    """A request needs (one more) approval: everybody who may give it hears, in one row for all that wait. `but`: keys of users."""
    left_out = {refund.request.requested_by_id, *but}
    users = [user for user in members_with(refund.merchant, "approve_refund") if user.pk not in left_out]
    href = reverse("orders:refunds", args=[refund.merchant.slug])
    _tell(refund, users, "refund.waiting", _("A refund of {amount} waits for approval"), now=now, href=href, group_key="refunds.waiting")


def tell_asked(refund: Refund, question: str, now: datetime) -> None:
    users = [refund.request.requested_by]
    _tell(refund, users, "refund.asked", _("A question about your refund of {amount}"), body=question, severity="high", now=now)


def tell_answered(refund: Refund, asker: User, answer: str, now: datetime) -> None:
    _tell(refund, [asker], "refund.answered", _("An answer about the refund of {amount}"), body=answer, now=now)


def tell_decided(refund: Refund, by: User, reason: str, now: datetime) -> None:
    """Who asked hears what became of it, unless they did it themselves."""
    users = [user for user in [refund.request.requested_by] if user.pk != by.pk]
    titles = {
        "approved": _("Your refund of {amount} was approved"),
        "rejected": _("Your refund of {amount} was rejected"),
        "withdrawn": _("Your refund of {amount} was withdrawn"),
    }
    severity = "high" if refund.state == "rejected" else "normal"
    _tell(refund, users, f"refund.{refund.state}", titles[refund.state], body=reason, severity=severity, now=now)


def tell_failed(refund: Refund, message: str, now: datetime) -> None:
    """The money did not go back: who asked (one that only the books know has nobody) and who approves hear; a customer still waits."""
    asker = [refund.request.requested_by] if hasattr(refund, "request") else []
    users = {user.pk: user for user in [*asker, *members_with(refund.merchant, "approve_refund")]}
    _tell(refund, users.values(), "refund.failed", _("The refund of {amount} failed"), body=message, severity="high", now=now)


def tell_contradiction(refund: Refund, now: datetime) -> None:
    """The provider took back what it said of a refund that is over: nothing was changed, and somebody has to ask the provider."""
    users, body = members_with(refund.merchant, "approve_refund"), _("Nothing was changed. Look at it in the provider's console.")
    title = _("The provider now says otherwise of the refund of {amount}")
    _tell(refund, users, "refund.contradiction", title, body=body, severity="high", now=now)


def tell_beyond(payment: Payment, amount_minor: int, number: str, now: datetime) -> None:
    """Somebody started a refund at the provider of money that is promised or gone here: those who approve have to make room for it."""
    notify(
        merchant=payment.merchant,
        users=members_with(payment.merchant, "approve_refund"),
        kind="refund.beyond_payment",
        title=format_lazy(_("{amount} was refunded at the provider, more than is left here"), amount=_Cash(amount_minor, payment.currency)),
        body=format_lazy(
            _(
                "Order {order}, refund {number}. Requests for this payment hold the money: reject or withdraw one, then bring this refund "
                "in with refunds.csv."
            ),
            order=payment.order.order_no,
            number=number,
        ),
        href=_story(payment),
        severity="high",
        now=now,
    )


def _story(payment: Payment) -> str:
    return reverse("reports:order_story", args=[payment.merchant.slug, payment.order.order_no])


def _tell(refund: Refund, users: Iterable[User], kind: str, title, *, now: datetime, body: str = "", href: str = "", **fields) -> None:
    if not href:
        has_page = hasattr(refund, "request")  # one that only the books know has none
        href = reverse("orders:refund", args=[refund.merchant.slug, refund.pk]) if has_page else _story(refund.payment)
    words = format_lazy(title, amount=_Cash(refund.amount_minor, refund.currency))
    notify(merchant=refund.merchant, users=users, kind=kind, title=words, body=body, href=href, now=now, **fields)
