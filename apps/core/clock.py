"""Time: stored in UTC, read in a named zone. A business date is a day in the zone a provider reports in."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def local_date(moment: datetime, timezone: str) -> date:
    """The day of a moment in an IANA time zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def start_of_day(day: date, timezone: str, hour: int = 0) -> datetime:
    """The moment a day (or an hour of it) begins in a zone, in UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
