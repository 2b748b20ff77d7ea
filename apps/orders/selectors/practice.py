"""The practice payments of a shop, as its panel lists them."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.core.figures import cash_text
from apps.merchants.models import Merchant
from apps.orders.enums import PaymentState, Play
from apps.orders.models import Payment

SHOWN = 20
PAYING = (Play.PAY, Play.PAY_TWICE, Play.PAY_DISORDER, Play.PAY_LOST, Play.PAY_OTHER)
STATE_LOOKS = {"paid": "green", "failed": "red", "expired": "amber", "pending": "outline"}


@dataclass(frozen=True, slots=True)
class PracticeRow:
    """A payment, what the payer would see, and what may happen next: values of `Play` with their words."""

    payment: Payment
    amount: str
    state: str
    look: str
    payer_sees: str
    trouble: str
    plays: tuple[tuple[str, str], ...]
    is_refundable: bool


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
        tuple((play.value, str(play.label)) for play in _plays(payment)),
        payment.state in (PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED),
    )


def _plays(payment: Payment) -> tuple[Play, ...]:
    if payment.state == PaymentState.PENDING:
        return (*PAYING, Play.DECLINE, Play.FORGED, Play.EXPIRE, Play.ASK)
    if payment.state == PaymentState.EXPIRED:
        return (Play.PAY, Play.PAY_LOST, Play.ASK)
    return (Play.REFUND_FAILS,) if payment.is_captured else (Play.FORGED, Play.ASK)


def _payer_sees(payment: Payment) -> str:
    action = payment.execution.action
    if action.get("details"):
        return " · ".join(action["details"].values())
    return {"qr": _("a QR code"), "redirect": _("the provider's page"), "form": _("the provider's page")}.get(action.get("kind"), "")
