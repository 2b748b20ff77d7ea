"""Where the money of a period is: of all that customers paid on its days, which part stands at the channel, on its way, in the bank …

    paid = in transit at the channel + payout in transit + in the bank + refunds + fees + disputes + reserves + adjustments + differences

What was paid comes from our books, the parts from statement lines, the bank from payouts and their bank lines. `missing` is what is
left between them: 0 when every cent is somewhere.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, CharField, Count, Q, Sum, Value, When

from apps.reports.models import DailyFigure, Term
from apps.reports.overview.period import Scope
from apps.settlements.models import Payout


@dataclass
class Where:
    """Minor units of one currency and channel. The first block is as the daily figures sign it (fees and refunds negative)."""

    paid: int = 0
    matched: int = 0
    unreported: int = 0
    not_reported: int = 0
    sales: int = 0
    not_booked: int = 0
    refunds: int = 0
    fees: int = 0
    sales_fees: int = 0
    disputes: int = 0
    reserves: int = 0
    adjustments: int = 0
    net_open: int = 0
    under_way: int = 0
    net_arrived: int = 0
    stored_gap: int = 0  # payouts that came: what they were summed to, less what their lines say now
    bank_gap: int = 0  # payouts that came: what the bank booked, less what they were summed to
    paid_count: int = 0
    unreported_count: int = 0
    open_count: int = 0
    under_way_payouts: int = 0
    arrived_payouts: int = 0
    refunds_count: int = 0

    def __add__(self, other: "Where") -> "Where":
        return Where(**{name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__})

    @property
    def in_channel(self) -> int:
        return self.unreported + self.net_open

    @property
    def in_bank(self) -> int:
        return self.net_arrived + self.stored_gap + self.bank_gap

    @property
    def differences(self) -> int:
        """Paid and not listed, listed and not paid, listed with another amount, and booked by the bank with another amount."""
        return self.not_reported - self.not_booked + self.matched - self.sales - self.bank_gap

    @property
    def parts(self) -> int:
        costs = self.refunds + self.fees + self.disputes + self.reserves + self.adjustments
        return self.in_channel + self.under_way + self.in_bank - costs + self.differences

    @property
    def missing(self) -> int:
        return self.paid - self.parts


def where_by_channel(scope: Scope) -> dict[int, Where]:
    """By channel id; three queries over daily figures and payouts, however many payments."""
    found: dict[int, Where] = defaultdict(Where)
    for row in _sums(scope, scope.first, scope.last):
        _place(found[row["channel_id"]], row)
    _bank(scope, found)
    return dict(found)


def total(rows: dict[int, Where]) -> Where:
    """All channels together; they share the scope's currency."""
    whole = Where()
    for one in rows.values():
        whole = whole + one
    return whole


def paid_and_refunded(scope: Scope, first: date, last: date) -> dict[str, tuple[int, int]]:
    """Term → (count, amount) of what was paid and refunded on some days. One query."""
    rows = _figures(scope).filter(day__range=(first, last), term__in=[Term.PAID, Term.REFUNDS]).order_by().values("term")
    return {row["term"]: (row["n"], row["amount"]) for row in rows.annotate(n=Sum("count"), amount=Sum("amount_minor"))}


def _figures(scope: Scope):
    rows = DailyFigure.objects.for_merchant(scope.merchant).filter(currency=scope.currency)
    return rows.filter(channel=scope.channel) if scope.channel else rows


def _sums(scope: Scope, first: date, last: date):
    """Sums by channel, term and where the payout stands."""
    under_way = Q(payout__announced_minor__isnull=False) | Q(payout__due_on__lte=scope.today)
    place = Case(
        When(payout=None, then=Value("open")),
        When(payout__arrived_on__isnull=False, then=Value("arrived")),
        When(under_way, then=Value("under_way")),
        default=Value("open"),
        output_field=CharField(),
    )
    rows = _figures(scope).filter(day__range=(first, last)).annotate(place=place).order_by().values("channel_id", "term", "place")
    return rows.annotate(n=Sum("count"), amount=Sum("amount_minor"), payouts=Count("payout", distinct=True))


def _place(one: Where, row: dict) -> None:
    term, amount = row["term"], int(row["amount"])
    if term == Term.NET:
        name = {"open": "net_open", "arrived": "net_arrived"}.get(row["place"], "under_way")
        setattr(one, name, getattr(one, name) + amount)
        one.open_count += row["n"] if name == "net_open" else 0
        one.under_way_payouts += row["payouts"] if name == "under_way" else 0
        one.arrived_payouts += row["payouts"] if name == "net_arrived" else 0
        return
    setattr(one, term, getattr(one, term) + amount)
    if term in (Term.PAID, Term.UNREPORTED, Term.REFUNDS):
        setattr(one, f"{term}_count", getattr(one, f"{term}_count") + row["n"])


def _bank(scope: Scope, found: dict[int, Where]) -> None:
    """A payout's difference at the bank belongs to the period in which its last line lies."""
    came = Payout.objects.for_merchant(scope.merchant).filter(
        currency=scope.currency, arrived_on__isnull=False, covers_to__range=(scope.first, scope.last)
    )
    came = came.filter(channel=scope.channel) if scope.channel else came
    for row in came.order_by().values("channel_id").annotate(stored=Sum("lines_net_minor"), bank=Sum("arrived_minor")):
        one = found[row["channel_id"]]
        one.stored_gap += int(row["stored"])
        one.bank_gap += int(row["bank"]) - int(row["stored"])
    lines = DailyFigure.objects.for_merchant(scope.merchant).filter(term=Term.NET, payout__in=came)
    for row in lines.order_by().values("channel_id").annotate(amount=Sum("amount_minor")):
        found[row["channel_id"]].stored_gap -= int(row["amount"])
