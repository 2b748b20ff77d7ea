"""Where every cent that our books call paid is, and the figures of a whole month as one dict."""

import json
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.reports.figures.books import whereabouts
from apps.reports.figures.month_figures import is_complete, month_figures, sha256_of
from apps.reports.figures.receivable import holdings
from apps.settlements.models import StatementLine
from tests import cast
from tests.reports.small_month import OCTOBER, line_of, make_small_month

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def places_of(world):
    return whereabouts(world.shop, OCTOBER, holdings(world.shop, OCTOBER))


def test_every_cent_paid_is_somewhere():
    world = make_small_month()

    place = places_of(world)[world.ecpay.pk, "TWD"]

    assert place.as_dict() == {
        "paid": 473300,
        "unreported": 50000,
        "in_transit": 98500,
        "paid_out": 241650,
        "refunded": 50000,
        "fees": 10950,
        "disputed": 30000,
        "reserved": 0,
        "adjusted": -1200,
        "not_reported": 33300,
        "not_booked": 0,
        "other_amounts": 10000,
        "bank": 100,
        "matched": 390000,
        "paid_month": 373300,
        "paid_month_count": 4,
        "refunded_month": 50000,
        "refunded_month_count": 1,
        "differences": 43400,
        "missing": 0,
    }


def test_a_line_nobody_booked_is_a_difference_and_the_rest_still_adds_up():
    world = make_small_month()
    line_of(world.ecpay, date(2026, 10, 30), gross=7700, fee=0)

    place = places_of(world)[world.ecpay.pk, "TWD"]

    assert (place.not_booked, place.differences, place.in_transit, place.missing) == (-7700, 35700, 106200, 0)


def test_a_withdrawn_line_leaves_the_books_side_short():
    world = make_small_month()
    StatementLine.objects.filter(merchant_ref="A2", kind="payment").update(is_live=False)

    assert places_of(world)[world.ecpay.pk, "TWD"].missing == -194500


def test_month_figures_are_plain_and_the_same_each_time():
    world = make_small_month()

    figures = month_figures(world.shop, OCTOBER)

    assert json.loads(json.dumps(figures)) == figures
    assert sha256_of(month_figures(world.shop, OCTOBER)) == sha256_of(figures)
    assert is_complete(figures)
    assert figures["currencies"] == ["TWD", "USD"]
    assert figures["differences"] == {"open": 0, "gaps": 0, "accepted": 1, "cleared": 0}
    assert figures["previous_sales"] == {"TWD": 100000}
    assert [row for row in figures["daily"]["TWD"] if row[1] or row[2]] == [
        ["2026-10-01", 0, 97250],
        ["2026-10-05", 200000, 0],
        ["2026-10-06", 0, 144400],
        ["2026-10-30", 80000, 0],
    ]
    assert figures["fees"] == [
        {
            "channel_id": world.ecpay.pk,
            "method": "credit_card",
            "currency": "TWD",
            "count": 2,
            "gross": 280000,
            "fee": -7700,
            "planned_count": 2,
            "planned_fee": -7700,
            "expected_fee": -7700,
            "beyond": 0,
        },
        {
            "channel_id": world.stripe.pk,
            "method": "credit_card",
            "currency": "USD",
            "count": 1,
            "gross": 5000,
            "fee": -175,
            "planned_count": 0,
            "planned_fee": 0,
            "expected_fee": 0,
            "beyond": 0,
        },
    ]


def test_an_open_difference_of_the_month_blocks_and_one_of_another_month_does_not():
    world = make_small_month()
    cast.make_discrepancy(world.ecpay, business_date=date(2026, 11, 1))

    assert is_complete(month_figures(world.shop, OCTOBER))

    cast.make_discrepancy(world.ecpay, business_date=date(2026, 10, 31))
    figures = month_figures(world.shop, OCTOBER)

    assert not is_complete(figures)
    assert [check["code"] for check in figures["checks"] if not check["is_ok"]] == ["differences"]
    assert len(figures["open"]) == 1


def test_month_figures_ask_as_many_queries_for_many_lines_as_for_few(django_assert_num_queries):
    world = make_small_month()
    with CaptureQueriesContext(connection) as few:
        month_figures(world.shop, OCTOBER)
    for _ in range(5):
        line_of(world.ecpay, date(2026, 10, 5), gross=100)

    with django_assert_num_queries(len(few)):
        month_figures(world.shop, OCTOBER)
    assert len(few) < 45
