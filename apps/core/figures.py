"""How figures and dates are written on screens, in the PDF and in the head of an export: one place, in the reader's language.

Money is an integer of the minor unit beside its currency; nothing here rounds. Days and times are written in the active time zone,
which `@needs` sets to the merchant's.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_decimal
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.core import clock, money

LOCALES = {"zh-hant": "zh_Hant_TW", "zh-hans": "zh_Hans_CN", "en": "en_US"}
MINUS = "\u2212"
SYMBOLS = {"TWD": "NT$", "HKD": "HK$", "EUR": "€", "GBP": "£"}  # those that name one currency; the others are written by code
ZERO_DECIMALS_DROPPED = frozenset({"TWD"})  # currencies without minor units have none to drop
WEEKDAYS = "一二三四五六日"


@lru_cache
def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES.get(language, "en_US"))


def _number(value: Decimal, digits: int) -> str:
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    text = format_decimal(abs(value), format=pattern, locale=_locale(translation.get_language() or "en"))
    return MINUS + text if value < 0 else text


def money_text(minor: int | None, currency: str) -> str:
    """`1,280`, `−47`, `3,184.20`; the word for "none" when the side does not exist."""
    if minor is None:
        return _("none")
    digits = money.exponent(currency)
    value = money.from_minor(minor, currency)
    if currency in ZERO_DECIMALS_DROPPED and value == value.to_integral_value():
        digits = 0
    return _number(value, digits)


def figure_for_input(minor: int, currency: str) -> str:
    """As `money_text`, but to be typed over: no grouping, an ASCII minus, so that the form reads it back."""
    return money_text(minor, currency).replace(",", "").replace(MINUS, "-")


def signed_text(minor: int | None, currency: str) -> str:
    """For differences and adjustments: always with its sign, `+12`; zero has none."""
    text = money_text(minor, currency)
    return f"+{text}" if minor and minor > 0 else text


def cash_text(minor: int | None, currency: str) -> str:
    """An amount that stands alone and so carries its currency: `NT$86,427`, `USD 3,184.20`."""
    text = money_text(minor, currency)
    if minor is None:
        return text
    symbol = SYMBOLS.get(currency, f"{currency}\u00a0")
    return f"{MINUS}{symbol}{text[1:]}" if minor < 0 else f"{symbol}{text}"


def names_text(names: Iterable[object]) -> str:
    """Names one after the other, with the comma of the reader's language."""
    return _(", ").join(str(name) for name in names)


def count_text(number: int | None) -> str:
    """A count with thousands separators."""
    return _number(Decimal(number or 0), 0)


def percent_text(ppm: int | None, digits: int = 2) -> str:
    """Parts per million as `2.75 %`; `—` where there is nothing to divide by."""
    if ppm is None:
        return "—"
    return f"{_number(Decimal(ppm) / 10_000, digits)}\u00a0%"


def day_text(day: date | None, *, with_year: bool = False) -> str:
    """A day in the reader's way; the current year is left out unless asked for. zh-hant carries the weekday."""
    if day is None:
        return "—"
    language = translation.get_language() or "en"
    with_year = with_year or day.year != clock.now().astimezone(timezone.get_current_timezone()).year
    if language == "zh-hant":
        text = f"{day:%Y/%m/%d}" if with_year else f"{day:%m/%d}"
        return f"{text}（{WEEKDAYS[day.weekday()]}）"
    if language == "zh-hans":
        return f"{day:%Y-%m-%d}" if with_year else f"{day:%m-%d}"
    name = _locale("en").months["format"]["abbreviated"][day.month]
    return f"{day.day} {name} {day.year}" if with_year else f"{day.day} {name}"


def weekday_text(day: date) -> str:
    """The shortest name of a weekday, for heads of grids: 五, F."""
    return WEEKDAYS[day.weekday()] if (translation.get_language() or "en").startswith("zh") else "MTWTFSS"[day.weekday()]


def when_text(moment: datetime | None, *, with_seconds: bool = False) -> str:
    """A moment in the active time zone: day and HH:MM, with seconds in time lines and evidence."""
    if moment is None:
        return "—"
    local = moment.astimezone(timezone.get_current_timezone())
    glue = "" if translation.get_language() == "zh-hant" else " "
    return f"{day_text(local.date())}{glue}{local:%H:%M:%S}" if with_seconds else f"{day_text(local.date())}{glue}{local:%H:%M}"


def span_text(first: date | None, last: date | None, *, with_year: bool = False) -> str:
    """A range of days, `11/01–11/20`; one day stands alone. Paper that leaves the house names the year, whichever it is."""
    if first is None or last is None or first == last:
        return day_text(first or last, with_year=with_year)
    if translation.get_language() == "zh-hant":
        short = first.year == last.year == clock.now().year and not with_year
        form = "%m/%d" if short else "%Y/%m/%d"
        return f"{first:{form}}–{last:{form}}"
    return f"{day_text(first, with_year=with_year)} – {day_text(last, with_year=with_year)}"


def month_text(month: date) -> str:
    """A month: 2026 年 11 月, 2026年11月, November 2026."""
    language = translation.get_language() or "en"
    if language == "zh-hant":
        return f"{month.year} 年 {month.month} 月"
    if language == "zh-hans":
        return f"{month.year}年{month.month}月"
    return f"{_locale('en').months['format']['wide'][month.month]} {month.year}"
