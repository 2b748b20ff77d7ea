"""Telling which days changed, for the figures that are added up by day."""

from collections.abc import Iterable
from datetime import date

from apps.orders.models import TouchedDay


def touch_days(*, merchant_id: int, channel_id: int, days: Iterable[date | None]) -> None:
    """Notes that facts of these business dates changed. Call it inside the transaction that changes them."""
    rows = [TouchedDay(merchant_id=merchant_id, channel_id=channel_id, day=day) for day in sorted({day for day in days if day})]
    TouchedDay.objects.bulk_create(rows, batch_size=1_000)
