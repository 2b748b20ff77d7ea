"""Rows as plain values: terms, calendars, and the months and samples that pages draw from them."""

from datetime import date

import pytest

from apps.channels import terms
from apps.channels.calendar import CalendarError, Settlement
from apps.channels.fees import FeeTerms, expected_fee, rule_for
from apps.channels.models import HolidayCalendar
from apps.channels.selectors.cards import cards_of
from apps.channels.selectors.months import month_of
from apps.channels.selectors.samples import sample_of
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def test_terms_are_the_rows_in_the_order_they_were_agreed():
    ecpay = cast.make_channel(cast.make_merchant())
    cast.make_fee_rule(ecpay, methods=("credit_card",), minimum_minor=500, unit_minor=100, tolerance_minor=100)
    cast.make_fee_rule(ecpay, percent_ppm=0, fixed_minor=3000, refund_fee="return")

    found = terms.terms_for(ecpay)

    assert found == [
        FeeTerms(methods=("credit_card",), ppm=27500, valid_from=date(2026, 1, 1), minimum=500, tolerance=100, unit=100),
        FeeTerms(methods=("*",), ppm=0, valid_from=date(2026, 1, 1), fixed=3000, refund_fee="return"),
    ]
    assert expected_fee(rule_for(found, "credit_card", cast.TODAY), 100000) == 2800
    assert expected_fee(rule_for(found, "atm", cast.TODAY), 100000) == 3000


def test_the_shops_own_calendar_beats_the_countrys(django_assert_num_queries):
    shop = cast.make_merchant()
    ecpay = cast.make_channel(shop)
    teachers_day = date(2026, 9, 28)

    assert not terms.calendar_for(ecpay).is_open(teachers_day)
    HolidayCalendar.objects.create(merchant=shop, code="TW", weekend=["sun"], holidays=["2026-11-23"], workdays=["2026-11-22"])
    with django_assert_num_queries(1):
        own = terms.calendars_of(shop)
    with django_assert_num_queries(0):
        calendar = terms.calendar_for(ecpay, own)

    assert terms.calendar_for(ecpay) == calendar
    days = [date(2026, 11, day) for day in (21, 22, 23)]
    assert [calendar.is_open(day) for day in [teachers_day, *days]] == [True, True, True, False]


def test_another_shops_calendar_is_not_ours():
    ecpay = cast.make_channel(cast.make_merchant())
    HolidayCalendar.objects.create(merchant=cast.make_merchant("other"), code="TW", weekend=[], holidays=[], workdays=[])

    assert not terms.calendar_for(ecpay).is_open(date(2026, 9, 28))


def test_a_code_that_is_no_country_needs_a_calendar():
    ecpay = cast.make_channel(cast.make_merchant(), calendar="BANK")

    with pytest.raises(CalendarError, match="unknown_calendar"):
        terms.calendar_for(ecpay)


def test_settlement_terms_are_read():
    assert terms.settlement_for(cast.make_channel(cast.make_merchant(), settles="weekly:fri")) == Settlement("weekly", 4)


@pytest.mark.parametrize(
    ("settles", "next_payout_on", "arrives_on"),
    [
        ("T+0", date(2026, 11, 20), date(2026, 11, 20)),
        ("T+1", date(2026, 11, 20), date(2026, 11, 23)),
        ("T+200", date(2026, 11, 20), date(2027, 8, 30)),
        ("weekly:mon", date(2026, 11, 23), date(2026, 11, 23)),
        ("weekly:fri", date(2026, 11, 20), date(2026, 11, 27)),
        ("monthly:20", date(2026, 11, 20), date(2026, 12, 21)),
        ("monthly:5", date(2026, 12, 7), date(2026, 12, 7)),
    ],
)
def test_the_next_payout_and_the_day_of_todays_money(settles, next_payout_on, arrives_on):
    shop = cast.make_merchant()
    HolidayCalendar.objects.create(merchant=shop, code="TW", weekend=["sat", "sun"], holidays=["2027-01-01"])
    cast.make_channel(shop, settles=settles)

    [card] = cards_of(shop, cast.NOW)

    assert (card.next_payout_on, card.arrives_on) == (next_payout_on, arrives_on)


