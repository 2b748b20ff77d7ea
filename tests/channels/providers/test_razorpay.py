"""Razorpay's combined settlement report: JSON, minor units, one settlement's bank reference for all its rows."""

import json
from datetime import UTC, date, datetime

import pytest

from apps.channels.contracts import LINE_SCHEMA, FileRefused, Refusal, Reject
from apps.channels.providers.razorpay import statement
from tests.channels.providers import bills
from tests.channels.providers.bills_abroad import RAZORPAY_ITEMS, razorpay

SALE = RAZORPAY_ITEMS[0]


def parsed(*items: dict, data: bytes | None = None, **changes):
    return statement.parse(bills.file_of("razorpay", data or razorpay(items or RAZORPAY_ITEMS), **changes))


def refusal(data: bytes, **changes) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        parsed(data=data, **changes)
    return caught.value


def test_rows_become_signed_lines_and_the_fee_holds_its_tax():
    lines = parsed().lines

    assert lines.select("row_no", "kind", "provider_ref", "provider_refund_ref", "gross", "fee", "other", "net").rows() == [
        (1, "payment", "pay_1", "", 100000, -2360, 0, 97640),
        (2, "payment", "pay_2", "", 25000, 0, 0, 25000),
        (3, "refund", "pay_0", "rfnd_1", -5000, 0, 0, -5000),
        (4, "adjustment", "pay_1", "", -10000, -236, 0, -10236),
        (5, "dispute", "pay_9", "disp_1", -30000, 0, 0, -30000),
    ]
    assert lines["merchant_ref"].to_list() == ["QT260905-1", "QT260905-2", "", "", ""]
    assert lines["refund_ref"].to_list() == ["", "", "RF1", "", ""]
    assert lines["method"].to_list() == ["credit_card", "upi", "credit_card", "", ""]
    assert dict(lines.schema) == LINE_SCHEMA


def test_all_rows_of_a_settlement_carry_its_bank_reference():
    lines = parsed().lines
    unnamed = parsed({**SALE, "settlement_utr": None}).lines

    assert lines.select("payout_ref", "payout_on").unique().rows() == [("1788860960vxp0rj", date(2026, 9, 8))]
    assert unnamed["payout_ref"].to_list() == ["setl_1"]


def test_moments_are_utc_and_days_are_the_channels():
    late = {**SALE, "created_at": int(datetime(2026, 9, 5, 20, tzinfo=UTC).timestamp())}

    lines = parsed(late).lines

    assert (lines["occurred_at"][0], lines["business_date"][0]) == (datetime(2026, 9, 5, 20, tzinfo=UTC), date(2026, 9, 6))
    assert parsed(name="recon.json").first_day == date(2026, 9, 8)


def test_row_that_is_not_settled_moves_nothing():
    waits = {**SALE, "settled": False, "settled_at": None, "settlement_utr": None}

    lines = parsed(waits).lines

    assert lines.select("gross", "fee", "net", "payout_ref", "payout_on").rows() == [(0, 0, 0, "", None)]
    assert lines["row_hash"][0] != parsed(SALE).lines["row_hash"][0]


def test_pages_and_the_order_of_names_change_nothing():
    whole = parsed().lines
    pages = json.dumps([json.loads(razorpay(RAZORPAY_ITEMS[:2])), json.loads(razorpay(RAZORPAY_ITEMS[2:]))]).encode()
    turned = razorpay([dict(reversed(item.items())) for item in RAZORPAY_ITEMS])

    for data in (pages, turned, b"\xef\xbb\xbf" + razorpay(), razorpay().decode().encode("utf-16")):
        assert parsed(data=data).lines.equals(whole)


def test_counted_rows_are_checked():
    short = razorpay().replace(b'"count": 5', b'"count": 6')

    assert [(total.name, total.stated, total.computed) for total in parsed(data=short).totals] == [("count", 6, 5)]


def test_row_numbers_point_into_the_text():
    shown = statement.text("recon.json", razorpay()).split("\n")

    assert len(shown) == 5
    assert all(ref in shown[row - 1] for row, ref in parsed().lines.select("row_no", "line_ref").iter_rows())
    assert statement.text("recon.json", b"\xff not json") != ""


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"credit": 97641}, "credit", Reject.NET_DIFFERS),
        ({"amount": 1000.5}, "amount", Reject.BAD_AMOUNT),
        ({"amount": -5}, "amount", Reject.BAD_AMOUNT),
        ({"fee": None}, "fee", Reject.BAD_AMOUNT),
        ({"fee": True}, "fee", Reject.BAD_AMOUNT),
        ({"currency": "Rs"}, "currency", Reject.BAD_CURRENCY),
        ({"created_at": "yesterday"}, "created_at", Reject.BAD_TIME),
        ({"settled_at": "soon"}, "settled_at", Reject.BAD_TIME),
        ({"settled": "perhaps"}, "settled", Reject.UNKNOWN_TYPE),
        ({"entity_id": None}, "entity_id", Reject.MISSING_VALUE),
        ({"type": ""}, "type", Reject.MISSING_VALUE),
    ],
)
def test_row_that_cannot_be_read_is_named(change, column, code):
    found = parsed({**SALE, **change}, RAZORPAY_ITEMS[1])

    assert [(one.row_no, one.code, one.column) for one in found.rejections] == [(1, code, column)]
    assert (found.rows_in, found.lines.height) == (2, 1)


def test_other_files_are_refused_by_name():
    csv = b"entity_id,type,debit,credit,amount,currency,fee,tax,settlement_id\npay_1,payment,0,976.40,1000.00,INR,23.60,3.60,setl_1\n"

    assert statement.recognise("recon.csv", csv) == "csv"
    assert (refusal(csv).code, refusal(csv).params["found"]) == (Refusal.OTHER_REPORT, "CSV")
    assert refusal(b'{"entity": "refund", "id": "rfnd_1"}').code == Refusal.OTHER_REPORT
    assert refusal(b'{"items": [{"entity_id": "pay_1"}]}').code == Refusal.OTHER_LAYOUT
    assert refusal(b'{"items": [7]}').params["reason"] == "not_json"
    assert refusal(razorpay()[:-20]).params["reason"] == "not_json"
    assert refusal(razorpay().replace(b'"fee": 2360', b'"fee": 2360, "fee": 1')).params["reason"] == "not_json"
    assert refusal(b"[" * 100000).params["reason"] == "not_json"
    assert refusal(b" \r\n").code == Refusal.EMPTY
    assert refusal(b'{"items": "\xff"}').code == Refusal.ENCODING
