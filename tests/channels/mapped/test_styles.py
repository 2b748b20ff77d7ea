"""Each way in which a console prints signs, days and texts, with exact values."""

from datetime import UTC, date, datetime

import pytest

from apps.channels.banks import mapped_csv
from apps.channels.contracts import FileRefused, Refusal, Reject, StatementFile
from apps.channels.mapped.statement import parse
from apps.channels.mapped.text import encoding_of, text_of

BASE = {"time": "日期", "time_format": "%Y/%m/%d", "merchant_ref": "訂單", "gross": "金額"}


def lines_of(text: str, currency: str = "TWD", **mapping):
    """The lines of an export under BASE, changed."""
    return parsed(text, currency, **mapping).lines


def parsed(text: str, currency: str = "TWD", **mapping):
    return parse(StatementFile("x.csv", text.encode(), "Asia/Taipei", currency, "", {**BASE, **mapping}))


@pytest.mark.parametrize(
    ("cells", "mapping"),
    [
        (("1,280.50", "(640.25)"), {"style": "parentheses"}),
        (("1,280.50", "640.25-"), {"style": "trailing_minus"}),
        (("1,280.50 CR", "640.25DR"), {"style": "cr_dr"}),
        (("1,280.50", "−640.25"), {}),
        (("NT$1,280.50", "-NT$640.25"), {"symbol": "NT$"}),
        (("1.280,50", "-640,25"), {"decimal": ","}),
        (("1 280.50", "-640.25"), {"thousands": " "}),
    ],
)
def test_styles_of_amounts(cells, mapping):
    one, two = cells

    lines = lines_of(f'日期,訂單,金額\n2026/09/01,A1,"{one}"\n2026/09/01,A2,"{two}"\n', **mapping)

    assert lines.select("kind", "gross", "net").rows() == [("payment", 128_050, 128_050), ("refund", -64_025, -64_025)]


def test_a_style_that_was_not_mapped_is_refused_and_not_guessed():
    with pytest.raises(FileRefused) as refused:
        parsed('日期,訂單,金額\n2026/09/01,A1,"(640.00)"\n')

    assert [(fault.row_no, fault.code, fault.value) for fault in refused.value.params["rejections"]] == [(2, Reject.BAD_AMOUNT, "(640.00)")]


def test_separate_columns_for_in_and_out():
    text = "日期,訂單,收入,支出,手續費,淨額\n2026/09/01,A1,1280,,35,1245\n2026/09/01,A1,,640,0,-640\n2026/09/02,A2,0,0,0,0\n"

    lines = lines_of(text, gross="", money_in="收入", money_out="支出", fee="手續費", net="淨額")

    assert lines.select("kind", "gross", "fee", "net").rows() == [
        ("payment", 128_000, -3_500, 124_500), ("refund", -64_000, 0, -64_000), ("payment", 0, 0, 0)
    ]  # fmt: skip


def test_both_sides_at_once_and_none_are_rejected():
    text = "日期,訂單,收入,支出\n2026/09/01,A1,1280,640\n2026/09/01,A2,,\n2026/09/01,A3,5,\n"

    found = parsed(text, gross="", money_in="收入", money_out="支出")

    assert [(fault.row_no, fault.code) for fault in found.rejections] == [(2, Reject.BAD_AMOUNT), (3, Reject.MISSING_VALUE)]
    assert (found.rows_in, found.lines.height) == (3, 1)


def test_a_word_decides_the_sign():
    text = "日期,訂單,方向,金額,手續費,淨額\n2026/09/01,A1,入,1280,35,1245\n2026/09/01,A1,出,640,17,623\n2026/09/01,A1,?,1,0,1\n"

    found = parsed(text, mark="方向", marks={"入": "in", "出": "out"}, fee="手續費", net="淨額")

    assert found.lines.select("kind", "gross", "fee", "net").rows() == [
        ("payment", 128_000, -3_500, 124_500), ("refund", -64_000, 1_700, -62_300)
    ]  # fmt: skip
    assert [(fault.row_no, fault.code, fault.value) for fault in found.rejections] == [(4, Reject.UNKNOWN_TYPE, "?")]


def test_the_kind_decides_the_sign():
    text = "日期,訂單,類型,金額\n2026/09/01,A1,收,100\n2026/09/01,A1,退,40\n2026/09/01,A1,月費,30\n2026/09/01,A1,調整,-7\n"
    types = {"收": "payment", "退": "refund", "月費": "fee", "調整": "adjustment"}

    lines = lines_of(text, type="類型", types=types, sign="type")

    assert lines["gross"].to_list() == [10_000, -4_000, -3_000, -700]