def test_a_month_names_holidays_and_due_days():
    ecpay = cast.make_channel(cast.make_merchant(), settles="T+1")

    weeks = month_of(ecpay, terms.calendar_for(ecpay), date(2026, 9, 1), date(2026, 9, 25))

    days = {cell.day.day: cell for week in weeks for cell in week if cell.in_month}
    assert len(days) == 30
    assert (days[24].is_open, days[24].due_on) == (True, date(2026, 9, 29))
    assert (days[25].is_open, days[25].name, days[25].is_today) == (False, "Mid-Autumn Festival", True)
    assert (days[26].is_open, days[26].name, days[26].weekday) == (False, "", "Sat")


def test_a_sample_says_what_arrives_when_and_what_others_leave():
    shop = cast.make_merchant()
    ecpay = cast.make_channel(shop, label="ECPay")
    cast.make_fee_rule(ecpay, methods=("credit_card",), minimum_minor=500, unit_minor=100)
    dear, cheap = (cast.make_channel(shop, code, label=code) for code in ("dear", "cheap"))
    cast.make_fee_rule(dear, percent_ppm=30000, methods=("credit_card",))
    cast.make_fee_rule(cheap, percent_ppm=20000, methods=("credit_card",))

    sample = sample_of(ecpay, amount=100000, method="credit_card", today=cast.TODAY)

    assert (sample.cost.amount, sample.cost.fee, sample.cost.net) == ("1,000", "28", "972")
    assert [(step.label, step.after) for step in sample.cost.steps] == [
        ("2.75\xa0% of 1,000", "27.50"),
        ("at least 5", "27.50"),
        ("rounded half up to 1", "28"),
    ]
    assert sample.sentence == "Of 1,000 paid today by Credit card, 972 arrives on Tuesday, 1 Dec."
    assert [cell.day.day for cell in sample.way if not cell.is_open] == [21, 22, 28, 29]
    assert sample.others == [("cheap", "980"), ("dear", "970")]


def test_a_hundred_by_card_costs_two_seventy_five():
    stripe = cast.make_channel(cast.make_merchant(currency="USD"), "stripe")
    cast.make_fee_rule(stripe, methods=("credit_card",))

    assert sample_of(stripe, amount=10000, method="credit_card", today=cast.TODAY).cost.fee == "2.75"


def test_the_foot_of_a_card_names_the_most_important_thing():
    shop = cast.make_merchant()
    bare = cast.make_channel(shop, "ecpay")
    mapped = cast.make_channel(shop, "till", provider="generic")
    whole = cast.make_channel(shop, "stripe", bank_keywords=["STRIPE"])
    lost = cast.make_channel(shop, "alipay", calendar="BANK")
    off = cast.make_channel(shop, "wechat", is_on=False)
    old = cast.make_channel(shop, "old", provider="ecpay", calendar="US", bank_keywords=["OLD"])
    HolidayCalendar.objects.create(merchant=shop, code="US", weekend=["sat", "sun"], holidays=["2025-12-25"])
    for channel in (whole, lost, off, old):
        cast.make_fee_rule(channel)

    cards = {card.channel.code: card for card in cards_of(shop, cast.NOW)}

    assert {code: (card.note, card.needs_work) for code, card in cards.items()} == {
        bare.code: ("No fee terms in force: fees cannot be checked", True),
        mapped.code: ("Column mapping is missing: statements cannot be read", True),
        whole.code: ("Nothing to do", False),
        lost.code: ("Calendar BANK is unknown: no due days", True),
        off.code: ("Switched off", False),
        old.code: ("Your calendar US has no holidays for 2026 yet", True),
    }
    assert (cards["stripe"].next_payout_on, cards["stripe"].arrives_on) == (date(2026, 11, 20), date(2026, 12, 1))
    assert (cards["stripe"].sample, cards["stripe"].cost, cards["stripe"].initials) == ("1,000", "27.50", "ST")
    assert (cards["wechat"].next_payout_on, cards["wechat"].arrives_on) == (None, None)
