"""What disputes add to the story of an order."""

from dataclasses import dataclass, field

from apps.disputes.models import Dispute, DisputeLine
from apps.disputes.selectors.cases import disputes_of_payments
from apps.merchants.models import Merchant


@dataclass(frozen=True, slots=True)
class Disputed:
    """The order's disputes, oldest first, and by line id the statement lines that are theirs."""

    disputes: list[Dispute] = field(default_factory=list)
    lines: dict[int, DisputeLine] = field(default_factory=dict)


def disputed(merchant: Merchant | int, payment_ids: list[int]) -> Disputed:
    """Two queries at most."""
    disputes = disputes_of_payments(merchant, payment_ids)
    if not disputes:
        return Disputed()
    live = DisputeLine.objects.filter(dispute__in=disputes, voided_at=None)
    live = live.select_related("dispute", "line__statement__channel", "line__channel__bank_account").order_by("pk")
    return Disputed(disputes, {one.line_id: one for one in live})
