"""Alipay's 业务明细: what each column becomes, which totals are checked, and what is refused."""

from datetime import UTC, date, datetime

import pytest

from apps.channels.contracts import FileRefused, Refusal, Reject, Rejection
from apps.channels.providers.alipay import statement
from tests.channels.providers import bills


def refusal(data: bytes, **changes) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        statement.parse(bills.file_of("alipay", data, **changes))
    return caught.value


def test_rows_become_signed_lines():
    parsed = statement.parse(bills.file_of("alipay"))

    figures = parsed.lines.select("row_no", "kind", "merchant_ref", "gross", "fee", "net", "refund_ref").rows()
    assert figures == [
        (6, "payment", "QT260916-1", 5900, -35, 5865, ""),
        (7, "payment", "QT260916-12", 28984, -522, 28462, ""),
        (8, "payment", "QT260916-3", 8800, -53, 8747, ""),
        (9, "refund", "QT260902-11", -7722, 46, -7676, "RF26090211R1"),
    ]
    assert parsed.lines["provider_ref"][0] == "2026091622001474541900000003"
    assert parsed.lines["occurred_at"][0] == datetime(2026, 9, 16, 1, 25, 30, tzinfo=UTC)
    assert parsed.lines["business_date"].unique().to_list() == [date(2026, 9, 16)]
    assert (parsed.account, parsed.first_day, parsed.last_day) == ("20880217654321090156", date(2026, 9, 16), date(2026, 9, 16))


def test_footer_totals_are_compared():
    agreeing = statement.parse(bills.file_of("alipay"))
    wrong = bills.ALIPAY_FOOTER.replace("436.84", "435.84")
    differing = statement.parse(bills.file_of("alipay", bills.alipay(footer=wrong)))

    assert [total.name for total in agreeing.totals] == [
        "交易合计 商家实收", "交易合计 笔数", "交易合计 商家优惠", "退款合计 商家实收", "退款合计 笔数", "退款合计 商家优惠",
    ]  # fmt: skip
    assert all(total.agrees for total in agreeing.totals)
    assert [(total.name, total.stated, total.computed) for total in differing.totals if not total.agrees] == [
        ("交易合计 商家实收", 43584, 43684)
    ]


def test_one_footer_line_may_count_positive_refunds():
    refund = ("2026090222001439261900000213", "QT260902-11", "退款", "香薰蜡烛", "2026-09-16 19:13:13", "77.22", "RF1", "0.46")
    data = bills.alipay((*bills.ALIPAY_ROWS[:3], refund), footer="#交易合计：4笔，商家实收共514.06元，商家优惠共0.00元\r\n")

    parsed = statement.parse(bills.file_of("alipay", data))

    assert parsed.lines["gross"].to_list() == [5900, 28984, 8800, -7722]
    assert [(total.stated, total.computed) for total in parsed.totals] == [(51406, 51406), (4, 4), (0, 0)]


def test_zip_reads_the_detail_and_skips_the_summary():
    summary = "#支付宝业务汇总查询\n门店编号,门店名称,交易订单总笔数,退款订单总笔数\n合计,,3,1\n".encode("gb18030")
    packed = bills.zipped(**{"业务明细": bills.alipay(), "业务明细(汇总)": summary})

    parsed = statement.parse(bills.file_of("alipay", packed, name="renamed.zip"))

    assert statement.recognise("renamed.zip", packed) == "trade_zip"
    assert (parsed.lines.height, parsed.first_day) == (4, date(2026, 9, 16))
    assert statement.text("renamed.zip", packed).split("\n")[5].startswith("2026091622001474541900000003")
    assert refusal(bills.zipped(**{"业务明细(汇总)": summary})).code == Refusal.NO_DETAIL


def test_other_reports_and_layouts_are_named():
    account = "#支付宝账务明细查询\n账务流水号,商户订单号,业务流水号,收入金额（+元）,支出金额（-元）,账户余额（元）,发生时间,备注\n".encode(
        "gb18030"
    )
    fewer = bills.ALIPAY_COLUMNS.replace("服务费（元）", "手续费")

    assert refusal(account).code == Refusal.CUT_SHORT  # an account flow, without its end
    assert refusal(bills.alipay(columns=fewer)).params["missing"] == ["服务费(元)"]
    assert refusal(bills.alipay(footer="")).params == {"row": 10, "wanted": "#交易合计"}
    assert refusal(bills.alipay(footer="#交易合计：3笔，商家实收共436.84元\r\n")).params["wanted"] == "#退款合计"
    assert refusal(bills.alipay(bills.ALIPAY_ROWS[:3], footer="#交易合计：3笔，商家实收共436.84元\r\n")).params["wanted"] == "#退款合计"
    assert refusal(bills.alipay(), account="2088999999999999").params == {"expected": "2088999999999999", "found": "20880217654321090156"}
    assert statement.parse(bills.file_of("alipay", account="2088021765432109")).lines.height == 4


@pytest.mark.parametrize("data", [b"PK\x03\x04broken", bills.zipped(a=b"0" * 40_000_000)])
def test_archives_that_cannot_be_trusted_are_refused(data):
    assert refusal(data).code == Refusal.BAD_ARCHIVE


def test_encrypted_archive_is_refused():
    packed = bytearray(bills.zipped(业务明细=bills.alipay()))
    directory = packed.rindex(b"PK\x01\x02")
    packed[6] |= 1
    packed[directory + 8] |= 1

    assert refusal(bytes(packed)).params == {"reason": "encrypted"}


@pytest.mark.parametrize(
    ("change", "column", "code", "value"),
    [
        ({2: "转账"}, "业务类型", Reject.UNKNOWN_TYPE, "转账\t"),
        ({5: "59.001"}, "商家实收(元)", Reject.EXCESS_DIGITS, "59.001"),
        ({5: "9" * 30}, "商家实收(元)", Reject.TOO_LARGE, "9" * 30),
        ({5: "=SUM(A1:A9)"}, "商家实收(元)", Reject.FORMULA, "=SUM(A1:A9)"),
        ({5: "free"}, "商家实收(元)", Reject.BAD_AMOUNT, "free"),
        ({4: "2026-13-16 09:25:30"}, "完成时间", Reject.BAD_TIME, "2026-13-16 09:25:30"),
        ({0: "2.02609E+27"}, "支付宝交易号", Reject.MISSING_VALUE, "2.02609E+27\t"),
        ({3: "a,b"}, "", Reject.COLUMN_COUNT, None),
    ],
)
def test_row_that_cannot_be_read_is_named(change, column, code, value):
    row = tuple(change.get(index, cell) for index, cell in enumerate(bills.ALIPAY_ROWS[0]))

    parsed = statement.parse(bills.file_of("alipay", bills.alipay((row, *bills.ALIPAY_ROWS[1:]))))

    assert (parsed.rows_in, parsed.lines.height) == (4, 3)
    assert [(found.row_no, found.code, found.column) for found in parsed.rejections] == [(6, code, column)]
    assert value is None or parsed.rejections == (Rejection(6, code, column, value),)
