"""Account flows beside trade bills: read, shown with their balance, and never a second line of anything."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from apps.settlements.models import Discrepancy, FlowLine, FlowSighting, Match, Payout, Statement, StatementLine
from apps.settlements.selectors.grid import grid_of
from apps.settlements.services.intake import import_file, withdraw_file
from apps.settlements.services.reconcile import reconcile
from tests import cast
from tests.channels.providers import bills, bills_asia

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
NOW = datetime(2026, 10, 15, 2, tzinfo=UTC)
BILL = ("2088_20260916_业务明细.csv", bills.alipay())
FLOW = ("2088_20260916_账务明细.csv", bills_asia.account())


@pytest.fixture
def alipay():
    shop = cast.make_merchant(currency="CNY", timezone="Asia/Shanghai")
    return cast.make_channel(shop, "alipay", calendar="CN", settles="T+1", label="支付宝")


def bring(channel, *named):
    return [import_file(owner=channel, name=name, data=data, by=None, now=NOW).file for name, data in named]


def outcome(channel):
    """What reconciliation made of the files, without a number that depends on their order."""
    reconcile(merchant=channel.merchant, as_of=date(2026, 10, 15), now=NOW)
    open_ones = Discrepancy.objects.filter(state="open")
    return {
        "lines": sorted(StatementLine.objects.filter(is_live=True).values_list("provider_ref", "kind", "net")),
        "matches": Match.objects.filter(voided_at=None).count(),
        "payouts": sorted(Payout.objects.values_list("ref", "lines_net_minor", "line_count")),
        "differences": sorted(open_ones.values_list("kind", "provider_ref", "actual_minor")),
    }


def test_the_flow_of_a_day_adds_nothing_to_its_bill_whichever_comes_first(alipay):
    day = datetime(2026, 9, 16, 1, 25, tzinfo=UTC)
    cast.make_payment(alipay, "QT260916-1", 5900, provider_ref="2026091622001474541900000003", method="alipay", placed_at=day, paid_at=day)
    bring(alipay, BILL)
    alone = outcome(alipay)

    bill, (flow,) = Statement.objects.get(), bring(alipay, FLOW)
    both = outcome(alipay)
    for file in (bill, flow):
        withdraw_file(file=file, reason="again", by=None, now=NOW)
    bring(alipay, FLOW, BILL)

    assert (len(alone["lines"]), alone["matches"]) == (4, 1)
    assert both == alone
    assert outcome(alipay)["lines"] == alone["lines"]
    assert FlowLine.objects.filter(is_live=True).count() == 5


def test_a_flow_alone_proves_nothing_about_missing_payments(alipay):
    paid = datetime(2026, 9, 16, 4, tzinfo=UTC)
    cast.make_payment(alipay, "QT1", 100, method="alipay", placed_at=paid, paid_at=paid)

    bring(alipay, FLOW)
    found = outcome(alipay)

    assert found == {"lines": [], "matches": 0, "payouts": [], "differences": []}
    assert grid_of(alipay.merchant, date(2026, 9, 1), date(2026, 10, 15))[0].cells[15].states == []


def test_rows_keep_their_balance_and_what_the_provider_calls_them(alipay):
    (file,) = bring(alipay, FLOW)

    assert (file.lists, file.layout, file.rows_in, file.lines_new) == ("movements", "account", 5, 5)
    assert (file.opening_minor, file.closing_minor, file.breaks) == (10000, 3189, [])
    assert list(FlowLine.objects.order_by("row_no").values_list("kind", "memo", "amount_minor", "balance_minor")) == [
        ("payment", "在线支付", 5900, 15900),
        ("fee", "收费", -35, 15865),
        ("refund", "交易退款", -7722, 8143),
        ("fee", "退款(收费返还)", 46, 8189),
        ("payout", "提现", -5000, 3189),
    ]


def test_overlapping_flows_share_their_rows_and_a_withdrawn_one_leaves_them(alipay):
    footer = "#支出合计：2笔，共-77.57元\r\n#收入合计：1笔，共59.00元\r\n"
    part = bills_asia.account(bills_asia.ACCOUNT_ROWS[:3], footer=footer)

    first, second = bring(alipay, ("2088_20260916_a.csv", part), FLOW)
    assert (second.lines_new, second.lines_seen, FlowSighting.objects.count()) == (2, 3, 3)

    withdraw_file(file=first, reason="wrong", by=None, now=NOW)
    assert sorted(FlowLine.objects.filter(is_live=True).values_list("statement_id", "row_no")) == [(second.pk, row) for row in range(6, 11)]
    assert bring(alipay, FLOW)[0].pk == second.pk


def test_a_break_is_told_and_a_wrong_total_becomes_a_difference(alipay):
    rows = bills_asia.ACCOUNT_ROWS[:2] + bills_asia.ACCOUNT_ROWS[3:]

    (file,) = bring(alipay, ("2088_20260916_账务明细.csv", bills_asia.account(rows)))
    found = outcome(alipay)

    assert (file.breaks, file.state) == ([8], "posted")
    assert found["differences"] == [("statement_total_mismatch", "", -12757)]


def test_the_page_shows_the_balance_and_asks_a_constant_number_of_questions(alipay, client, django_assert_max_num_queries):
    client.force_login(cast.accountant(alipay.merchant, language="en"))
    (whole,) = bring(alipay, FLOW)
    wrong = (*bills_asia.ACCOUNT_ROWS[3][:6], "82.89", bills_asia.ACCOUNT_ROWS[3][7])
    (broken,) = bring(alipay, ("2088_20260917.csv", bills_asia.account((*bills_asia.ACCOUNT_ROWS[:3], wrong, bills_asia.ACCOUNT_ROWS[4]))))
    client.get(page_of(whole))

    with django_assert_max_num_queries(11):
        text = client.get(page_of(whole)).content.decode()
    with django_assert_max_num_queries(11):
        other = client.get(page_of(broken)).content.decode()

    assert "follows row by row" in text
    assert "158.65" in text
    assert "account flow" in text
    assert "The balances do not follow at row 9, 10." in other


def page_of(file):
    return reverse("settlements:file", args=[file.merchant.slug, "provider", file.pk])


def test_errors_of_unionpay_are_lines_but_not_the_statement_of_their_day():
    shop = cast.make_merchant(currency="CNY", timezone="Asia/Shanghai")
    unionpay = cast.make_channel(shop, "unionpay", calendar="CN", settles="T+1", label="银联")
    paid = datetime(2026, 9, 16, 4, tzinfo=UTC)
    cast.make_payment(unionpay, "QT1", 100, method="unionpay", placed_at=paid, paid_at=paid)

    bring(unionpay, ("INN26091688ZME_777290058110097", bills_asia.zme()))
    assert [kind for kind, _, _ in outcome(unionpay)["differences"]] == ["dispute_missing_in_books"]

    bring(unionpay, ("INN26091688ZM_777290058110097", bills_asia.zm()))
    assert "missing_at_provider" in [kind for kind, _, _ in outcome(unionpay)["differences"]]


def test_fees_are_not_compared_where_the_statements_state_none():
    shop = cast.make_merchant(currency="JPY", timezone="Asia/Tokyo")
    paypay = cast.make_channel(shop, "paypay", calendar="JP", settles="monthly:10", label="PayPay")
    cast.make_fee_rule(paypay, percent_ppm=19_800)
    paid = datetime(2026, 9, 1, 1, tzinfo=UTC)
    for number, amount in (("QT260901-1", 1200), ("QT260901-2", 3480)):
        cast.make_payment(paypay, number, amount, provider_ref="", method="paypay", placed_at=paid, paid_at=paid + timedelta(seconds=1))

    bring(paypay, ("transaction_958667152543465472_20260901_20260901.csv", bills_asia.paypay()))

    assert outcome(paypay)["differences"] == [("refund_missing_in_books", "04620000000000000001", -200), ("statement_gap", "", 0)]
