"""What the pages of reports show."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.cache import cache
from django.db.models import Count, Max, Min
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from apps.core.models import OPEN_JOB_STATES, Job
from apps.core.ui import Chip, Tone
from apps.merchants.models import Merchant
from apps.orders.models import Payment
from apps.reports.figures.month_figures import check_figures, month_figures
from apps.reports.figures.months import Month
from apps.reports.figures.movements import live_lines
from apps.reports.models import CloseState, MonthClose
from apps.settlements.enums import StatementState
from apps.settlements.models import Discrepancy, ReconciliationRun, Statement
from apps.settlements.states import OPEN

MONTH_JOB = "reports.month"
LARGE = 20_000  # lines; counting so many takes about a second
KEPT_FOR = 60  # seconds that live figures of an open month are shown before they are counted again
MOST_MONTHS = 60


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One line of the list of months. `close` is None before the first draft; `open_count` counts differences of the month."""

    month: Month
    close: MonthClose | None
    open_count: int
    is_running: bool

    @property
    def chip(self) -> Chip:
        return state_chip(self.close)

    @property
    def totals(self) -> list[dict]:
        """Sales by currency as they were signed; empty while nothing is signed."""
        return list(self.close.figures.get("totals", {}).values()) if self.close else []


def state_chip(close: MonthClose | None) -> Chip:
    """Closed is quiet; waiting for a person is a clock."""
    if close is None or close.state == CloseState.DRAFT:
        return Chip(CloseState.DRAFT.label if close else _("not started"), Tone.OUTLINE)
    if close.state == CloseState.PREPARED:
        return Chip(close.get_state_display(), Tone.NEUTRAL, "hourglass")
    return Chip(close.get_state_display(), Tone.NEUTRAL, "lock")


def months_of(merchant: Merchant, today: date) -> list[MonthRow]:
    """From the month of the first fact to the current one, newest first, at most MOST_MONTHS."""
    closes = {close.month: close for close in MonthClose.objects.for_merchant(merchant).select_related("prepared_by", "approved_by")}
    open_counts = _open_by_month(merchant)
    month, rows, first = Month.of(today), [], _first_day(merchant) or today
    while month.last >= first and len(rows) < MOST_MONTHS:
        rows.append(MonthRow(month, closes.get(month.first), open_counts.get(month.first, 0), month.last >= today))
        month = month.previous
    return rows


@dataclass(frozen=True, slots=True)
class PageFigures:
    """What the page of a month shows. `counted_at` is set where the figures are those of the last draft, not of this moment.

    `is_partial`: the month is too large to count while a person waits and has no draft yet, so only the check list is there.
    """

    figures: dict
    counted_at: datetime | None = None
    is_partial: bool = False


def figures_for_page(merchant: Merchant, month: Month, close: MonthClose | None) -> PageFigures:
    """The signed figures where there are any. A small month is counted at once (and kept for a minute), a large one by its draft."""
    if close and close.state != CloseState.DRAFT:
        return PageFigures(close.figures)
    if live_lines(merchant).filter(business_date__range=(month.first, month.last))[:LARGE].count() < LARGE:
        return PageFigures(_live_figures(merchant, month))
    if close and close.figures:
        return PageFigures(close.figures, counted_at=close.updated_at)
    return PageFigures(check_figures(merchant, month), is_partial=True)


def _live_figures(merchant: Merchant, month: Month) -> dict:
    """A new reconciliation or a decision on a difference counts them anew."""
    newest = ReconciliationRun.objects.for_merchant(merchant).aggregate(pk=Max("pk"))["pk"]
    decided = Discrepancy.objects.for_merchant(merchant).aggregate(at=Max("closed_at"))["at"]
    key = f"month-figures:{merchant.pk}:{month}:{newest}:{decided.timestamp() if decided else 0}"
    return cache.get_or_set(key, lambda: month_figures(merchant, month), KEPT_FOR)


def running_job(merchant: Merchant, month: Month) -> Job | None:
    """The work on this month that is under way."""
    return month_jobs(merchant, month).filter(state__in=OPEN_JOB_STATES).order_by("-pk").first()


def last_failure(merchant: Merchant, month: Month) -> Job | None:
    """The last work on this month, when it failed."""
    last = month_jobs(merchant, month).order_by("-pk").first()
    return last if last and last.state == "failed" else None


def month_jobs(merchant: Merchant, month: Month):
    return Job.objects.for_merchant(merchant).filter(kind=MONTH_JOB, payload__month=str(month))


def _open_by_month(merchant: Merchant) -> dict[date, int]:
    rows = Discrepancy.objects.for_merchant(merchant).filter(state__in=OPEN).order_by()
    counted = rows.annotate(month=TruncMonth("business_date")).values("month").annotate(n=Count("pk"))
    return dict(counted.values_list("month", "n"))


def _first_day(merchant: Merchant) -> date | None:
    posted = Statement.objects.for_merchant(merchant).filter(state=StatementState.POSTED)
    days = [
        posted.aggregate(day=Min("first_day"))["day"],
        *(Payment.objects.filter(channel=channel).aggregate(day=Min("business_date"))["day"] for channel in merchant.channels.all()),
    ]
    return min((day for day in days if day), default=None)


def closed_until(merchant: Merchant) -> date | None:
    """The last day of the last closed month: the journal posts nothing up to it."""
    last = MonthClose.objects.for_merchant(merchant).filter(state=CloseState.APPROVED).aggregate(last=Max("month"))["last"]
    return Month(last).last if last else None
