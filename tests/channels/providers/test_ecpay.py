"""ECPay's media files: the three TradeNoAio layouts and QueryTradeMedia."""

from datetime import date

import pytest

from apps.channels.contracts import FileRefused, Refusal, Reject
from apps.channels.providers.ecpay import statement
from tests.channels.providers import bills

FORMAT_1 = (
    "訂單日期,廠商訂單編號,歐付寶(綠界)訂單編號,平台名稱,付款方式,費率(每筆),信用卡授權單號,信用卡卡號末4碼,"
    "超商資訊/ATM繳款帳號,付款狀態,交易金額,退款日期,"
    "退款金額,交易手續費,平台手續費,應收款項(淨額),撥款狀態,買家備註,廠商備註\n"
    '="2026-09-01 10:00:00",="A1",="EC1",="官網",="Credit_CreditCard",="2.75%",="1",="2222",="",="已付款",="1000",'
    '="",="0",="28",="0",="972",="已撥款",'
    '="兩行\n備註, 有逗號",=""\n'
    '="2026-09-01 11:00:00",="A2",="EC2",="官網",="CVS_CVS",="30元",="",="",="LLL",="已付款",="500",="2026-09-05",'
    '="100",="30",="0",="370",="已撥款",="",=""\n'
    '="2026-09-01 12:00:00",="A3",="EC3",="官網",="ATM_BOT",="1%",="",="",="",="未付款",="700",="",="0",="0",="0",="0",="未撥款",="",=""\n'
)
FORMAT_0 = (
    "交易日期,歐付寶交易序號,特店訂單編號,ATM條碼,交易金額,付款方式,付款結果,付款日期,款項來源(銀行/超商),通路費,"
    "交易服務費率(%數 / $筆),交易服務費金額,"
    "應收款項(淨額),撥款狀態,撥款日期,備註\n"
    "2026/09/01 10:00:00,EC1,A1,,1000,BARCODE_BARCODE,已付款,2026/09/03 08:00:00,7-11,10,15元,15,975,未撥款,,\n"
)
MEDIA = (
    "特店交易編號,綠界交易編號,交易日期,付款方式,手續費率,結算日期,撥款日期,交易金額,金流手續費,平台手續費,"
    "退款金額,應收款項(淨額),金流處理費\n"
    "ORDER-1,EC-1,2026/08/11 13:27:00,ATM,1%,2026/08/12 00:00:00,2026/08/12 00:00:00,1290,15,0,0,1275,0\n"
    "ORDER-2,EC-2,2026/07/03 19:47:00,信用卡,2%,2026/07/21 00:00:00,2026/07/28 00:00:00,-2180,-43.6,0,0,-2136.4,0\n"
)


def parse(text: str, name: str = "TradeNoAio.csv"):
    return statement.parse(bills.file_of("ecpay", text.encode("cp950"), name=name))


def refusal(data: bytes, **changes) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        statement.parse(bills.file_of("ecpay", data, **changes))
    return caught.value


def test_rows_become_signed_lines_of_the_day_in_the_name():
    parsed = statement.parse(bills.file_of("ecpay"))

    figures = parsed.lines.select("row_no", "kind", "merchant_ref", "method", "gross", "fee", "net").rows()
    assert figures == [
        (2, "payment", "QT26090213A1", "installment", 697900, -22500, 675400),
        (3, "payment", "QT2609023A2", "credit_card", 687400, -18900, 668500),
        (4, "payment", "QT2608301A1", "atm", 100000, -1000, 99000),
        (5, "refund", "QT2608201A1", "credit_card", -218000, 4360, -213640),
    ]
    assert parsed.lines["business_date"].unique().to_list() == [date(2026, 9, 2)]


def test_range_in_the_name_keeps_the_order_date_within_it():
    parsed = statement.parse(bills.file_of("ecpay", name="TradeNoAio_20260901_20260930.csv"))

    assert parsed.lines["business_date"].to_list() == [date(2026, 9, 2), date(2026, 9, 2), date(2026, 9, 1), date(2026, 9, 1)]
    assert (parsed.first_day, parsed.last_day) == (date(2026, 9, 1), date(2026, 9, 30))


