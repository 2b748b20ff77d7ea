from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.channels.calendar import (
    BusinessCalendar,
    CalendarError,
    Settlement,
    calendar_from,
    country_calendar,
    has_country,
    open_between,
    table,
)

TAIWAN = calendar_from(weekend=["sat", "sun"], holidays=[date(2026, 9, 25), date(2026, 9, 28), date(2026, 10, 9), date(2026, 10, 26)])
CHINA = calendar_from(
    weekend=["sat", "sun"],
    holidays=[date(2026, 9, 25), *(date(2026, 10, day) for day in (1, 2, 5, 6, 7))],
    workdays=[date(2026, 9, 20), date(2026, 10, 10)],
)
SETTLEMENTS = st.sampled_from(["T+0", "T+1", "T+7", "weekly:mon", "weekly:fri", "weekly:sun", "monthly:1", "monthly:10", "monthly:31"])
DAYS = st.dates(date(2026, 1, 1), date(2027, 6, 30))


@pytest.mark.parametrize(
    ("settles", "day", "due"),
    [
        ("T+0", date(2026, 9, 26), date(2026, 9, 26)),
        ("T+1", date(2026, 9, 24), date(2026, 9, 29)),  # Friday and Monday are holidays
        ("T+1", date(2026, 9, 26), date(2026, 9, 29)),  # a Saturday counts from itself
        ("T+7", date(2026, 9, 18), date(2026, 10, 1)),
        ("weekly:fri", date(2026, 9, 17), date(2026, 9, 18)),
        ("weekly:fri", date(2026, 9, 18), date(2026, 9, 29)),  # strictly after, then over the long weekend
        ("monthly:10", date(2026, 9, 9), date(2026, 9, 10)),
        ("monthly:10", date(2026, 9, 10), date(2026, 10, 12)),  # 10 October is a Saturday
        ("monthly:31", date(2026, 9, 1), date(2026, 9, 30)),
        ("monthly:10", date(2026, 12, 11), date(2027, 1, 11)),
    ],
)
def test_due_day_in_taiwan(settles, day, due):
    assert Settlement.parse(settles).due(day, TAIWAN) == due


@pytest.mark.parametrize(
    ("settles", "day", "due"),
    [
        ("T+1", date(2026, 9, 18), date(2026, 9, 20)),  # that Sunday is worked
        ("T+1", date(2026, 9, 30), date(2026, 10, 8)),
        ("T+2", date(2026, 10, 8), date(2026, 10, 10)),  # and so is this Saturday
    ],
)
def test_due_day_with_make_up_days(settles, day, due):
    assert Settlement.parse(settles).due(day, CHINA) == due


@pytest.mark.parametrize(
    "text", ["", "7", "T+", "T+-1", "T7", "weekly:", "weekly:fr", "weekly:xyz", "monthly:0", "monthly:32", "daily", "T+１"]
)
def test_settles_that_cannot_be_read(text):
    with pytest.raises(CalendarError) as refused:
        Settlement.parse(text)

    assert (refused.value.code, refused.value.text) == ("bad_settles", text)


@pytest.mark.parametrize("text", ["T+7", "T+0", "weekly:fri", "monthly:10"])
def test_settlement_reads_back_as_written(text):
    assert str(Settlement.parse(text.lower())) == text


def test_country_calendars_of_2026_know_make_up_days_and_holidays():
    china, taiwan = country_calendar("CN", [2026]), country_calendar("tw", [2026])

    assert sorted(china.workdays) == [
        date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10)
    ]  # fmt: skip
    assert taiwan.workdays == frozenset()  # Taiwan makes up no days any more in 2026
    assert sorted(country_calendar("TW", [2025]).workdays) == [date(2025, 2, 8)]
    assert [day.isoformat() for day in taiwan.open_days(date(2026, 10, 8), date(2026, 10, 13))] == [
        "2026-10-08",
        "2026-10-12",
        "2026-10-13",
    ]
    assert china.is_open(date(2026, 9, 20))
    assert not china.is_open(date(2026, 10, 7))
    assert not country_calendar("US", [2026]).is_open(date(2026, 9, 7))
    assert not country_calendar("JP", [2026]).is_open(date(2026, 9, 22))
    assert not country_calendar("IN", [2026]).is_open(date(2026, 1, 26))
    assert not country_calendar("EU", [2026]).is_open(date(2026, 5, 1))
    assert country_calendar("EU", [2026]).is_open(date(2026, 5, 25))  # Whit Monday: the euro's payment system works


def test_country_calendar_agrees_with_the_one_written_by_hand():
    days = [date(2026, 9, 1) + timedelta(days=ahead) for ahead in range(45)]

    assert [country_calendar("CN", [2026]).is_open(day) for day in days] == [CHINA.is_open(day) for day in days]
    assert [country_calendar("TW", [2026]).is_open(day) for day in days] == [TAIWAN.is_open(day) for day in days]


def test_unknown_codes_and_weekdays_are_refused():
    with pytest.raises(CalendarError, match="unknown_calendar"):
        country_calendar("XX", [2026])
    with pytest.raises(CalendarError, match="bad_weekday"):
        calendar_from(weekend=["sat", "sonntag"])

    assert [has_country(code) for code in ("TW", "EU", "UK", "XX", "")] == [True, True, True, False, False]


def test_calendar_that_never_opens_says_so():
    with pytest.raises(CalendarError, match="never_open"):
        BusinessCalendar(weekend=frozenset(range(7))).next_open(date(2026, 9, 1))


def test_open_days_between_two_days():
    assert open_between(date(2026, 9, 24), date(2026, 9, 29), TAIWAN) == 1
    assert open_between(date(2026, 9, 29), date(2026, 9, 24), TAIWAN) == 0


def test_table_of_no_days_is_an_empty_frame():
    assert table([], TAIWAN, Settlement.parse("T+1")).schema == {"business_date": pl.Date, "due_on": pl.Date}


@given(SETTLEMENTS, st.lists(DAYS, min_size=1, max_size=30), st.sampled_from([TAIWAN, CHINA]))
def test_table_is_monotone_and_the_same_as_day_by_day(settles, days, calendar):
    settlement = Settlement.parse(settles)

    due = table(days, calendar, settlement)

    assert due["business_date"].to_list() == sorted(set(days))
    assert due["due_on"].is_sorted()
    assert due["due_on"].to_list() == [settlement.due(day, calendar) for day in sorted(set(days))]
    assert settles == "T+0" or all(calendar.is_open(day) for day in due["due_on"])
