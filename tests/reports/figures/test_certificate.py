"""The closing certificate of a month that can be added up on paper, and what breaks it."""

from datetime import date

import pytest

from apps.reports.figures.certificate import certificate, totals
from apps.reports.figures.months import Month
from apps.reports.models import CloseState, MonthClose
from apps.settlements.models import Payout, StatementLine
from tests import cast
from tests.reports.small_month import NOW, OCTOBER, line_of, make_small_month

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
NAMES = ("opening", "sales", "refunds", "fees", "disputes", "adjustments", "payouts", "closing", "missing")


def figures_of(row):
    return tuple(getattr(row, name) for name in NAMES)


def test_certificate_adds_up_by_channel_and_currency():
    world = make_small_month()

    rows = certificate(world.shop, OCTOBER)

    assert {key: figures_of(row) for key, row in rows.items()} == {
        (world.ecpay.pk, "TWD"): (97250, 280000, -50000, -8200, -30000, 1100, 241650, 48500, 0),
        (world.stripe.pk, "USD"): (0, 5000, 0, -175, 0, 0, 0, 4825, 0),
    }
    ecpay = rows[world.ecpay.pk, "TWD"]
    assert (ecpay.bank, ecpay.late, ecpay.not_due, ecpay.overdue) == (-100, 0, 48500, 0)
    assert (ecpay.sales_count, ecpay.refunds_count, ecpay.disputes_count, ecpay.payouts_count, ecpay.payouts_differing) == (2, 1, 1, 2, 1)
    assert {currency: figures_of(row) for currency, row in totals(rows).items()} == {
        "TWD": figures_of(ecpay),
        "USD": figures_of(rows[world.stripe.pk, "USD"]),
    }


def test_the_next_month_opens_with_what_the_month_closed_with():
    world = make_small_month()
    Payout.objects.filter(ref="2026-11-02").update(arrived_on=date(2026, 11, 2), arrived_minor=48500)
    Payout.objects.filter(ref="po_1").update(arrived_on=date(2026, 11, 3), arrived_minor=11595)

    november = certificate(world.shop, OCTOBER.next)

    assert figures_of(november[world.ecpay.pk, "TWD"]) == (48500, 0, 0, 0, 0, 0, 48500, 0, 0)
    assert figures_of(november[world.stripe.pk, "USD"]) == (4825, 7000, 0, -230, 0, 0, 11595, 0, 0)


def test_a_line_withdrawn_without_a_new_reconciliation_is_named_as_missing():
    world = make_small_month()
    StatementLine.objects.filter(merchant_ref="A2", kind="payment").update(is_live=False)

    row = certificate(world.shop, OCTOBER)[world.ecpay.pk, "TWD"]

    assert row.missing == -194500
    assert (row.left, row.right) == (290150 - 194500, 290150)


def test_a_payout_that_came_before_its_lines_date_is_owed_back_until_then():
    world = make_small_month()
    line_of(world.stripe, date(2026, 11, 5), gross=900, fee=-30, payout_ref="po_0")
    cast.make_payout(world.stripe, "po_0", 870, due_on=date(2026, 10, 31), arrived_on=date(2026, 10, 31), arrived_minor=870)

    october = certificate(world.shop, OCTOBER)[world.stripe.pk, "USD"]
    november = certificate(world.shop, OCTOBER.next)[world.stripe.pk, "USD"]

    assert (october.payouts, october.closing, october.missing) == (870, 4825 - 870, 0)
    assert (november.opening, november.sales, november.missing) == (4825 - 870, 7900, 0)


def test_what_arrives_after_a_close_is_an_adjustment_of_the_next_month():
    world = make_small_month()
    people = {"prepared_by": cast.accountant(world.shop), "approved_by": cast.owner(world.shop)}
    rows = [{"channel_id": key[0], **row.as_dict()} for key, row in certificate(world.shop, OCTOBER).items()]
    MonthClose.objects.create(
        merchant=world.shop,
        month=OCTOBER.first,
        state=CloseState.APPROVED,
        figures={"rows": rows},
        prepared_at=NOW,
        approved_at=NOW,
        **people,
    )
    line_of(world.ecpay, date(2026, 10, 30), gross=4000, fee=-110)
    Payout.objects.filter(ref="2026-11-02").update(lines_net_minor=48500 + 3890)

    november = certificate(world.shop, OCTOBER.next)[world.ecpay.pk, "TWD"]

    assert (november.opening, november.late, november.adjustments, november.closing, november.missing) == (48500, 3890, 3890, 52390, 0)


def test_another_merchant_sees_nothing_of_it():
    make_small_month()

    assert certificate(cast.make_merchant("other"), OCTOBER) == {}


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "26-01", "2026-10-01", "", "0000-10"])
def test_month_refuses_what_is_no_month(text):
    with pytest.raises(ValueError):
        Month.parse(text)


def test_month_knows_its_neighbours():
    month = Month.parse("2026-12")

    assert (str(month.previous), str(month.next), month.last, len(month.days)) == ("2026-11", "2027-01", date(2026, 12, 31), 31)