def test_format_1_takes_refunds_off_the_net_and_leaves_unpaid_rows_at_zero():
    parsed = parse(FORMAT_1)

    figures = parsed.lines.select("row_no", "provider_ref", "method", "gross", "fee", "other", "net").rows()
    assert figures == [
        (2, "EC1", "credit_card", 100000, -2800, 0, 97200),
        (4, "EC2", "cvs_code", 50000, -3000, -10000, 37000),
        (5, "EC3", "atm", 0, 0, 0, 0),
    ]
    assert parsed.layout == "trade_no_aio_1"


def test_format_0_reads_the_day_it_was_paid():
    parsed = parse(FORMAT_0)

    assert parsed.lines.select("business_date", "method", "fee", "net").rows() == [(date(2026, 9, 3), "cvs_barcode", -2500, 97500)]
    assert parsed.layout == "trade_no_aio_0"


def test_query_trade_media_gives_fees_back_on_refunds():
    parsed = parse(MEDIA, "media.csv")

    assert parsed.lines.select("kind", "gross", "fee", "net").rows() == [
        ("payment", 129000, -1500, 127500),
        ("refund", -218000, 4360, -213640),
    ]
    assert (parsed.first_day, parsed.last_day) == (date(2026, 7, 3), date(2026, 8, 11))


def test_row_is_the_same_before_and_after_its_payout():
    before = statement.parse(bills.file_of("ecpay", bills.ecpay(tuple(row.replace("已撥款", "未撥款") for row in bills.ECPAY_ROWS))))

    assert before.lines.equals(statement.parse(bills.file_of("ecpay")).lines)


def test_other_reports_are_named():
    funding = "授權單號,授權碼,關帳單號,訂單編號,交易日期,請款日期,交易金額,手續費,%數,撥款金額,交易處理費\n".encode("cp950")
    shopify = "廠商訂單編號,綠界交易編號,PaymentID,交易日期,付款方式,結算日期,撥款日期,交易金額,手續費\n".encode("cp950")

    assert refusal(funding).params["found"] == "撥款對帳檔 FundingReconDetail"
    assert refusal(shopify).params["found"] == "Shopify 對帳檔"
    assert refusal(bills.ecpay(columns=bills.ECPAY_COLUMNS.replace("手續費,", "費用,", 1))).params["missing"] == ["手續費"]
    assert refusal(bills.ecpay() + b'="never closed').params == {"row": 6, "reason": "quotes"}
    assert refusal(bills.ecpay(()), name="TradeNoAio.csv").code == Refusal.NO_DAY


@pytest.mark.parametrize(
    ("old", "new", "column", "code"),
    [
        ("=6754", "=6755", "應收款項(淨額)", Reject.NET_DIFFERS),
        ("=6979", "=6979.001", "交易金額", Reject.EXCESS_DIGITS),
        ("=6979", '=HYPERLINK("x")', "", Reject.COLUMN_COUNT),
        ("=6979", "=SUM(A1:A2)", "交易金額", Reject.FORMULA),
        ("=26090208012000000223", "=2.60902E+19", "綠界訂單編號", Reject.MISSING_VALUE),
    ],
)
def test_row_that_cannot_be_read_is_named(old, new, column, code):
    rows = (bills.ECPAY_ROWS[0].replace(old, new), *bills.ECPAY_ROWS[1:])
    if code is Reject.COLUMN_COUNT:
        rows = (bills.ECPAY_ROWS[0] + ",", *bills.ECPAY_ROWS[1:])

    parsed = statement.parse(bills.file_of("ecpay", bills.ecpay(rows)))

    assert [(found.row_no, found.code, found.column) for found in parsed.rejections] == [(2, code, column)]
    assert (parsed.rows_in, parsed.lines.height) == (4, 3)


@pytest.mark.parametrize(
    ("word", "method"),
    [
        ("Flexible_Installment", "installment"), ("信用卡分期(3期)", "installment"), ("ApplePay", "apple_pay"), ("BNPL_URICH", "bnpl"),
        ("WebATM_TAISHIN", "atm"), ("CVS_FAMILY", "cvs_code"), ("超商條碼", "cvs_barcode"), ("DigitalPayment_Jkopay", "jkopay"),
        ("TWQR_OPAY", "twqr"),
    ],
)  # fmt: skip
def test_methods_are_known_by_word_and_by_code(word, method):
    parsed = statement.parse(bills.file_of("ecpay", bills.ecpay((bills.ECPAY_ROWS[1].replace("信用卡", word),))))

    assert parsed.lines["method"].to_list() == [method]
