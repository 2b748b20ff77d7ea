"""The days of a practice shop on which the simulator moved something, and whether its statement of each was fetched."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from apps.channels.models import Channel, StatementFetch
from apps.channels.services.gateway import gateway_for
from apps.core.figures import cash_text
from apps.merchants.models import Merchant

SHOWN_DAYS = 6


@dataclass(frozen=True, slots=True)
class PracticeDay:
    """One channel's day in the simulator's books. `is_stale`: something happened since its statement was fetched."""

    channel: Channel
    day: date
    count: int
    amount: str  # what its rows come to before fees
    fetched_at: datetime | None
    is_stale: bool


def practice_days(merchant: Merchant) -> list[PracticeDay]:
    """The newest first; none in a real shop. Three queries, and a look into the simulator's books for each channel."""
    if not merchant.is_practice:
        return []
    found = []
    channels = Channel.objects.for_merchant(merchant).select_related("merchant").prefetch_related("fee_rules").order_by("code")
    for channel in channels:
        found += _days_of(channel)
    newest = sorted(found, key=lambda one: (-one[1].toordinal(), one[0].code))[:SHOWN_DAYS]
    fetched = StatementFetch.objects.for_merchant(merchant).filter(day__in={day for _channel, day, *_ in newest}, ended_at__isnull=False)
    ended = {(channel_id, day): at for channel_id, day, at in fetched.values_list("channel_id", "day", "ended_at")}
    return [_row(channel, day, count, total, last, ended.get((channel.pk, day))) for channel, day, count, total, last in newest]


def _days_of(channel: Channel) -> list[tuple[Channel, date, int, int, datetime]]:
    """Day, rows, their sum, and the moment of the last."""
    counts, sums, lasts = Counter(), Counter(), {}
    for one in gateway_for(channel).movements():
        day = one.at.date()
        counts[day] += 1
        sums[day] += one.amount
        lasts[day] = one.at
    return [(channel, day, counts[day], sums[day], lasts[day]) for day in counts]


def _row(channel: Channel, day: date, count: int, total: int, last: datetime, ended: datetime | None) -> PracticeDay:
    return PracticeDay(channel, day, count, cash_text(total, channel.currency), ended, ended is not None and last > ended)
