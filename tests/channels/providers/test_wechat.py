"""WeChat Pay's trade bills: the four layouts, fees with five decimals, the summary, and what is refused."""

import gzip
from datetime import date

import pytest

from apps.channels.contracts import FileRefused, Refusal, Reject
from apps.channels.providers.wechat import statement
from tests.channels.providers import bills

OLD = (
    "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,"
    "货币种类,总金额,代金券或立减优惠金额,微信退款单号,"
    "商户退款单号,退款金额,代金券或立减优惠退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率\n"
    "`2014-11-10 16：33：45,`wx,`10000100,`0,`1000,`1001690740201411100005734289,`1415640626,`u,`MICROPAY,"
    "`SUCCESS,`OTHERS,`CNY,`0.01,`0.0,`0,`0,`0,`0,`,`,"
    "`被扫支付测试,`订单额外描述,`0,`0.60%\n总交易单数,总交易额,总退款金额,总代金券或立减优惠退款金额,手续费总金额\n`1,`0.01,`0.0,`0.0,`0\n"
)


def refusal(data: bytes, **changes) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        statement.parse(bills.file_of("wechat", data, **changes))
    return caught.value


def row(number: int, **cells: str) -> str:
    """A row of the usual bill with some cells changed, by column name."""
    parts = bills.WECHAT_ROWS[number].removeprefix("`").split(",`")
    names = bills.WECHAT_COLUMNS.split(",")
    return "`" + ",`".join(cells.get(name, part) for name, part in zip(names, parts, strict=True))


def test_rows_become_signed_lines_and_fee_residue_is_kept():
    parsed = statement.parse(bills.file_of("wechat"))

    figures = parsed.lines.select("row_no", "kind", "merchant_ref", "gross", "fee", "net", "fee_residue").rows()
    assert figures == [
        (2, "payment", "QT260911-5", 15208, -91, 15117, 0),
        (3, "payment", "QT260911-6", 1050, -6, 1044, -300_000),
        (4, "refund", "QT260910-1", -2000, 12, -1988, 0),
    ]
    assert parsed.lines.select("provider_refund_ref", "refund_ref").rows() == [("", ""), ("", ""), ("503000001", "RF260910R1")]
    assert (parsed.layout, parsed.account, parsed.first_day) == ("all_27", "1900012345", date(2026, 9, 11))


def test_summary_is_compared_to_the_last_decimal():
    parsed = statement.parse(bills.file_of("wechat"))
    off_by_a_hair = bills.WECHAT_SUMMARY.replace("0.85300", "0.85301")
    hair = statement.parse(bills.file_of("wechat", bills.wechat(summary=off_by_a_hair)))

    assert [(total.name, total.stated) for total in parsed.totals] == [
        ("应结订单总金额", 16258), ("退款总金额", -2000), ("手续费总金额", -85), ("充值券退款总金额", 0), ("订单总金额", 16258),
        ("申请退款总金额", -2000),
        ("总交易单数", 3),
    ]  # fmt: skip
    assert all(total.agrees for total in parsed.totals)
    assert [total.name for total in hair.totals if not total.agrees] == ["手续费总金额"]


def test_old_layout_has_full_width_colons():
    parsed = statement.parse(bills.file_of("wechat", OLD.encode("gb18030"), name="bill.csv"))

    assert (parsed.layout, parsed.first_day, parsed.lines["gross"].to_list()) == ("old_24", date(2014, 11, 10), [1])
    assert all(total.agrees for total in parsed.totals)


def test_refund_layout_takes_the_time_the_refund_succeeded():
    columns = bills.WECHAT_COLUMNS.replace("微信退款单号", "退款申请时间,退款成功时间,微信退款单号")
    line = bills.WECHAT_ROWS[2].replace("`503000001", "`2026-09-11 23:59:59,`2026-09-12 00:00:01,`503000001")
    summary = bills.WECHAT_SUMMARY.replace("`3,`162.58,`20.00,`0.00,`0.85300,`162.58", "`1,`0.00,`20.00,`0.00,`-0.12000,`0.00")

    parsed = statement.parse(bills.file_of("wechat", bills.wechat((line,), columns=columns, summary=summary)))

    assert (parsed.layout, parsed.lines["business_date"].to_list()) == ("refund_29", [date(2026, 9, 12)])
    assert all(total.agrees for total in parsed.totals)


def test_undone_payment_and_failed_refund_move_nothing():
    rows = (row(0, 交易状态="REVOKED"), row(2, 退款状态="FAIL"), row(2, 交易状态="REVOKED"))

    parsed = statement.parse(bills.file_of("wechat", bills.wechat(rows)))

    assert parsed.lines.select("kind", "gross", "fee").rows() == [("payment", 0, 0), ("refund", 0, 0), ("refund", -2000, 12)]


def test_bill_saved_again_by_a_spreadsheet_is_read_the_same():
    rows = (bills.WECHAT_ROWS[0].replace("`线香,沉香,20支", '"`线香,沉香,20支"'), *bills.WECHAT_ROWS[1:])

    again = statement.parse(bills.file_of("wechat", bills.wechat(rows, encoding="gb18030")))

    assert again.lines.equals(statement.parse(bills.file_of("wechat")).lines)
    assert statement.parse(bills.file_of("wechat", gzip.compress(bills.wechat()))).lines.equals(again.lines)


def test_other_reports_and_broken_ends_are_named():
    fund = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元)\n".encode()
    personal = "微信支付账单明细,,,\n微信昵称：[x],,,\n".encode()
    two_shops = bills.wechat((bills.WECHAT_ROWS[0], row(1, 商户号="1900099999")))

    assert (refusal(fund).code, refusal(fund).params["wanted"]) == (Refusal.CUT_SHORT, "资金流水总笔数")
    assert refusal(personal).code == Refusal.OTHER_REPORT
    assert refusal(bills.wechat(summary="")).params == {"row": 4, "wanted": "总交易单数"}
    assert refusal(bills.wechat() + b"1,2\r\n").params["reason"] == "after_end"
    assert refusal(two_shops).params == {"expected": "1900012345", "found": "1900099999"}
    assert refusal(bills.wechat(tuple(row(n, 货币种类="USD") for n in range(3)))).params == {"expected": "CNY", "found": "USD"}
    assert refusal(gzip.compress(bills.wechat())[:-9]).code == Refusal.BAD_ARCHIVE
    assert refusal(bills.wechat(()), name="bill.csv").code == Refusal.NO_DAY


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"交易状态": "PENDING"}, Reject.UNKNOWN_TYPE),
        ({"货币种类": "USD"}, Reject.BAD_CURRENCY),
        ({"应结订单金额": "1.005"}, Reject.EXCESS_DIGITS),
        ({"手续费": "12345678901"}, Reject.TOO_LARGE),
        ({"微信订单号": ""}, Reject.MISSING_VALUE),
        ({"交易时间": "yesterday"}, Reject.BAD_TIME),
        ({"费率备注": "x,`y"}, Reject.COLUMN_COUNT),
    ],
)
def test_row_that_cannot_be_read_is_named(cells, code):
    parsed = statement.parse(bills.file_of("wechat", bills.wechat((bills.WECHAT_ROWS[0], row(1, **cells), bills.WECHAT_ROWS[2]))))

    assert [(found.row_no, found.code) for found in parsed.rejections] == [(3, code)]
    assert (parsed.rows_in, parsed.lines.height) == (3, 2)
