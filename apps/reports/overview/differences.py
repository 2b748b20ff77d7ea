"""Differences of the period by kind and channel, and what waits for people today."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, Sum

from apps.merchants.models import Merchant
from apps.reports.figures.months import Month
from apps.reports.models import CloseState, MonthClose
from apps.reports.overview.period import Scope
from apps.settlements.enums import DiscrepancyState, Kind
from apps.settlements.models import Discrepancy
from apps.settlements.states import OPEN

LOST = (*sorted(OPEN), DiscrepancyState.WRITTEN_OFF)  # still at risk, or given up


@dataclass(frozen=True, slots=True)
class Waiting:
    """What people have to do, over all periods and currencies."""

    overdue: int
    open: int
    gaps: int
    months: list[Month]


@dataclass(frozen=True, slots=True)
class Loss:
    """Money that went against us by one kind: minor units, positive."""

    kind: str
    label: str
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Differences:
    """Of the period, in its currency. `overcharged` is by channel: fees charged less fees agreed, negative when too high."""

    open: int
    overdue: int
    overdue_payouts_minor: int
    losses: list[Loss]
    overcharged: dict[int, tuple[int, int]]

    @property
    def lost_minor(self) -> int:
        return sum(loss.amount_minor for loss in self.losses)


def differences_of(scope: Scope, now: datetime) -> Differences:
    """One query."""
    rows = Discrepancy.objects.for_merchant(scope.merchant).filter(currency=scope.currency, business_date__range=(scope.first, scope.last))
    rows = rows.filter(channel=scope.channel) if scope.channel else rows
    sums = rows.exclude(state=DiscrepancyState.CLEARED).order_by().values("kind", "channel_id", "state")
    groups = list(
        sums.annotate(
            n=Count("pk"),
            gap=Sum("difference_minor"),
            lost=Sum("difference_minor", filter=Q(difference_minor__lt=0), default=0),
            lost_n=Count("pk", filter=Q(difference_minor__lt=0)),
            late=Count("pk", filter=Q(due_at__lt=now)),
        )
    )
    still = [row for row in groups if row["state"] in OPEN]
    return Differences(
        open=sum(row["n"] for row in still),
        overdue=sum(row["late"] for row in still),
        overdue_payouts_minor=-sum(int(row["gap"]) for row in still if row["kind"] == Kind.PAYOUT_MISSING_IN_BANK),
        losses=_losses([row for row in groups if row["state"] in LOST]),
        overcharged=_overcharged(groups),
    )


def _losses(groups: list[dict]) -> list[Loss]:
    sums: dict[str, list[int]] = {}
    for row in groups:
        one = sums.setdefault(row["kind"], [0, 0])
        one[0] += row["lost_n"]
        one[1] -= int(row["lost"])
    found = [Loss(kind, str(Kind(kind).label), n, amount) for kind, (n, amount) in sums.items() if amount]
    return sorted(found, key=lambda loss: (-loss.amount_minor, loss.kind))


def _overcharged(groups: list[dict]) -> dict[int, tuple[int, int]]:
    sums: dict[int, tuple[int, int]] = {}
    for row in groups:
        if row["kind"] == Kind.FEE_MISMATCH:
            n, gap = sums.get(row["channel_id"], (0, 0))
            sums[row["channel_id"]] = (n + row["n"], gap + int(row["gap"]))
    return sums


def waiting_of(merchant: Merchant, months: list[Month], today, now: datetime) -> Waiting:
    """Two queries. A month is to be closed once it is over and nobody has approved it."""
    rows = Discrepancy.objects.for_merchant(merchant).filter(state__in=sorted(OPEN))
    counts = rows.aggregate(
        open=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)), gaps=Count("pk", filter=Q(kind=Kind.STATEMENT_GAP))
    )
    closes = MonthClose.objects.for_merchant(merchant).filter(state=CloseState.APPROVED)
    closed = set(closes.values_list("month", flat=True))
    to_close = [month for month in months if month.last < today and month.first not in closed]
    return Waiting(counts["overdue"], counts["open"], counts["gaps"], to_close)
