"""The practice payments of a shop, as its panel lists them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.core.figures import cash_text
from apps.merchants.models import Merchant
from apps.orders.enums import PaymentState, Play
from apps.orders.models import Payment

SHOWN = 20
NEXT_REFUND = (Play.REFUND_FAILS, Play.REFUND_SLOW, Play.REFUND_LOST, Play.REFUND_TWICE, Play.REFUND_DISORDER)
STATE_LOOKS = {"failed": "red", "expired": "amber", "pending": "outline"}


@dataclass(frozen=True, slots=True)
class PlayGroup:
    """What one of them may do next: each value of `Play` with its words."""

    title: str
    plays: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PracticeRow:
    """A payment, what the payer would see, and what may happen next: values of `Play` by who does it."""

    payment: Payment
    amount: str
    state: str
    look: str
    payer_sees: str
    trouble: str
    groups: tuple[PlayGroup, ...]
    is_refundable: bool
    is_held: bool  # taken or called off at the order


def started_here(merchant: Merchant) -> QuerySet[Payment]:
    """Payments that were started by us."""
    return Payment.objects.for_merchant(merchant).filter(execution__isnull=False)


def practice_rows(merchant: Merchant) -> list[PracticeRow]:
    """The newest; one query. None in a real shop, whose payments nobody plays with."""
    if not merchant.is_practice:
        return []
    rows = started_here(merchant).select_related("order", "channel", "execution").order_by("-placed_at", "-pk")
    return [_row(payment) for payment in rows[:SHOWN]]


def _row(payment: Payment) -> PracticeRow:
    look = STATE_LOOKS.get(payment.state, "neutral")
    trouble = payment.execution.get_trouble_display() if payment.execution.trouble else ""
    return PracticeRow(
        payment,
        cash_text(payment.amount_minor, payment.currency),
        payment.get_state_display(),
        look,
        _payer_sees(payment),
        trouble,
        tuple(_groups(payment)),
        payment.state in (PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED),
        payment.state == PaymentState.AUTHORIZED,
    )


def _groups(payment: Payment) -> Iterator[PlayGroup]:
    """By the state, with the words that fit it."""
    if payment.state == PaymentState.PENDING and not payment.execution.trouble:
        yield _group(_("The payer and the clock"), Play.PAY, Play.PAY_OTHER, Play.DECLINE, Play.EXPIRE)
        yield _group(_("How the notice travels"), Play.PAY_TWICE, Play.PAY_DISORDER, Play.PAY_LOST, Play.FORGED)
    elif payment.state == PaymentState.EXPIRED:
        words = {Play.PAY: _("Pays late, after the deadline"), Play.PAY_LOST: _("Pays late; the notice is lost")}
        yield PlayGroup(_("The payer and the clock"), tuple((play.value, str(text)) for play, text in words.items()))
    elif payment.state in (PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED):
        yield _group(_("The next refund"), *NEXT_REFUND)
    elif not payment.execution.trouble:  # another sum came: the payer is done, and people judge
        yield _group(_("How the notice travels"), Play.FORGED)
    if not payment.is_captured:
        yield _group(_("We"), Play.ASK)


def _group(title: str, *plays: Play) -> PlayGroup:
    return PlayGroup(title, tuple((play.value, str(play.label)) for play in plays))


def _payer_sees(payment: Payment) -> str:
    action = payment.execution.action if payment.state == PaymentState.PENDING else {}
    if action.get("details"):
        return " · ".join(action["details"].values())
    return {"qr": _("a QR code"), "redirect": _("the provider's page"), "form": _("the provider's page")}.get(action.get("kind"), "")
