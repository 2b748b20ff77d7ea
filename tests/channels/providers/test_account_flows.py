"""The account flows of Alipay and WeChat Pay: kinds, totals, and the running balance in whatever order the rows come."""

import random

import pytest

from apps.channels import registry
from apps.channels.contracts import FileRefused, Refusal
from tests.channels.providers import bills, bills_asia
from tests.channels.providers.bills_asia import ACCOUNT_ROWS, FUND_ROWS

ALIPAY, WECHAT = "alipay/account", "wechat/fundflow"
FOOTER_OF_4 = "#支出合计：2笔，共-77.57元\r\n#收入合计：2笔，共59.46元\r\n"


def parse(kind, data=None, **changes):
    return registry.parse_statement(bills.code(kind), bills.file_of(kind, data, **changes))


def refusal(kind, data, **changes):
    with pytest.raises(FileRefused) as caught:
        parse(kind, data, **changes)
    return caught.value


def balance_of(parsed):
    return (parsed.flow.opening, parsed.flow.closing, parsed.flow.breaks)


def disagreeing(parsed):
    return [(total.name, total.stated, total.computed) for total in parsed.totals if not total.agrees]


def movements(parsed):
    return parsed.lines.select("kind", "merchant_ref", "refund_ref", "net").rows()


def test_alipay_rows_say_what_moved():
    parsed = parse(ALIPAY)

    assert (parsed.layout, parsed.lists, parsed.account, str(parsed.first_day)) == (
        "account",
        "movements",
        "20880217654321090156",
        "2026-09-16",
    )
    assert movements(parsed) == [
        ("payment", "QT260916-1", "", 5900),
        ("fee", "QT260916-1", "", -35),
        ("refund", "QT260902-11", "", -7722),
        ("fee", "QT260902-11", "", 46),
        ("payout", "", "", -5000),
    ]
    assert balance_of(parsed) == (10000, 3189, ())
    assert parsed.flow.rows.rows()[0] == (6, 15900, "在线支付")
    assert [total.name for total in parsed.totals] == ["收入合计", "收入合计 笔数", "支出合计", "支出合计 笔数", "期末余额"]
    assert disagreeing(parsed) == []


def test_wechat_rows_say_what_moved():
    parsed = parse(WECHAT)

    assert (parsed.layout, parsed.lists) == ("fundflow_basic", "movements")
    assert movements(parsed) == [
        ("payment", "QT260911-5", "", 15208),
        ("fee", "QT260911-5", "", -91),
        ("refund", "", "RF260910R1", -2000),
        ("payout", "", "", -10000),
    ]
    assert parsed.lines["provider_refund_ref"][2] == "50300806962026091105978994968"
    assert balance_of(parsed) == (1000, 4117, ())
    assert disagreeing(parsed) == []


@pytest.mark.parametrize(
    ("name", "layout"),
    [("bill_OPERATION_20260911.csv", "fundflow_operation"), ("手续费账户20260911.csv", "fundflow_fees"), ("x_20260911.csv", "fundflow")],
)
def test_the_account_of_wechat_stands_in_the_name(name, layout):
    assert parse(WECHAT, name=name).layout == layout


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_rows_close_the_same_chain(seed):
    ours, theirs = list(ACCOUNT_ROWS), list(FUND_ROWS)
    random.Random(seed).shuffle(ours)
    random.Random(seed).shuffle(theirs)

    assert balance_of(parse(ALIPAY, bills_asia.account(ours))) == (10000, 3189, ())
    assert balance_of(parse(WECHAT, bills_asia.fundflow(theirs))) == (1000, 4117, ())


def test_newest_first_is_an_order_too():
    assert balance_of(parse(ALIPAY, bills_asia.account(ACCOUNT_ROWS[::-1]))) == (10000, 3189, ())


def test_clocks_that_disagree_by_seconds_are_no_break():
    late = (*ACCOUNT_ROWS[1][:3], "2026-09-16 09:25:29", *ACCOUNT_ROWS[1][4:])  # the fee, a second before its payment

    assert balance_of(parse(ALIPAY, bills_asia.account((ACCOUNT_ROWS[0], late, *ACCOUNT_ROWS[2:])))) == (10000, 3189, ())


def test_a_row_that_is_gone_breaks_the_chain_and_the_totals():
    parsed = parse(ALIPAY, bills_asia.account(ACCOUNT_ROWS[:2] + ACCOUNT_ROWS[3:]))

    assert balance_of(parsed) == (10000, 3189, (8,))
    assert disagreeing(parsed) == [("支出合计", -12757, -5035), ("支出合计 笔数", 3, 2), ("期末余额", 3189, 10911)]


