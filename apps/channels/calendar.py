"""Business days and settlement terms: on which day a provider's money is due. No Django here.

Calendars come from merchant.toml, or from the `holidays` library with the make-up working days (補班日) of Taiwan and mainland
China. All days are calendar days in the channel's own time zone.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import holidays
import polars as pl

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALIASES = {"UK": "GB"}
# Codes of merchant.toml that are no country: the days on which the euro's payment system is closed.
MARKETS = {"EU": "XECB", "EUR": "XECB", "TARGET": "XECB"}
LONGEST_CLOSURE = 60  # days; a calendar that is closed longer has been mistyped
_T_PLUS = re.compile(r"t\+(\d{1,3})", re.ASCII)
_WEEKLY = re.compile(r"weekly:(\w{3})")
_MONTHLY = re.compile(r"monthly:(\d{1,2})", re.ASCII)


class CalendarError(ValueError):
    """Settlement terms or a calendar code that cannot be read; `text` is what was given."""

    def __init__(self, code: str, text: str):
        super().__init__(f"{code}: {text!r}")
        self.code = code  # bad_settles | bad_weekday | unknown_calendar | never_open
        self.text = text


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Which days are open: a day is open if it is in `workdays`, or it is no weekend and not in `holidays`."""

    weekend: frozenset[int] = frozenset({5, 6})  # as date.weekday(): Monday is 0
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        return day in self.workdays or (day.weekday() not in self.weekend and day not in self.holidays)

    def next_open(self, day: date) -> date:
        """The day itself when it is open, else the first open day after it.

        :raises CalendarError: never_open.
        """
        for ahead in range(LONGEST_CLOSURE):
            if self.is_open(day + timedelta(days=ahead)):
                return day + timedelta(days=ahead)
        raise CalendarError("never_open", day.isoformat())

    def add_open_days(self, day: date, count: int) -> date:
        """The `count`-th open day after `day`; `day` itself for 0, whether it is open or not."""
        for _ in range(count):
            day = self.next_open(day + timedelta(days=1))
        return day

    def open_days(self, first: date, last: date) -> list[date]:
        """Open days in order, both ends included."""
        return [day for day in _days(first, last) if self.is_open(day)]


@dataclass(frozen=True, slots=True)
class Settlement:
    """When a channel pays: `kind` is days (T+N), weekly or monthly; `number` is N, the weekday (Monday 0) or the day of the month."""

    kind: str
    number: int

    @classmethod
    def parse(cls, text: str) -> "Settlement":
        """Reads "T+7", "T+0", "weekly:fri" or "monthly:10".

        :raises CalendarError: bad_settles.
        """
        bare = text.strip().lower().replace(" ", "")
        if found := _T_PLUS.fullmatch(bare):
            return cls("days", int(found.group(1)))
        if (found := _WEEKLY.fullmatch(bare)) and found.group(1) in WEEKDAYS:
            return cls("weekly", WEEKDAYS.index(found.group(1)))
        if (found := _MONTHLY.fullmatch(bare)) and 1 <= int(found.group(1)) <= 31:
            return cls("monthly", int(found.group(1)))
        raise CalendarError("bad_settles", text)

    def due(self, day: date, calendar: BusinessCalendar) -> date:
        """The day on which money of business date `day` is due in the bank; always open, except for T+0.

        Weekly and monthly days are strictly after the business date, then moved to the next open day. A month
        without the day (monthly:31 in June) pays on its last day.
        """
        if self.kind == "days":
            return calendar.add_open_days(day, self.number)
        if self.kind == "weekly":
            return calendar.next_open(day + timedelta(days=(self.number - day.weekday() - 1) % 7 + 1))
        nominal = _in_month(day.year, day.month, self.number)
        if nominal <= day:
            nominal = _in_month(day.year + day.month // 12, day.month % 12 + 1, self.number)
        return calendar.next_open(nominal)

    def __str__(self) -> str:
        return {"days": f"T+{self.number}", "weekly": f"weekly:{WEEKDAYS[self.number % 7]}", "monthly": f"monthly:{self.number}"}[self.kind]


def parse_settlement(text: str) -> Settlement:
    """`Settlement.parse`, for callers that only check the text.

    :raises CalendarError: bad_settles.
    """
    return Settlement.parse(text)


def has_country(code: str) -> bool:
    """Whether `country_calendar` knows the code."""
    name = code.strip().upper()
    return name in MARKETS or ALIASES.get(name, name) in holidays.list_supported_countries(include_aliases=False)


def calendar_from(*, weekend: Iterable[str], holidays: Iterable[date] = (), workdays: Iterable[date] = ()) -> BusinessCalendar:
    """A calendar as merchant.toml writes it, weekend days by their English abbreviation.

    :raises CalendarError: bad_weekday.
    """
    names = [name.strip().lower() for name in weekend]
    if unknown := [name for name in names if name not in WEEKDAYS]:
        raise CalendarError("bad_weekday", ", ".join(unknown))
    return BusinessCalendar(frozenset(WEEKDAYS.index(name) for name in names), frozenset(holidays), frozenset(workdays))


def country_calendar(code: str, years: Iterable[int]) -> BusinessCalendar:
    """A country's weekend, public holidays and make-up working days, from the `holidays` library; "EU" is TARGET.

    :raises CalendarError: unknown_calendar.
    """
    if not has_country(code):  # asked first: the library takes the name of one of its own constants, like BANK, for a country
        raise CalendarError("unknown_calendar", code)
    wanted = sorted(set(years))
    name = code.strip().upper()
    if name in MARKETS:
        found = holidays.financial_holidays(MARKETS[name], years=wanted)
    else:
        found = holidays.country_holidays(ALIASES.get(name, name), years=wanted)
    # The library keeps the make-up days of all years it knows, and only the holidays of the years asked for.
    makeup = {day for day in getattr(found, "weekend_workdays", ()) if day.year in wanted}
    return BusinessCalendar(frozenset(found.weekend), frozenset(found.keys()) - makeup, frozenset(makeup))


def table(days: Iterable[date], calendar: BusinessCalendar, settlement: Settlement) -> pl.DataFrame:
    """Due days for joining to frames: columns `business_date`, `due_on`, one row a distinct day, ascending.

    `due_on` never falls as `business_date` rises. T+N is counted on one list of open days, so a year costs no more than a day.
    """
    wanted = sorted(set(days))
    if not wanted:
        return pl.DataFrame(schema={"business_date": pl.Date, "due_on": pl.Date})
    due = _counted(wanted, calendar, settlement.number) if settlement.kind == "days" else [settlement.due(day, calendar) for day in wanted]
    return pl.DataFrame({"business_date": wanted, "due_on": due}, schema={"business_date": pl.Date, "due_on": pl.Date})


def open_between(first: date, last: date, calendar: BusinessCalendar) -> int:
    """How many open days lie after `first` up to and including `last`; 0 when `last` is not later."""
    days = calendar.open_days(first, last)
    return len(days) - bisect_right(days, first) if last > first else 0


def _counted(wanted: list[date], calendar: BusinessCalendar, count: int) -> list[date]:
    if count == 0:
        return list(wanted)
    last = calendar.add_open_days(wanted[-1], count)
    days = calendar.open_days(wanted[0], last)
    return [days[bisect_left(days, day + timedelta(days=1)) + count - 1] for day in wanted]


def _in_month(year: int, month: int, day: int) -> date:
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last.replace(day=min(day, last.day))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
