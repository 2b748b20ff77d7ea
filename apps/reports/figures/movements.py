"""What moved: live statement lines added up by channel, currency and term. One GROUP BY a question, no loop over lines."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, F, Sum

from apps.channels.contracts import LineKind
from apps.merchants.models import Merchant
from apps.settlements.models import Payout, StatementLine

# The term of the certificate that a line's gross belongs to. Its `fee` always belongs to fees, its `other` to adjustments.
GROSS_TERM = {
    LineKind.PAYMENT: "sales",
    LineKind.REFUND: "refunds",
    LineKind.DISPUTE: "disputes",
    LineKind.DISPUTE_REVERSAL: "disputes",
    LineKind.FEE: "fees",
    LineKind.TAX: "fees",
    LineKind.RESERVE: "reserves",
    LineKind.ADJUSTMENT: "adjustments",
    LineKind.CONVERSION: "adjustments",
}
TERMS = ("sales", "refunds", "fees", "disputes", "reserves", "adjustments")
Key = tuple[int, str]  # channel id, currency


@dataclass
class Moves:
    """Signed minor units by term, from the merchant's side (fees and refunds negative), and how many lines made each."""

    amounts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TERMS, 0))
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TERMS, 0))

    @property
    def net(self) -> int:
        return sum(self.amounts.values())


@dataclass
class Arrivals:
    """Payouts that reached the bank: what their lines say, what the bank booked, how many."""

    lines_net: int = 0
    arrived: int = 0
    count: int = 0
    differing: int = 0


def live_lines(merchant: Merchant):
    """Every movement of the merchant that counts: live lines but for the provider's own payout rows, which are transfers."""
    return (
        StatementLine.objects.for_merchant(merchant).filter(channel__in=merchant.channels.all(), is_live=True).exclude(kind=LineKind.PAYOUT)
    )


def line_moves(merchant: Merchant, last: date, first: date | None = None) -> dict[Key, Moves]:
    """Lines with a business date up to `last`, from `first` where given."""
    lines = live_lines(merchant).filter(business_date__lte=last)
    if first:
        lines = lines.filter(business_date__gte=first)
    sums = lines.order_by().values("channel_id", "currency", "kind").annotate(n=Count("pk"), g=Sum("gross"), f=Sum("fee"), o=Sum("other"))
    found: dict[Key, Moves] = defaultdict(Moves)
    for row in sums:
        moves = found[row["channel_id"], row["currency"]]
        term = GROSS_TERM.get(row["kind"], "adjustments")
        moves.amounts[term] += int(row["g"])
        moves.counts[term] += row["n"]
        moves.amounts["fees"] += int(row["f"])
        moves.amounts["adjustments"] += int(row["o"])
    return dict(found)


def arrivals(merchant: Merchant, last: date, first: date | None = None) -> dict[Key, Arrivals]:
    """Payouts booked by the bank up to `last`, from `first` where given."""
    payouts = Payout.objects.for_merchant(merchant).filter(arrived_on__lte=last)
    if first:
        payouts = payouts.filter(arrived_on__gte=first)
    found: dict[Key, Arrivals] = defaultdict(Arrivals)
    sums = (
        payouts.order_by().values("channel_id", "currency").annotate(n=Count("pk"), lines=Sum("lines_net_minor"), bank=Sum("arrived_minor"))
    )
    for row in sums:
        found[row["channel_id"], row["currency"]] = Arrivals(int(row["lines"]), int(row["bank"]), row["n"])
    for row in payouts.exclude(arrived_minor=F("lines_net_minor")).order_by().values("channel_id", "currency").annotate(n=Count("pk")):
        found[row["channel_id"], row["currency"]].differing = row["n"]
    return dict(found)
