"""A difference whose remedy is to give money back, as a request that only waits to be sent."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.orders.enums import ReasonCode
from apps.orders.models import Payment, RefundRequest
from apps.orders.selectors.refundable import Refundable, refundable
from apps.orders.states import HOLDS_MONEY
from apps.settlements.enums import Kind
from apps.settlements.models import Discrepancy
from apps.settlements.states import OPEN


@dataclass(frozen=True, slots=True)
class RefundOffer:
    """What the form of a request starts with. `amount_minor` never exceeds what can be refunded; 0 beside a `room.refusal`.

    `request_key` names the difference: pressed twice, or by two people, it is one refund; after one that came to nothing, the next.
    """

    payment: Payment
    amount_minor: int
    reason_code: str
    note: str
    request_key: str
    room: Refundable


def refund_offer(discrepancy: Discrepancy, now: datetime) -> RefundOffer | None:
    """The pre-filled request for a difference that is open and that a refund would mend; None for every other.

    An order paid twice: the extra payment, all that is left of it. More taken than the books say: the surplus.
    """
    wanted = _wanted(discrepancy)
    if wanted is None or discrepancy.payment_id is None or discrepancy.state not in OPEN:
        return None
    amount, reason_code, note = wanted
    payment = Payment.objects.for_merchant(discrepancy.merchant_id).select_related("channel", "order").get(pk=discrepancy.payment_id)
    room = refundable(payment, now)
    amount = room.balance_minor if amount is None or room.whole_only else min(amount, room.balance_minor)
    key = f"discrepancy:{discrepancy.pk}:"
    in_vain = RefundRequest.objects.for_merchant(discrepancy.merchant_id).exclude(refund__state__in=HOLDS_MONEY)
    attempt = in_vain.filter(request_key__startswith=key).count() + 1
    return RefundOffer(payment, amount, reason_code, note, f"{key}{attempt}", room)


def _wanted(discrepancy: Discrepancy) -> tuple[int | None, str, str] | None:
    """(amount or None for all that is left, reason code, note)."""
    if discrepancy.kind == Kind.DUPLICATE_PAYMENT:
        return None, ReasonCode.DUPLICATE, _("The order %(order_no)s was paid twice.") % {"order_no": discrepancy.order_no}
    if discrepancy.kind == Kind.AMOUNT_MISMATCH and discrepancy.difference_minor > 0:
        return discrepancy.difference_minor, ReasonCode.PRICE_ADJUSTMENT, _("More was taken than the order asks for.")
    return None
