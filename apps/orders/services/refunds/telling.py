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
from apps.orders.models import Refund


class _Cash:
    """An amount that is written when it is read, in the language of whoever reads it."""

    def __init__(self, refund: Refund):
        self.refund = refund

    def __str__(self) -> str:
        return cash_text(self.refund.amount_minor, self.refund.currency)


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
    """The money did not go back: who asked and who approves hear, because a customer still waits."""
    users = {user.pk: user for user in [refund.request.requested_by, *members_with(refund.merchant, "approve_refund")]}
    _tell(refund, users.values(), "refund.failed", _("The refund of {amount} failed"), body=message, severity="high", now=now)


def _tell(refund: Refund, users: Iterable[User], kind: str, title, *, now: datetime, body: str = "", href: str = "", **fields) -> None:
    href = href or reverse("orders:refund", args=[refund.merchant.slug, refund.pk])
    words = format_lazy(title, amount=_Cash(refund))
    notify(merchant=refund.merchant, users=users, kind=kind, title=words, body=body, href=href, now=now, **fields)
