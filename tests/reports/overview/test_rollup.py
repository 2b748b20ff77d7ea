"""Daily figures against the rows they stand for."""

from collections import defaultdict
from datetime import date

import pytest
from django.db.models import Sum

from apps.audit.services import record
from apps.orders.services.touched import touch_days
from apps.reports.figures.movements import line_moves
from apps.reports.models import DailyFigure, Rollup, Term
from apps.reports.services.rollup import fresh_rollup, is_fresh, refresh
from apps.settlements.models import Match, Payout
from tests import cast
from tests.reports.small_month import NOW, line_of, make_small_month, moment, paid, pair

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
ALWAYS = date(2026, 12, 31)


def figures_of(shop) -> dict:
    rows = DailyFigure.objects.for_merchant(shop).values_list(
        "channel__code", "currency", "day", "term", "payout__ref", "count", "amount_minor"
    )
    return {row[:5]: row[5:] for row in rows}


def test_every_figure_of_a_small_world_is_as_on_paper():
    world = make_small_month()

    refresh(merchant=world.shop, now=NOW)

    sep, first, second, fifth, end, last = (
        date(2026, 9, 30),
        date(2026, 11, 1),
        date(2026, 10, 2),
        date(2026, 10, 5),
        date(2026, 10, 30),
        date(2026, 10, 31),
    )
    twd = {key[2:]: value for key, value in figures_of(world.shop).items() if key[1] == "TWD"}
    assert twd == {
        (sep, "paid", None): (1, 100000),
        (sep, "matched", None): (1, 100000),
        (sep, "sales", None): (1, 100000),
        (sep, "fees", None): (0, -2750),
        (sep, "sales_fees", None): (1, -2750),
        (sep, "net", "2026-10-01"): (1, 97250),
        (second, "paid", None): (1, 33300),
        (second, "not_reported", None): (1, 33300),
        (fifth, "paid", None): (1, 200000),
        (fifth, "matched", None): (1, 200000),
        (fifth, "sales", None): (1, 200000),
        (fifth, "refunds", None): (1, -50000),
        (fifth, "fees", None): (0, -5500),
        (fifth, "sales_fees", None): (1, -5500),
        (fifth, "net", "2026-10-06"): (2, 144500),
        (end, "paid", None): (1, 90000),
        (end, "matched", None): (1, 90000),
        (end, "sales", None): (1, 80000),
        (end, "disputes", None): (1, -30000),
        (end, "adjustments", None): (1, 1200),
        (end, "fees", None): (0, -2700),
        (end, "sales_fees", None): (1, -2200),
        (end, "net", "2026-11-02"): (3, 48500),
        (last, "paid", None): (1, 50000),
        (last, "unreported", None): (1, 50000),
    }
    usd = {key[2:]: value for key, value in figures_of(world.shop).items() if key[1] == "USD"}
    assert (usd[date(2026, 10, 28), "net", "po_1"], usd[first, "net", "po_1"]) == ((1, 4825), (1, 6770))


def test_sums_over_all_days_are_those_of_the_lines():
    world = make_small_month()
    line_of(world.ecpay, date(2026, 10, 30), gross=7700, fee=-200, other=-50)
    refresh(merchant=world.shop, now=NOW)

    direct = line_moves(world.shop, ALWAYS)
    rolled: dict = defaultdict(dict)
    sums = DailyFigure.objects.for_merchant(world.shop).order_by().values_list("channel_id", "currency", "term")
    for channel, currency, term, amount in sums.annotate(amount=Sum("amount_minor")):
        rolled[channel, currency][term] = amount

    for key, moves in direct.items():
        one = rolled[key]
        assert one["sales"] + one.get("not_booked", 0) == moves.amounts["sales"]
        assert {name: one.get(name, 0) for name in ("refunds", "fees", "disputes", "reserves", "adjustments")} == {
            name: moves.amounts[name] for name in ("refunds", "fees", "disputes", "reserves", "adjustments")
        }
        assert one["net"] == moves.net


