"""Daily figures: the days that changed are added up anew, set-based; the others are left as they are.

Whoever changes payments, lines or links notes the days in the same transaction (`orders.services.touched`). A refresh takes the notes
it can see, adds those days up, and takes exactly those notes away: what another import commits meanwhile is left for the next refresh.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from apps.channels.models import Channel, HolidayCalendar
from apps.core import clock
from apps.merchants.models import Merchant
from apps.orders.models import Payment, TouchedDay
from apps.reports.models import DailyFigure, Rollup
from apps.reports.services.daily_sums import Days, Key, Tally, daily_sums
from apps.settlements.models import StatementLine

CHUNK = 1_000
AT_ONCE = 50_000  # rows; more than that take longer to add up than a person should wait for a page
MANY_DAYS = 200  # touched days; of more than that, all of them are as quick
ROLLUP_JOB = "reports.rollup"


def terms_of(merchant: Merchant) -> str:
    """Names what decides which payout a line without a reference belongs to: rhythms and calendars, not rows. Two cheap queries."""
    channels = Channel.objects.for_merchant(merchant).order_by("pk").values_list("pk", "settles", "calendar", "statements")
    calendars = HolidayCalendar.objects.for_merchant(merchant).order_by("code").values_list("code", "weekend", "holidays", "workdays")
    said = json.dumps([[*channels], [*calendars], clock.now().year], default=str)
    return f"terms {hashlib.sha256(said.encode()).hexdigest()[:32]}"


def touched(merchant: Merchant) -> QuerySet[TouchedDay]:
    """The days that changed since they were added up; a day may stand there several times."""
    return TouchedDay.objects.for_merchant(merchant)


def is_fresh(merchant: Merchant, rollup: Rollup) -> bool:
    """Whether no day and no terms changed since. Three cheap queries."""
    return rollup.refreshed_at is not None and not touched(merchant).exists() and rollup.facts == terms_of(merchant)


def fresh_rollup(*, merchant: Merchant, now: datetime) -> Rollup:
    """The merchant's daily figures, with the days made anew that changed."""
    rollup = Rollup.objects.filter(merchant=merchant).first()
    if rollup and is_fresh(merchant, rollup):
        return rollup
    return _bring_up(merchant, now, whole=False)


def page_rollup(*, merchant: Merchant, now: datetime) -> tuple[Rollup, bool]:
    """The figures a page shows, and whether they are behind: where much changed, a shop sees dated ones while a job makes them anew."""
    rollup = Rollup.objects.filter(merchant=merchant).exclude(refreshed_at=None).first()
    if rollup is None:
        return _bring_up(merchant, now, whole=False), False
    if is_fresh(merchant, rollup):
        return rollup, False
    if _is_much(merchant, rollup):
        return rollup, True
    return _bring_up(merchant, now, whole=False), False


def refresh(*, merchant: Merchant, now: datetime) -> Rollup:
    """Makes every daily figure of the merchant anew in one transaction."""
    return _bring_up(merchant, now, whole=True)


def differing_days(*, merchant: Merchant) -> list[tuple]:
    """Where the stored figures are not what the rows come to: [(key, stored, should be)], empty when all is well. Notes are left out:
    call it when none is waiting. Reads every payment and line."""
    should = {key: (one.count, one.amount) for key, one in _told(daily_sums(merchant))}
    fields = ("channel_id", "currency", "day", "term", "payout_id", "count", "amount_minor")
    stored = {row[:5]: row[5:] for row in DailyFigure.objects.for_merchant(merchant).values_list(*fields)}
    keys = sorted(should.keys() | stored.keys(), key=str)
    return [(key, stored.get(key), should.get(key)) for key in keys if stored.get(key) != should.get(key)]


def _is_much(merchant: Merchant, rollup: Rollup) -> bool:
    """Whether adding up would take long; counts no further than that."""
    part = None if rollup.facts != terms_of(merchant) else _part(touched(merchant).values_list("channel_id", "day").distinct())
    filters = {"channel_id__in": part.channels, "business_date__in": part.days} if part else {}
    sides = (Payment.objects.for_merchant(merchant), StatementLine.objects.for_merchant(merchant).filter(is_live=True))
    return any(side.filter(**filters).order_by()[: AT_ONCE + 1].count() > AT_ONCE for side in sides)


def _part(cells: Iterable[tuple]) -> Days | None:
    """The days and channels to add up; None for all of them."""
    channels, days = frozenset(channel for channel, _day in cells), frozenset(day for _channel, day in cells)
    return None if len(days) > MANY_DAYS else Days(channels, days)


def _bring_up(merchant: Merchant, now: datetime, *, whole: bool) -> Rollup:
    """Of two that ask at once the second waits, and finds the first one's figures fresh."""
    Rollup.objects.get_or_create(merchant=merchant)
    with transaction.atomic():
        rollup = Rollup.objects.select_for_update().get(merchant=merchant)
        terms = terms_of(merchant)
        # The notes first: whatever they are about is there for the queries after.
        notes = list(touched(merchant).values_list("pk", "channel_id", "day"))
        if not whole and rollup.refreshed_at and rollup.facts == terms:
            if not notes:
                return rollup
            part = _part([note[1:] for note in notes])
        else:
            part = None
        _replace(merchant, part)
        for at in range(0, len(notes), CHUNK):
            TouchedDay.objects.filter(pk__in=[note[0] for note in notes[at : at + CHUNK]]).delete()
        rollup.facts, rollup.refreshed_at = terms, now
        rollup.save(update_fields=["facts", "refreshed_at"])
    return rollup


def _replace(merchant: Merchant, part: Days | None) -> None:
    sums = daily_sums(merchant, part)
    stored = DailyFigure.objects.for_merchant(merchant)
    if part:
        stored = stored.filter(channel_id__in=part.channels, day__in=part.days)
    stored.delete()
    DailyFigure.objects.bulk_create([_figure(merchant, key, one) for key, one in _told(sums)], batch_size=CHUNK)


def _told(sums: dict[Key, Tally]) -> list[tuple[Key, Tally]]:
    return [(key, one) for key, one in sums.items() if one.count or one.amount]


def _figure(merchant: Merchant, key: Key, one: Tally) -> DailyFigure:
    channel, currency, day, term, payout = key
    return DailyFigure(
        merchant=merchant,
        channel_id=channel,
        currency=currency,
        day=day,
        term=term,
        payout_id=payout,
        count=one.count,
        amount_minor=one.amount,
    )
