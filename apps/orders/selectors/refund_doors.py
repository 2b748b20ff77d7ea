"""Where a refund can be asked for: one door a payment, and the reason on it when it is shut."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.orders.models import Payment
from apps.orders.selectors.refundable import refundable_many


@dataclass(frozen=True, slots=True)
class Door:
    """`balance_minor` can still go back; `why_not` is empty when something can. `notes` are worth knowing before asking."""

    payment: Payment
    balance_minor: int
    why_not: str
    notes: list[str]


def doors_of(payments: Sequence[Payment], now: datetime) -> list[Door]:
    """For payments of one merchant with `channel` loaded, in their order: two queries however many."""
    rooms = refundable_many(payments, now)
    found = []
    for payment in payments:
        room = rooms[payment.pk]
        notes = [limit.sentence for limit in room.limits if not limit.blocks]
        found.append(Door(payment, room.balance_minor, room.refusal.sentence if room.refusal else "", notes))
    return found
