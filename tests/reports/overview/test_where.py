"""The strip: paid = the parts, the list behind each figure, and what the line says when it does not add up."""

from datetime import date

import pytest
from django.utils import translation

from apps.channels.models import Channel
from apps.reports.overview import charts, strip
from apps.reports.overview.cashflow import cash_flow
from apps.reports.overview.differences import differences_of, waiting_of
from apps.reports.overview.period import scope_of
from apps.reports.overview.where import paid_and_refunded, total, where_by_channel
from apps.reports.services.rollup import refresh
from apps.settlements.models import Payout
from tests import cast
from tests.reports.small_month import NOW, line_of, make_small_month, paid

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
TODAY = date(2026, 11, 3)


@pytest.fixture
def world():
    with translation.override("en"):
        yield _rolled_up()


def _rolled_up():
    made = make_small_month()
    refresh(merchant=made.shop, now=NOW)
    return made


def scope(world, **query):
    return scope_of(world.shop, {"month": "2026-10", **query}, TODAY)


def test_every_cent_paid_in_october_is_in_one_part(world):
    one = total(where_by_channel(scope(world)))

    assert [(part.name, part.minor) for part in strip.parts_of(one)] == [
        ("in_channel", 50000),
        ("under_way", 48500),
        ("in_bank", 144400),
        ("refunds", 50000),
        ("fees", 8200),
        ("disputes", 30000),
        ("adjustments", -1200),
        ("differences", 43400),
    ]
    assert (one.paid, one.parts, one.missing) == (373300, 373300, 0)
    assert (one.paid_count, one.unreported_count, one.under_way_payouts, one.arrived_payouts, one.refunds_count) == (4, 1, 1, 1, 1)


def test_a_currency_is_never_added_to_another(world):
    one = total(where_by_channel(scope(world, currency="USD")))

    assert (one.paid, one.net_open, one.under_way, -one.fees, one.missing) == (5000, 0, 4825, 175, 0)


def test_a_channel_without_figures_has_nothing(world):
    assert where_by_channel(scope(world, channel="stripe")) == {}


def test_a_payout_that_is_not_the_sum_of_its_lines_leaves_money_missing(world):
    Payout.objects.filter(ref="2026-10-06").update(lines_net_minor=145000)
    asked = scope(world)

    one = total(where_by_channel(asked))
    proof = strip.proof_of(asked, one)

    assert (one.missing, one.paid, one.parts) == (-500, 373300, 373800)
    assert (proof.agrees, proof.statement) == (False, "−5 is missing. Reconcile again.")


def test_cells_carry_captions_shares_and_filtered_lists(world):
    asked = scope(world)
    one = total(where_by_channel(asked))

    cells = strip.cells_of(asked, one, differences_of(asked, NOW), paid_and_refunded(asked, *asked.previous))

    assert [(cell.operator, cell.figure) for cell in cells] == [
        ("", "3,733"),
        ("=", "500"),
        ("+", "485"),
        ("+", "1,444"),
        ("+", "500"),
        ("+", "82"),
        ("+", "300"),
        ("+", "−12"),
        ("+", "434"),
    ]
    assert cells[0].note == "+273.3\u00a0% on the same days last month"
    assert cells[0].href == "/m/qingtian/orders/payments/?first=2026-10-01&last=2026-10-31"
    assert cells[3].href == "/m/qingtian/payouts/?state=arrived&came_first=2026-10-01&currency=TWD"
    assert cells[-1].href == "/m/qingtian/discrepancies/?currency=TWD&first=2026-10-01&last=2026-10-31"
    assert [cell.share for cell in cells] == [0, 134, 130, 387, 134, 22, 80, 0, 116]


def test_the_running_month_is_compared_with_the_same_days(world):
    running = scope_of(world.shop, {"month": "2026-11"}, TODAY)
    over = scope(world)

    assert (running.first, running.last, running.previous) == (date(2026, 11, 1), TODAY, (date(2026, 10, 1), date(2026, 10, 3)))
    assert over.previous == (date(2026, 9, 1), date(2026, 9, 30))


def test_without_a_month_the_latest_with_figures_is_shown(world):
    assert str(scope_of(world.shop, {}, TODAY).month) == "2026-11"
    assert str(scope_of(world.shop, {"month": "2026-13", "currency": "XXX", "channel": "?"}, date(2027, 3, 1)).month) == "2026-11"


