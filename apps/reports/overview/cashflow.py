"""Money into the bank, day by day: what came in the last days, what is due in the next fourteen, and what should have come."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from apps.channels.terms import calendar_for, calendars_of, settlement_for
from apps.reports.models import DailyFigure, Term
from apps.reports.overview.period import Scope
from apps.settlements.models import Payout

BACK = timedelta(days=10)
AHEAD = timedelta(days=14)
LONGEST = timedelta(days=75)  # of a payment without a payout that may still be due ahead: monthly terms and their holidays


@dataclass
class Day:
    """Minor units by channel id. `expected` is due and not past, `missing` past and not in the bank."""

    day: date
    arrived: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    expected: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    missing: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def has_money(self) -> bool:
        return bool(self.arrived or self.expected or self.missing)

    @staticmethod
    def total(amounts: dict[int, int]) -> int:
        return sum(amounts.values())


@dataclass(frozen=True)
class CashFlow:
    """Open days and days with money, in order. `not_stated_minor` is the part of what is expected that no statement lists yet."""

    days: list[Day]
    expected_minor: int
    announced_minor: int
    not_stated_minor: int


def cash_flow(scope: Scope) -> CashFlow:
    """Four queries, however many payments."""
    days = _empty_days(scope.today)
    _arrived(scope, days)
    announced = _waiting(scope, days)
    not_stated = _not_paid_out_yet(scope, days)
    shown = [day for day in days.values() if day.has_money or day.day.weekday() < 5]
    ahead = sum(Day.total(day.expected) for day in shown)
    return CashFlow(shown, ahead, announced, not_stated)


def _empty_days(today: date) -> dict[date, Day]:
    first = today - BACK
    days = [first + timedelta(days=number) for number in range((BACK + AHEAD).days + 1)]
    return {day: Day(day) for day in days}


def _payouts(scope: Scope):
    rows = Payout.objects.for_merchant(scope.merchant).filter(currency=scope.currency)
    return rows.filter(channel=scope.channel) if scope.channel else rows


def _arrived(scope: Scope, days: dict[date, Day]) -> None:
    rows = _payouts(scope).filter(arrived_on__range=(min(days), scope.today))
    for row in rows.order_by().values("arrived_on", "channel_id").annotate(amount=Sum("arrived_minor")):
        days[row["arrived_on"]].arrived[row["channel_id"]] += int(row["amount"])


def _waiting(scope: Scope, days: dict[date, Day]) -> int:
    """Payouts formed and not in the bank; returns what the providers have announced of those still ahead."""
    rows = _payouts(scope).filter(arrived_on=None, due_on__range=(min(days), max(days))).exclude(line_count=0)
    amount = Coalesce(F("announced_minor"), F("lines_net_minor"))
    announced = 0
    for due_on, channel, said, minor in rows.values_list("due_on", "channel_id", "announced_minor", amount):
        side = days[due_on].expected if due_on >= scope.today else days[due_on].missing
        side[channel] += minor
        announced += minor if said is not None and due_on >= scope.today else 0
    return announced


def _not_paid_out_yet(scope: Scope, days: dict[date, Day]) -> int:
    """Payments no statement lists (before fees) and lines without a payout, on the day the calendar gives. Returns the former."""
    rows = DailyFigure.objects.for_merchant(scope.merchant).filter(currency=scope.currency, day__gte=scope.today - LONGEST, payout=None)
    rows = rows.filter(channel=scope.channel) if scope.channel else rows
    sums = rows.filter(term__in=[Term.UNREPORTED, Term.NET]).values_list("channel_id", "day", "term", "amount_minor")
    own = calendars_of(scope.merchant)
    terms = {channel.pk: (settlement_for(channel), calendar_for(channel, own)) for channel in scope.channels}
    not_stated = 0
    for channel, day, term, amount in sums:
        settlement, calendar = terms[channel]
        due = settlement.due(day, calendar)
        if scope.today <= due <= max(days):
            days[due].expected[channel] += amount
            not_stated += amount if term == Term.UNREPORTED else 0
    return not_stated
