"""How long differences have been open: buckets of days with what is at stake in them, per currency. Nothing is added across currencies."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from apps.core.clock import local_date, start_of_day
from apps.merchants.models import Merchant
from apps.settlements.models import Discrepancy
from apps.settlements.selectors.discrepancies import STAKE, open_of

# Days since it was opened, both included, on the merchant's calendar; today is 0.
BUCKETS: dict[str, tuple[int, int | None]] = {"0-1": (0, 1), "2-3": (2, 3), "4-7": (4, 7), "8-30": (8, 30), "31": (31, None)}
LABELS = {
    "0-1": _("up to 1 day"),
    "2-3": _("2–3 days"),
    "4-7": _("4–7 days"),
    "8-30": _("8–30 days"),
    "31": _("over 30 days"),
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """`stakes` are (currency, minor units at stake), never negative, by currency."""

    key: str
    label: str
    count: int
    stakes: list[tuple[str, int]]


def in_bucket(key: str, merchant: Merchant, now: datetime) -> Q:
    """Differences whose age falls into the bucket."""
    youngest, oldest = BUCKETS[key]
    today = local_date(now, merchant.timezone)
    found = Q(opened_at__lt=start_of_day(today - timedelta(days=youngest - 1), merchant.timezone))
    if oldest is not None:
        found &= Q(opened_at__gte=start_of_day(today - timedelta(days=oldest), merchant.timezone))
    return found


def ageing(merchant: Merchant, now: datetime, rows: QuerySet[Discrepancy] | None = None) -> list[Bucket]:
    """All buckets, youngest first, of the open differences (or of `rows`), in one query."""
    wanted = {key: in_bucket(key, merchant, now) for key in BUCKETS}
    figures = {f"n{place}": Count("pk", filter=wanted[key]) for place, key in enumerate(BUCKETS)}
    figures |= {f"s{place}": Sum("stake", filter=wanted[key]) for place, key in enumerate(BUCKETS)}
    found = list(
        (open_of(merchant) if rows is None else rows).alias(stake=STAKE).order_by("currency").values("currency").annotate(**figures)
    )
    return [
        Bucket(
            key,
            str(LABELS[key]),
            sum(row[f"n{place}"] for row in found),
            [(row["currency"], row[f"s{place}"]) for row in found if row[f"n{place}"]],
        )
        for place, key in enumerate(BUCKETS)
    ]
