"""Reading a shop's past to learn from it: its channels' days, and which of them are over, so that what differs is known."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
from django.db.models import Count, Max

from apps.channels.calendar import BusinessCalendar
from apps.channels.models import Channel
from apps.channels.terms import calendar_for, calendars_of, settlement_for
from apps.core.bulk import queryset_frame
from apps.merchants.models import Merchant
from apps.orders.enums import RefundState
from apps.orders.models import Payment, Refund
from apps.orders.states import CAPTURED
from apps.settlements.enums import DiscrepancyState
from apps.settlements.learning import days
from apps.settlements.learning.openings import opening_table
from apps.settlements.models import Discrepancy

HISTORY = 730  # days that are looked back on
LONGEST_WAIT = 120  # days: a channel that settles later than that is not learned from


@dataclass(frozen=True, slots=True)
class PastChannel:
    """A channel with its calendar. Up to `settled_to` all about a day has fallen due, grace included, so its differences are known."""

    channel: Channel
    calendar: BusinessCalendar
    settled_to: date


def past_channels(merchant: Merchant, today: date) -> list[PastChannel]:
    """Every channel of the merchant; two queries."""
    own = calendars_of(merchant)
    found = []
    for channel in Channel.objects.for_merchant(merchant).order_by("pk"):
        calendar, settlement = calendar_for(channel, own), settlement_for(channel)
        day = today - timedelta(days=1)
        for _ in range(LONGEST_WAIT):
            if calendar.add_open_days(settlement.due(day, calendar), channel.grace_days) < today:
                break
            day -= timedelta(days=1)
        found.append(PastChannel(channel, calendar, day))
    return found


def settled_only(rows: pl.DataFrame, channels: list[PastChannel]) -> pl.DataFrame:
    """The rows of days that are over."""
    ends = pl.DataFrame(
        [(one.channel.pk, one.settled_to) for one in channels], schema={"channel_id": pl.Int64(), "_to": pl.Date()}, orient="row"
    )
    return rows.join(ends, on="channel_id", maintain_order="left").filter(pl.col("business_date") <= pl.col("_to")).drop("_to")


def day_history(merchant: Merchant, channels: list[PastChannel], today: date) -> pl.DataFrame:
    """`days.day_rows` of the last HISTORY days up to yesterday; those that are not over yet have no label that counts. Three queries."""
    since = today - timedelta(days=HISTORY)
    inside = {"business_date__gte": since, "business_date__lt": today}
    sold = Payment.objects.for_merchant(merchant).filter(state__in=sorted(CAPTURED), **inside)
    sums = sold.order_by().values("channel_id", "business_date", "method").annotate(n=Count("pk"), largest=Max("amount_minor"))
    back = Refund.objects.for_merchant(merchant).filter(state=RefundState.SUCCEEDED, **inside)
    refunds = back.order_by().values("channel_id", "business_date").annotate(n=Count("pk"))
    wrong = real_differences(merchant).filter(**inside).order_by().values("channel_id", "business_date").distinct()
    table = queryset_frame(sums, days.SUMS)
    spans = {one.channel.pk: _from(table, one.channel.pk, today) for one in channels}
    openings = opening_table(spans, {one.channel.pk: one.calendar for one in channels})
    yesterday = today - timedelta(days=1)
    return days.day_rows(table, queryset_frame(refunds, days.REFUNDS), queryset_frame(wrong, days.DIFFERENCES), openings, yesterday)


def real_differences(merchant: Merchant):
    """What turned out to differ. What cleared by itself was late, not wrong, and teaches nothing."""
    return Discrepancy.objects.for_merchant(merchant).exclude(state=DiscrepancyState.CLEARED)


def _from(sums: pl.DataFrame, channel_id: int, today: date) -> list[date]:
    first = sums.filter(pl.col("channel_id") == channel_id)["business_date"].min()
    return [first + timedelta(days=ahead) for ahead in range((today - first).days)] if first else []
