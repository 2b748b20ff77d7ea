"""What the database counts, in both dialects: bursts slid over time, days and hours on the merchant's clock, the scope of a rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from apps.disputes.rules.engine import find
from apps.disputes.rules.frames import Span
from apps.disputes.rules.kinds import Kind
from apps.disputes.rules.settings import preset
from apps.disputes.selectors.risk.counts import frame_for
from apps.orders.models import Storefront
from tests import cast

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

SPAN = Span(cast.NOW - timedelta(days=30), cast.NOW, "Asia/Taipei")
START = datetime(2026, 11, 18, 6, 0, tzinfo=UTC)


def rows(merchant, kind, **changes):
    return frame_for(merchant, replace(preset(kind, "TWD"), **changes), SPAN).to_dicts()


def at(minutes, seconds=0):
    return START + timedelta(minutes=minutes, seconds=seconds)


def pay(channel, moment, amount=1000, **fields):
    return cast.make_payment(channel, amount_minor=amount, placed_at=moment, paid_at=moment, **fields)


def micros(moment):
    return int(moment.timestamp()) * 1_000_000


@pytest.fixture
def shop():
    return cast.make_merchant()


def test_a_burst_crosses_the_hour_and_counts_each_payment_once(shop):
    channel = cast.make_channel(shop)
    for minute in (50, 52, 58, 62, 66, 70, 75, 80):  # eight within an hour, on both sides of seven o'clock
        pay(channel, at(minute), payer_ip="198.51.100.23")
    pay(channel, at(130), payer_ip="198.51.100.23")  # later than an hour after the last
    pay(channel, at(60), payer_ip="203.0.113.9")

    (burst,) = rows(shop, Kind.IP_VELOCITY)

    assert burst == {
        "who": "198.51.100.23", "currency": "TWD", "first_at": micros(at(50)), "last_at": micros(at(80)), "hit_at": micros(at(80)),
        "peak": 8, "count": 8, "failed": 0, "minor": 8000,
    }  # fmt: skip


def test_seven_are_not_a_burst_and_an_hour_apart_is_within(shop):
    channel = cast.make_channel(shop)
    for minute in range(7):
        pay(channel, at(minute), payer_ip="198.51.100.23")

    assert rows(shop, Kind.IP_VELOCITY) == []

    pay(channel, at(60), payer_ip="198.51.100.23")  # exactly an hour after the first

    assert [(one["peak"], one["count"]) for one in rows(shop, Kind.IP_VELOCITY)] == [(8, 8)]


def test_a_burst_that_goes_on_is_one_and_two_apart_are_two(shop):
    channel = cast.make_channel(shop)
    for minute in (*range(0, 100, 5), *range(600, 640, 5)):
        pay(channel, at(minute), payer_ip="198.51.100.23")

    found = rows(shop, Kind.IP_VELOCITY)

    assert sorted((one["count"], one["peak"]) for one in found) == [(8, 8), (20, 13)]


def test_payments_of_the_same_second_count_each(shop):
    channel = cast.make_channel(shop)
    for _ in range(9):
        pay(channel, at(3), payer_ip="198.51.100.23")

    assert [(one["peak"], one["count"], one["minor"]) for one in rows(shop, Kind.IP_VELOCITY)] == [(9, 9, 9000)]


def failed(channel, moment, amount=100, **fields):
    return cast.make_payment(channel, amount_minor=amount, placed_at=moment, state="failed", **fields)


def test_buyers_and_their_failed_attempts(shop):
    channel = cast.make_channel(shop)
    for minute in range(4):
        pay(channel, at(minute), customer_ref="C1")
    failed(channel, at(4), customer_ref="C1")
    for minute in range(9):
        pay(channel, at(minute), customer_ref="")

    assert [(one["who"], one["count"], one["failed"]) for one in rows(shop, Kind.BUYER_VELOCITY)] == [("C1", 5, 1)]


def test_card_testing_is_small_and_mostly_refused(shop):
    channel = cast.make_channel(shop)
    for minute in range(6):
        failed(channel, at(minute))
    for minute in range(6, 10):
        pay(channel, at(minute), 100)
    other = cast.make_channel(shop, "till")
    for minute in range(12):  # small and all paid: a shop of small things
        pay(other, at(minute), 100)

    assert [(one["who"], one["count"], one["failed"]) for one in rows(shop, Kind.CARD_TESTING)] == [(str(channel.pk), 10, 6)]
    assert rows(shop, Kind.CARD_TESTING, threshold=99) == []


def test_the_scope_of_a_rule_is_that_of_its_counts(shop):
    channel, other = cast.make_channel(shop), cast.make_channel(shop, "till")
    store = Storefront.objects.create(merchant=shop, code="shopify")
    order = cast.make_order(shop, storefront=store)
    for minute in range(5):
        pay(channel, at(minute), customer_ref="C1", method="atm")
        pay(other, at(minute), customer_ref="C2")
        pay(other, at(minute), customer_ref="C3", order=order, merchant_ref=f"S{minute}")

    def who(**changes):
        return sorted(one["who"] for one in rows(shop, Kind.BUYER_VELOCITY, **changes))

    assert who() == ["C1", "C2", "C3"]
    assert who(channel_id=channel.pk) == ["C1"]
    assert who(method="atm") == ["C1"]
    assert who(storefront_id=store.pk) == ["C3"]
    assert who(currency="USD") == []


def test_other_merchants_do_not_count(shop):
    theirs = cast.make_channel(cast.make_merchant("other"))
    for minute in range(9):
        pay(theirs, at(minute), payer_ip="198.51.100.23", customer_ref="C1", payer_country="BR")

    assert all(rows(shop, kind) == [] for kind in Kind)


def test_hours_are_those_of_the_merchants_clock(shop):
    channel = cast.make_channel(shop)
    pay(channel, at(59, 59))
    failed(channel, at(1), 500)
    failed(channel, at(60), 700)
    cast.make_payment(channel, placed_at=at(2), state="pending")

    found = sorted(rows(shop, Kind.FAILURE_RATE), key=lambda one: one["hour"])

    assert [(one["hour"].hour, one["attempts"], one["failed"], one["failed_minor"]) for one in found] == [(14, 2, 1, 500), (15, 1, 1, 700)]


def test_refunds_of_a_day_stand_beside_its_sales(shop):
    channel = cast.make_channel(shop)
    late = datetime(2026, 11, 17, 17, tzinfo=UTC)  # the 18th in Taipei
    payment = pay(channel, late)
    cast.make_refund(payment, amount_minor=300, requested_at=late)
    cast.make_refund(payment, amount_minor=400, requested_at=late, state="requested")
    cast.make_refund(payment, amount_minor=100, requested_at=late, state="rejected")

    assert rows(shop, Kind.REFUND_RATE) == [{"currency": "TWD", "day": date(2026, 11, 18), "payments": 1, "refunds": 2, "minor": 700}]


def test_large_payments_by_day_and_channel(shop):
    channel = cast.make_channel(shop)
    pay(channel, at(0), 5_000_000)
    pay(channel, at(5), 6_000_000)
    pay(channel, at(6), 4_999_999)
    failed(channel, at(7), 9_000_000)

    (one,) = rows(shop, Kind.LARGE_AMOUNT)

    assert (one["count"], one["minor"], one["most"], one["first_at"]) == (2, 11_000_000, 6_000_000, at(0))


def test_countries_by_day(shop):
    channel = cast.make_channel(shop)
    pay(channel, at(0), 700, payer_country="BR")
    pay(channel, at(1), 800, payer_country="BR")
    pay(channel, at(1), 800)

    assert [(one["country"], one["day"], one["payments"], one["minor"]) for one in rows(shop, Kind.UNUSUAL_COUNTRY)] == [
        ("BR", date(2026, 11, 18), 2, 1500)
    ]


def test_fees_are_positive_when_charged_and_refund_lines_do_not_count(shop):
    statement = cast.make_statement(cast.make_channel(shop))
    cast.make_line(statement, gross=100000, fee=-2750)
    cast.make_line(statement, gross=50000, fee=-1000)
    cast.make_line(statement, gross=-50000, fee=1000, kind="refund")
    cast.make_line(statement, gross=50000, fee=-1000, is_live=False)

    (one,) = rows(shop, Kind.FEE_RATIO)

    assert (one["method"], one["day"], one["lines"], one["gross"], one["fee"]) == ("credit_card", date(2026, 11, 18), 2, 150000, 3750)


def test_a_payout_is_late_only_as_far_as_the_bank_is_known(shop):
    channel = cast.make_channel(shop)
    cast.make_payout(channel, "A", due_on=date(2026, 11, 13))
    cast.make_payout(channel, "B", due_on=date(2026, 11, 16), arrived_on=date(2026, 11, 18), arrived_minor=8642700)
    cast.make_payout(channel, "C", due_on=date(2026, 11, 18))

    assert [one["late"] for one in rows(shop, Kind.PAYOUT_LATE)] == [2]

    cast.make_bank_statement(channel.bank_account, day=date(2026, 11, 18))

    assert [(one["late"], one["has_arrived"]) for one in rows(shop, Kind.PAYOUT_LATE)] == [(3, False), (2, True)]


def test_differences_are_measured_by_the_figure_of_the_threshold(shop):
    channel = cast.make_channel(shop)
    for key, currency, actual in (("a", "TWD", -53500), ("b", "TWD", -53499), ("c", "JPY", -4000), ("d", "JPY", -3999), ("e", "JPY", 0)):
        cast.make_discrepancy(channel, currency=currency, expected_minor=-3500, actual_minor=actual, subject_key=key)

    found = find(preset(Kind.SINGLE_DIFFERENCE, "TWD"), frame_for(shop, preset(Kind.SINGLE_DIFFERENCE, "TWD"), SPAN), SPAN)

    assert sorted((one.currency, one.amount_minor) for one in found) == [("JPY", 500), ("JPY", 3500), ("TWD", 50000)]