def test_cash_flow_says_what_came_what_is_due_and_what_is_missing(world):
    paid(world.ecpay, "A7", 60000, TODAY)  # T+1: due on the 4th
    refresh(merchant=world.shop, now=NOW)

    flow = cash_flow(scope(world))

    days = {day.day: (dict(day.arrived), dict(day.expected), dict(day.missing)) for day in flow.days if day.has_money}
    assert days == {date(2026, 11, 2): ({}, {}, {world.ecpay.pk: 48500}), date(2026, 11, 4): ({}, {world.ecpay.pk: 60000}, {})}
    assert (flow.expected_minor, flow.announced_minor, flow.not_stated_minor) == (60000, 0, 60000)
    came = cash_flow(scope_of(world.shop, {}, date(2026, 10, 6)))
    assert {day.day: dict(day.arrived) for day in came.days if day.arrived} == {
        date(2026, 10, 1): {world.ecpay.pk: 97250},
        date(2026, 10, 6): {world.ecpay.pk: 144400},
    }


def test_the_chart_draws_each_channel_and_names_today(world):
    asked = scope(world)

    drawn = charts.flow_chart(asked, cash_flow(asked))

    assert (drawn["unit"], [series["label"] for series in drawn["series"]]) == (100, ["綠界"])
    at = next(at for at, label in enumerate(drawn["labels"]) if label[0] == "2")
    assert drawn["series"][0]["missing"][at] == {"v": 48500, "t": "NT$485"}
    assert drawn["labels"][drawn["today"]][0] == "3"


def test_more_than_five_channels_are_drawn_as_others(world):
    for number in range(6):
        channel = cast.make_channel(world.shop, f"till-{number}", provider="generic", label=f"Till {number}")
        cast.make_payout(channel, "P", 100, due_on=date(2026, 11, 5))
    asked = scope(world)

    series = charts.flow_chart(asked, cash_flow(asked))["series"]

    assert [one["label"] for one in series] == ["綠界", "Till 0", "Till 1", "Till 2", "Other"]
    assert sum(one["v"] for one in series[-1]["expected"] if one) == 300


def test_fee_rates_stand_against_the_contract(world):
    payment = Channel.objects.get(code="ecpay").payments.get(order__order_no="A2")
    cast.make_discrepancy(
        world.ecpay, "fee_mismatch", expected_minor=-5500, actual_minor=-7500, payment=payment, business_date=date(2026, 10, 5)
    )
    asked = scope(world)

    bars = charts.fee_bars(asked.shown, where_by_channel(asked), differences_of(asked, NOW))

    assert [(bar.label, bar.actual, bar.agreed, bar.is_over, bar.count) for bar in bars] == [
        ("綠界", "2.75\u00a0%", "2.04\u00a0%", True, 1)
    ]


def test_losses_are_what_went_against_us_and_is_open_or_given_up(world):
    day = {"business_date": date(2026, 10, 9)}
    cast.make_discrepancy(world.ecpay, "payout_missing_in_bank", expected_minor=900, actual_minor=0, **day)
    cast.make_discrepancy(world.ecpay, "amount_mismatch", expected_minor=500, actual_minor=300, **day)
    cast.make_discrepancy(world.ecpay, "missing_in_books", expected_minor=0, actual_minor=800, **day)
    cast.make_discrepancy(
        world.ecpay, "amount_mismatch", expected_minor=70, actual_minor=0, state="written_off", reason="r", closed_at=NOW, **day
    )
    cast.make_discrepancy(world.ecpay, "fee_mismatch", expected_minor=0, actual_minor=-50, state="cleared", closed_at=NOW, **day)

    found = differences_of(scope(world), NOW)

    assert [(loss.kind, loss.count, loss.amount_minor) for loss in found.losses] == [
        ("payout_missing_in_bank", 1, 900),
        ("amount_mismatch", 2, 270),
    ]
    assert (found.open, found.overdue_payouts_minor, found.lost_minor) == (3, 900, 1170)


def test_what_waits_counts_everything_and_names_the_months_to_close(world):
    cast.make_discrepancy(world.ecpay, "statement_gap", expected_minor=0, actual_minor=0, due_at=NOW)
    asked = scope(world)

    waiting = waiting_of(world.shop, asked.months, TODAY, NOW.replace(hour=9))

    assert (waiting.open, waiting.overdue, waiting.gaps, [str(month) for month in waiting.months]) == (1, 1, 1, ["2026-10", "2026-09"])


def test_a_line_without_a_payment_of_ours_is_a_difference_and_the_rest_still_adds_up(world):
    line_of(world.ecpay, date(2026, 10, 30), gross=7700, fee=-300)
    Payout.objects.filter(ref="2026-11-02").update(lines_net_minor=55900, line_count=4)
    refresh(merchant=world.shop, now=NOW)

    one = total(where_by_channel(scope(world)))

    assert (one.not_booked, one.differences, one.under_way, one.missing) == (7700, 35700, 55900, 0)


def test_all_figures_take_thirteen_queries(world, django_assert_num_queries):
    with django_assert_num_queries(13):
        asked = scope(world)
        where_by_channel(asked)
        differences_of(asked, NOW)
        cash_flow(asked)
        paid_and_refunded(asked, *asked.previous)
        waiting_of(world.shop, asked.months, TODAY, NOW)
