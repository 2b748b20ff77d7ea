"""The discrepancies of a month: what is open, what a person accepted and why, what cleared by itself."""

from django.db.models import Count

from apps.merchants.models import Merchant
from apps.reports.figures.months import Month
from apps.settlements.enums import DiscrepancyState, Kind
from apps.settlements.models import Discrepancy
from apps.settlements.states import CLOSED_BY_PERSON, OPEN

NAMED = 500  # how many are named in the figures; the Excel report names all


def of_month(merchant: Merchant, month: Month):
    """By business date, oldest first."""
    rows = Discrepancy.objects.for_merchant(merchant).filter(business_date__range=(month.first, month.last))
    return rows.select_related("channel", "closed_by", "owner").order_by("business_date", "channel__code", "kind", "pk")


def open_in(merchant: Merchant, month: Month):
    return of_month(merchant, month).filter(state__in=OPEN)


def accepted_in(merchant: Merchant, month: Month):
    """Closed by a person, with a reason."""
    return of_month(merchant, month).filter(state__in=CLOSED_BY_PERSON)


def counts(merchant: Merchant, month: Month) -> dict[str, int]:
    """`open`, `gaps` (open statement gaps, counted in `open` too), `accepted`, `cleared`."""
    sums = {"open": 0, "gaps": 0, "accepted": 0, "cleared": 0}
    for row in of_month(merchant, month).order_by().values("state", "kind").annotate(n=Count("pk")):
        if row["state"] in OPEN:
            sums["open"] += row["n"]
            sums["gaps"] += row["n"] * (row["kind"] == Kind.STATEMENT_GAP)
        else:
            sums["cleared" if row["state"] == DiscrepancyState.CLEARED else "accepted"] += row["n"]
    return sums


def as_rows(discrepancies, *, limit: int = NAMED) -> list[dict]:
    """Plain values for the frozen figures; times in UTC."""
    return [_row(item) for item in discrepancies[:limit]]


def _row(item: Discrepancy) -> dict:
    return {
        "id": item.pk,
        "kind": item.kind,
        "channel_id": item.channel_id,
        "name": item.order_no or item.merchant_ref or item.provider_ref or item.business_date.isoformat(),
        "business_date": item.business_date.isoformat(),
        "currency": item.currency,
        "expected": item.expected_minor,
        "actual": item.actual_minor,
        "difference": item.difference_minor,
        "state": item.state,
        "resolution": item.resolution,
        "reason": item.reason,
        "closed_by": str(item.closed_by or ""),
        "closed_at": item.closed_at.isoformat() if item.closed_at else None,
    }