def test_a_line_counts_on_the_day_of_the_payment_it_is_paired_with():
    shop = cast.make_merchant()
    ecpay = cast.make_channel(shop, settles="T+1")
    payment = paid(ecpay, "A1", 10000, date(2026, 10, 31))
    pair(line_of(ecpay, date(2026, 11, 2), gross=10000, fee=-300, merchant_ref="A1"), payment)
    cast.make_payout(ecpay, "2026-11-03", 9700, due_on=date(2026, 11, 3), is_named=False)

    refresh(merchant=shop, now=NOW)

    days = DailyFigure.objects.filter(term__in=[Term.PAID, Term.SALES, Term.NET]).values_list("term", "day", "payout__ref")
    assert sorted(days) == [
        ("net", date(2026, 10, 31), "2026-11-03"),
        ("paid", date(2026, 10, 31), None),
        ("sales", date(2026, 10, 31), None),
    ]


def test_voided_pairs_dead_lines_and_payout_rows_do_not_count():
    world = make_small_month()
    dead = line_of(world.ecpay, date(2026, 10, 30), gross=99900, is_live=False)
    transfer = line_of(world.ecpay, date(2026, 10, 30), kind="payout", gross=-48500)
    Match.objects.filter(payment__order__order_no="A2").update(voided_at=NOW)

    refresh(merchant=world.shop, now=NOW)

    fifth = {key[3]: value for key, value in figures_of(world.shop).items() if key[1:3] == ("TWD", date(2026, 10, 5)) and key[4] is None}
    assert (fifth["unreported"], fifth["not_booked"], "sales" in fifth) == ((1, 200000), (1, 200000), False)
    net = DailyFigure.objects.filter(term="net", day=date(2026, 10, 30)).aggregate(n=Sum("count"), amount=Sum("amount_minor"))
    assert (net, dead.is_live, transfer.kind) == ({"n": 3, "amount": 48500}, False, "payout")


def test_figures_are_made_once_and_again_for_a_day_that_changed():
    world = make_small_month()
    made = fresh_rollup(merchant=world.shop, now=NOW)
    keys = set(DailyFigure.objects.values_list("pk", flat=True))
    paid(world.ecpay, "A6", 1000, date(2026, 10, 31))

    same = fresh_rollup(merchant=world.shop, now=moment(date(2026, 11, 4)))

    assert (same.refreshed_at, set(DailyFigure.objects.values_list("pk", flat=True))) == (made.refreshed_at, keys)
    touch_days(merchant_id=world.shop.pk, channel_id=world.ecpay.pk, days=[date(2026, 10, 31)])
    again = fresh_rollup(merchant=world.shop, now=moment(date(2026, 11, 4)))
    assert (again.refreshed_at, is_fresh(world.shop, again)) == (moment(date(2026, 11, 4)), True)
    assert figures_of(world.shop)["ecpay", "TWD", date(2026, 10, 31), "paid", None] == (2, 51000)


def test_deciding_who_owns_a_difference_moves_no_figure():
    world = make_small_month()
    made = fresh_rollup(merchant=world.shop, now=NOW)

    record(merchant_id=world.shop.pk, action="discrepancy.assigned", subject=world.accepted, by=None, now=NOW)

    assert is_fresh(world.shop, made)


def test_another_shop_keeps_its_figures():
    world = make_small_month()
    other = cast.make_channel(cast.make_merchant("other"), "other-ecpay", provider="ecpay")
    paid(other, "X1", 700, date(2026, 10, 31))
    refresh(merchant=other.merchant, now=NOW)

    refresh(merchant=world.shop, now=NOW)

    assert list(DailyFigure.objects.for_merchant(other.merchant).values_list("term", "amount_minor").order_by("term")) == [
        ("paid", 700),
        ("unreported", 700),
    ]
    assert (Rollup.objects.count(), Payout.objects.for_merchant(other.merchant).count()) == (2, 0)
