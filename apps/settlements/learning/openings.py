"""What kind of day it is beside the weekday: a holiday, the day before or after one, the ends of the month."""

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

from apps.channels.calendar import LONGEST_CLOSURE, BusinessCalendar

HOLIDAY, AFTER, BEFORE, USUAL = "holiday", "after_holiday", "before_holiday", "usual"
ENDS = 3  # days at each end of a month
OPENINGS = {"channel_id": pl.Int64(), "business_date": pl.Date(), "opening": pl.String()}


def opening_of(day: date, calendar: BusinessCalendar) -> str:
    """Weekends are the weekday's business: only closed days that are no weekend make a day special."""
    if not calendar.is_open(day):
        return USUAL if day.weekday() in calendar.weekend else HOLIDAY
    if _closed_by_holiday(day, -1, calendar):
        return AFTER
    return BEFORE if _closed_by_holiday(day, 1, calendar) else USUAL


def _closed_by_holiday(day: date, step: int, calendar: BusinessCalendar) -> bool:
    """Whether the closed days next to an open one hold a holiday."""
    for ahead in range(1, LONGEST_CLOSURE):
        other = day + timedelta(days=step * ahead)
        if calendar.is_open(other):
            return False
        if other.weekday() not in calendar.weekend:
            return True
    return False


def opening_table(days: dict[int, Iterable[date]], calendars: dict[int, BusinessCalendar]) -> pl.DataFrame:
    """OPENINGS of the given days of each channel, for joining."""
    rows = [(channel, day, opening_of(day, calendars[channel])) for channel, wanted in days.items() for day in sorted(set(wanted))]
    return pl.DataFrame(rows, schema=OPENINGS, orient="row")


def month_part(day: str) -> pl.Expr:
    """`first_days`, `last_days` or `middle` of the month of a column of days."""
    left = pl.col(day).dt.month_end().dt.day() - pl.col(day).dt.day()
    first = pl.when(pl.col(day).dt.day() <= ENDS).then(pl.lit("first_days"))
    return first.when(left < ENDS).then(pl.lit("last_days")).otherwise(pl.lit("middle"))


def of_channel(*parts: pl.Expr) -> pl.Expr:
    """`12:4`: a value that is looked at for each channel apart."""
    return pl.concat_str([pl.col("channel_id").cast(pl.String), *[part.cast(pl.String) for part in parts]], separator=":")