def test_fees_are_costs_or_signed_as_mapped_when_no_net_proves_it():
    text = "日期,訂單,金額,手續費\n2026/09/01,A1,100,-3\n"

    assert lines_of(text, fee="手續費", fee_sign="signed").select("fee", "net").row(0) == (-300, 9_700)
    assert lines_of(text, fee="手續費").select("fee", "net").row(0) == (300, 10_300)


@pytest.mark.parametrize(
    ("cell", "pattern"),
    [
        ("115/09/01", "%K/%m/%d"), ("1150901", "%K%m%d"), ("民國115年9月1日", "民國%K年%m月%d日"), ("115.9.1", "%K.%m.%d"),
        ("2026-09-01", "%Y-%m-%d"), ("01/09/2026", "%d/%m/%Y"), ("Sep 1, 2026", "%b %d, %Y"), ("20260901", "%Y%m%d"),
    ],
)  # fmt: skip
def test_days(cell, pattern):
    quoted = f'"{cell}"'
    bank = {"date": "日期", "date_format": pattern, "amount": "金額"}
    file = StatementFile("x.csv", f"日期,訂單,金額\n{quoted},A1,1\n".encode(), "UTC", "TWD", "", bank)

    assert lines_of(f"日期,訂單,金額\n{quoted},A1,1\n", time_format=pattern)["business_date"].to_list() == [date(2026, 9, 1)]
    assert mapped_csv.parse(file).lines["booked_on"].to_list() == [date(2026, 9, 1)]


@pytest.mark.parametrize(
    ("cells", "pattern", "clock"),
    [
        ("2026/9/1 下午 03:20:11,", "%Y/%m/%d %p %I:%M:%S", ""),
        ("115/09/01,15:20:11", "%K/%m/%d %H:%M:%S", "時間"),
        ("2026-09-01T07:20:11Z,", "%Y-%m-%dT%H:%M:%S%z", ""),
        ("2026-09-01T15:20:11+0800,", "%Y-%m-%dT%H:%M:%S%z", ""),
    ],
)
def test_moments(cells, pattern, clock):
    lines = lines_of(f"日期,時間,訂單,金額\n{cells},A1,1\n", time_format=pattern, clock=clock)

    assert lines["occurred_at"].to_list() == [datetime(2026, 9, 1, 7, 20, 11, tzinfo=UTC)]


def test_rows_whose_status_moved_no_money_are_left_out_and_not_counted():
    found = parsed("日期,訂單,狀態,金額\n2026/09/01,A1,成功,100\n2026/09/01,A2,已取消,900\n", status="狀態", leave_out=["已取消", "失敗"])

    assert (found.lines["merchant_ref"].to_list(), found.rows_in, found.rejections) == (["A1"], 1, ())


def test_last_rows_are_totals_where_the_mapping_says_so():
    found = parsed("日期,訂單,金額\n2026/09/01,A1,100\n2026/09/01,A2,20\n,,121\n", skip_last=1)

    assert [(total.stated, total.computed) for total in found.totals] == [(12_100, 12_000)]
    assert found.lines.height == 2


def test_a_reference_that_a_spreadsheet_rounded_is_rejected():
    found = parsed("日期,訂單,金額\n2026/09/01,2.02609E+15,100\n2026/09/01,A2,20\n")

    assert [(fault.row_no, fault.code, fault.column) for fault in found.rejections] == [(2, Reject.MISSING_VALUE, "訂單")]


TEXTS = {
    "cp950": "交易日期,訂單編號,金額,手續費\n115/09/01,A1,1280,35\n總計,,1280,35\n",
    "gb18030": "交易日期,订单编号,金额,手续费\n2026/09/01,A1,1280,35\n总计,,1280,35\n",
    "cp932": "取引日時,決済番号,取引金額,支払い方法\n2026/09/01,A1,1280,PayPay残高\n合計,,1280,\n",
    "utf-8": "交易日期,訂單編號,金額,手續費\n",
    "utf-8-sig": "交易日期,订单编号\n",
    "utf-16": "交易日期,訂單編號,金額\n",
    "utf-16-le": "Date,Order,Amount\n2026-09-01,A1,5\n",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_encodings_are_told_apart(encoding):
    data = TEXTS[encoding].encode(encoding)

    assert encoding_of(data) == encoding
    assert text_of(data) == TEXTS[encoding]


def test_a_mapping_without_its_columns_is_no_mapping():
    with pytest.raises(FileRefused) as refused:
        parsed("日期,訂單,收入\n", gross="", money_in="收入")

    assert refused.value.code == Refusal.NO_MAPPING
