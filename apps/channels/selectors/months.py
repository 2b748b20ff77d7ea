"""A channel's settlement calendar, a month at a time: open and closed days, holidays by name, and when each day's money is due."""

import calendar as weeks
from dataclasses import dataclass
from datetime import date, timedelta

import holidays
from django.db.models import QuerySet
from django.utils.translation import get_language

from apps.channels import terms
from apps.channels.calendar import ALIASES, MARKETS, WEEKDAYS, BusinessCalendar, Settlement, country_calendar, has_country
from apps.channels.enums import WEEKDAY_SHORT
from apps.channels.models import Channel, HolidayCalendar
from apps.merchants.models import Merchant

LANGUAGES = {"zh-hant": ("zh_TW", "zh_CN", "en_US"), "zh-hans": ("zh_CN", "zh_TW", "en_US"), "en": ("en_US", "en_GB")}
STRIP_DAYS = 16  # a longer way to the bank is told in words alone


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One business date. `due_on` is when its money reaches the bank; `name` that of a holiday, where the library has it."""

    day: date
    is_open: bool
    in_month: bool
    is_today: bool
    due_on: date
    name: str = ""
    is_makeup: bool = False

    @property
    def weekday(self) -> str:
        return str(WEEKDAY_SHORT[self.day.weekday()])


def month_of(channel: Channel, calendar: BusinessCalendar, first: date, today: date) -> list[list[CalendarDay]]:
    """The weeks of a month, Monday first, with the days of its neighbours that fill them.

    :raises CalendarError: never_open.
    """
    settlement = terms.settlement_for(channel)
    days = list(weeks.Calendar().itermonthdates(first.year, first.month))
    names = holiday_names(channel.calendar, sorted({day.year for day in days}), get_language() or "en")
    cells = [_day(day, first, today, calendar, settlement, names) for day in days]
    return [cells[at : at + 7] for at in range(0, len(cells), 7)]


def way_to_bank(calendar: BusinessCalendar, paid_on: date, due_on: date) -> list[CalendarDay]:
    """Each day from the payment to the bank, both included; empty when that is too long to draw."""
    count = (due_on - paid_on).days + 1
    if count > STRIP_DAYS:
        return []
    days = [paid_on + timedelta(days=ahead) for ahead in range(count)]
    return [CalendarDay(day, calendar.is_open(day), True, day == paid_on, due_on) for day in days]


def holiday_names(code: str, years: list[int], language: str) -> dict[date, str]:
    """Names of a country's holidays in the reader's language, else in its own; empty for a code that is no country."""
    if not has_country(code):
        return {}
    name = code.strip().upper()
    make = holidays.financial_holidays if name in MARKETS else holidays.country_holidays
    name = MARKETS.get(name, ALIASES.get(name, name))
    spoken = make(name, years=years).supported_languages
    wanted = next((one for one in LANGUAGES.get(language, ()) if one in spoken), None)
    return dict(make(name, years=years, language=wanted))


def _day(day: date, first: date, today: date, calendar: BusinessCalendar, settlement: Settlement, names: dict[date, str]) -> CalendarDay:
    is_open = calendar.is_open(day)
    return CalendarDay(
        day=day,
        is_open=is_open,
        in_month=day.month == first.month,
        is_today=day == today,
        due_on=settlement.due(day, calendar),
        name="" if is_open else names.get(day, ""),
        is_makeup=day in calendar.workdays,
    )


def calendar_start(code: str, row: HolidayCalendar | None, year: int) -> dict:
    """What the form of a calendar opens with: the merchant's own days, else the country's of this year and the next."""
    if row:
        return {"weekend": row.weekend, "holidays": "\n".join(row.holidays), "workdays": "\n".join(row.workdays)}
    country = country_calendar(code, (year, year + 1))
    return {
        "weekend": [WEEKDAYS[number] for number in sorted(country.weekend)],
        "holidays": "\n".join(day.isoformat() for day in sorted(country.holidays)),
        "workdays": "\n".join(day.isoformat() for day in sorted(country.workdays)),
    }


def channels_by_calendar(merchant: Merchant, code: str) -> QuerySet[Channel]:
    """The channels that count by a calendar."""
    return Channel.objects.for_merchant(merchant).filter(calendar=code).order_by("pk")