def test_a_break_shows_although_the_sums_below_agree():
    wrong = (*ACCOUNT_ROWS[3][:6], "82.89", ACCOUNT_ROWS[3][7])  # a balance that is 1.00 too high, and the next one right again

    parsed = parse(ALIPAY, bills_asia.account((*ACCOUNT_ROWS[:3], wrong, ACCOUNT_ROWS[4])))

    assert balance_of(parsed) == (10000, 3189, (9, 10))
    assert disagreeing(parsed) == []


def test_a_first_row_that_is_gone_is_told_by_the_totals_alone():
    parsed = parse(WECHAT, bills_asia.fundflow(FUND_ROWS[1:]))

    assert balance_of(parsed) == (16208, 4117, ())
    assert disagreeing(parsed) == [("资金流水总笔数", 4, 3), ("收入笔数", 1, 0), ("收入金额", 15208, 0)]


def test_a_day_without_movements_has_no_balance():
    footer = "#支出合计：0笔，共0.00元,,,,\r\n#收入合计：0笔，共0.00元,,,,\r\n"
    parsed = parse(ALIPAY, bills_asia.account((), footer=footer))

    assert (parsed.lines.height, balance_of(parsed), disagreeing(parsed)) == (0, (None, None, ()), [])
    assert (
        parse(WECHAT, bills_asia.fundflow((), summary="资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\n`0,`0,`0,`0,`0\n")).rows_in == 0
    )


def test_columns_go_by_their_names_of_any_year():
    columns = bills_asia.ACCOUNT_COLUMNS.replace("（+元）", "(+元)").replace("（-元）", "").replace("账户余额（元）", "余额")

    assert movements(parse(ALIPAY, bills_asia.account(columns=columns))) == movements(parse(ALIPAY))


def test_without_its_kinds_a_flow_tells_sales_by_the_order_number():
    columns = bills_asia.ACCOUNT_COLUMNS.replace("业务类型", "来源")

    assert parse(ALIPAY, bills_asia.account(columns=columns)).lines["kind"].to_list() == [
        "payment", "adjustment", "adjustment", "payment", "adjustment",
    ]  # fmt: skip


def test_what_is_undone_is_no_sale_and_no_refund():
    undone = (
        ("1", "T1", "QT1", "2026-09-16 09:00:00", "", "5.00", "95.00", "在线支付"),
        ("2", "T2", "QT2", "2026-09-16 09:00:01", "5.00", "", "100.00", "退款"),
    )

    assert parse(ALIPAY, bills_asia.account(undone)).lines["kind"].to_list() == ["adjustment", "adjustment"]


@pytest.mark.parametrize(
    ("came", "went", "balance", "faults"),
    [
        ("", "", "1.00", [("missing_value", "收入金额")]),
        ("-5.00", "", "1.00", [("bad_amount", "收入金额")]),
        ("5.00", "3.00", "1.00", [("bad_amount", "支出金额")]),
        ("5.001", "", "1.00", [("excess_digits", "收入金额")]),
        ("5.00", "", "", [("missing_value", "账户余额")]),
    ],
)
def test_rows_without_one_plain_amount_are_rejected(came, went, balance, faults):
    row = ("1", "T1", "QT1", "2026-09-16 09:00:00", came, went, balance, "在线支付")

    found = parse(ALIPAY, bills_asia.account((row,))).rejections

    assert [(str(one.code), one.column) for one in found] == faults
    assert found[0].row_no == 6


def test_flows_without_their_end_are_cut_short():
    assert refusal(ALIPAY, bills_asia.account(footer="#收入合计：2笔，共59.46元\r\n")).params == {
        "row": 12,
        "wanted": "#收入合计, #支出合计",
    }
    assert refusal(WECHAT, bills_asia.fundflow(summary="")).params == {"row": 5, "wanted": "资金流水总笔数"}
    assert (
        refusal(WECHAT, bills_asia.fundflow(columns=bills_asia.FUND_COLUMNS.replace("账户结余(元)", "结余"))).code == Refusal.OTHER_LAYOUT
    )
    assert refusal(ALIPAY, None, account="2088999999999999").code == Refusal.OTHER_ACCOUNT


def test_alipay_flow_comes_in_a_zip_beside_its_summary():
    summary = "类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）\n合计,2,59.46,3,-127.57,-68.11\n".encode("gb18030")
    packed = bills.zipped(**{"账务明细": bills_asia.account(), "账务明细(汇总)": summary})
    both = bills.zipped(账务明细=bills_asia.account(), 业务明细=bills.alipay())

    assert balance_of(parse(ALIPAY, packed, name="renamed.zip")) == (10000, 3189, ())
    assert refusal(ALIPAY, both, name="both.zip").params == {"reason": "several"}
