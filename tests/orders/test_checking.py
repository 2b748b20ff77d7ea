"""Each row of a books file ends as a good row or with a reason for each bad cell; no database."""

import csv
import io
import os
from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.orders.errors import REASONS, BooksEmpty, BooksNotText, BooksRefused, BooksWrongColumns, reason
from apps.orders.ingest.books import PAYMENT_COLUMNS, check_payments, check_refunds
from apps.orders.ingest.times import moments
from apps.orders.ingest.workbook import as_csv
from tests.orders.files import numbered, payments_csv, refunds_csv

CHANNELS = pl.DataFrame(
    {"code": ["ecpay", "stripe", "paypay"], "channel_id": [1, 2, 3], "timezone": ["Asia/Taipei", "UTC", "Asia/Tokyo"]},
)


def faults(checked) -> list[tuple]:
    return checked.rejected.rows()


def test_a_good_row_is_read_to_the_cent_and_the_second():
    checked = check_payments(payments_csv({}, {"merchant_ref": " ='A10294'\t", "amount": '"1,280.50"'.strip('"')}), CHANNELS)

    assert faults(checked) == []
    first, second = checked.rows.to_dicts()
    assert (first["row_no"], first["channel_id"], first["amount_minor"], first["order_total_minor"]) == (2, 1, 128000, 128000)
    assert first["paid_at_utc"] == datetime(2026, 11, 16, 6, 2, 18, tzinfo=UTC)
    assert first["business_date"] == date(2026, 11, 16)
    assert (second["merchant_ref"], second["merchant_ref_key"], second["amount_minor"]) == ("A10294", "a10294", 128050)


def test_the_business_date_is_the_day_in_the_zone_of_each_channel():
    late = {"paid_at": "2026-11-16T15:30:00Z"}
    rows = [{**late, "channel": code, "merchant_ref": code} for code in ("ecpay", "stripe", "paypay")]

    checked = check_payments(payments_csv(*rows), CHANNELS)

    assert checked.rows["business_date"].to_list() == [date(2026, 11, 16), date(2026, 11, 16), date(2026, 11, 17)]


def test_amounts_follow_the_exponent_of_their_own_currency():
    rows = [
        {"merchant_ref": currency, "currency": currency, "amount": amount, "order_total": amount}
        for currency, amount in [("JPY", "1280"), ("KWD", "1.234"), ("USD", "38.85")]
    ]

    assert check_payments(payments_csv(*rows), CHANNELS).rows["amount_minor"].to_list() == [1280, 1234, 3885]


BAD_CELLS = [
    ({"amount": "12.345"}, "amount", "excess_digits"),
    ({"amount": "12.5", "currency": "JPY", "order_total": "12"}, "amount", "excess_digits"),
    ({"amount": "12,34"}, "amount", "bad_amount"),
    ({"amount": "1e3"}, "amount", "bad_amount"),
    ({"amount": "NaN"}, "amount", "bad_amount"),
    ({"amount": "-1"}, "amount", "negative"),
    ({"amount": "99999999999999999999"}, "amount", "too_large"),
    ({"amount": "999999999999999"}, "amount", "too_large"),
    ({"order_total": ""}, "order_total", "missing_value"),
    ({"order_total": "-0.01"}, "order_total", "negative"),
    ({"order_no": ""}, "order_no", "missing_value"),
    ({"order_no": '="\'"'}, "order_no", "missing_value"),
    ({"order_no": "A" * 65}, "order_no", "too_long"),
    ({"merchant_ref": ""}, "merchant_ref", "missing_value"),
    ({"currency": "twd"}, "currency", "bad_currency"),
    ({"channel": "newebpay"}, "channel", "unknown_channel"),
    ({"channel": ""}, "channel", "missing_value"),
    ({"method": "cheque"}, "method", "unknown_method"),
    ({"status": "done"}, "status", "unknown_state"),
    ({"paid_at": ""}, "paid_at", "no_time"),
    ({"paid_at": "2026-11-16T14:02:18"}, "paid_at", "no_offset"),
    ({"paid_at": "2026-11-16 14:02"}, "paid_at", "no_offset"),
    ({"paid_at": "2026-02-30T14:02:18+08:00"}, "paid_at", "bad_time"),
    ({"paid_at": "2026-11-16T24:02:18+08:00"}, "paid_at", "bad_time"),
    ({"paid_at": "2026-11-16T14:02:18+25:00"}, "paid_at", "bad_time"),
    ({"paid_at": "1826-11-16T14:02:18+08:00"}, "paid_at", "bad_time"),
    ({"placed_at": "yesterday"}, "placed_at", "bad_time"),
    ({"payer_country": "Taiwan"}, "payer_country", "bad_country"),
    ({"payer_ip": "localhost"}, "payer_ip", "bad_address"),
    ({"customer_ref": "=HYPERLINK(1)"}, "customer_ref", "formula"),
    ({"customer_ref": "a\x00b"}, "customer_ref", "control_character"),
    ({"provider_ref": "a\x01b"}, "provider_ref", "control_character"),
]


@pytest.mark.parametrize(("change", "column", "code"), BAD_CELLS)
def test_a_bad_cell_is_named_and_its_row_left_out(change, column, code):
    checked = check_payments(payments_csv({}, {"merchant_ref": "B2", **change}), CHANNELS)

    assert [(row_no, at, why) for row_no, at, why, _value in faults(checked)] == [(3, column, code)]
    assert checked.rows["row_no"].to_list() == [2]
    assert checked.rows_in == 2


def test_every_fault_of_a_row_is_told_at_once():
    checked = check_payments(payments_csv({"amount": "x", "currency": "?", "status": "done", "paid_at": "never"}), CHANNELS)

    assert faults(checked) == [
        (2, "currency", "bad_currency", "?"),
        (2, "amount", "bad_amount", "x"),
        (2, "status", "unknown_state", "done"),
        (2, "paid_at", "bad_time", "never"),
    ]


def test_a_payment_that_failed_needs_no_time():
    checked = check_payments(payments_csv({"status": "failed", "paid_at": ""}), CHANNELS)

    assert checked.rows.select("paid_at_utc", "business_date").rows() == [(None, None)]


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"amount": "0"}, "amount", "not_positive"),
        ({"amount": "-5"}, "amount", "not_positive"),
        ({"refunded_at": ""}, "refunded_at", "no_time"),
        ({"status": "paid"}, "status", "unknown_state"),
        ({"merchant_ref": "", "provider_ref": ""}, "merchant_ref", "missing_value"),
        ({"refund_no": ""}, "refund_no", "missing_value"),
        ({"reason": "x" * 301}, "reason", "too_long"),
    ],
)
def test_a_bad_refund_is_named(change, column, code):
    checked = check_refunds(refunds_csv(change), CHANNELS)

    assert [(at, why) for _row, at, why, _value in faults(checked)] == [(column, code)]
    assert checked.rows.is_empty()


def test_broken_lines_keep_their_number_and_spare_their_neighbours():
    lines = payments_csv(*numbered(4)).decode().splitlines()
    lines[2] += ",more"
    lines[3] = lines[3].rsplit(",", 1)[0]
    lines.insert(4, "")
    lines.append(lines[1].replace("A1", "A9").replace("shopify", '"shop'))

    checked = check_payments(("\r\n".join(lines)).encode(), CHANNELS)

    assert [(row, code) for row, _column, code, _value in faults(checked)] == [(3, "column_count"), (4, "column_count"), (7, "open_quote")]
    assert checked.rows.select("row_no", "merchant_ref").rows() == [(2, "A1"), (6, "A4")]
    assert checked.rows_in == 5


def test_the_same_row_twice_counts_once_and_a_contradiction_is_rejected():
    checked = check_payments(payments_csv({}, {"merchant_ref": "a10293 "}, {}, {"amount": "1"}), CHANNELS)

    assert faults(checked) == [(3, "merchant_ref", "appears_twice", "2"), (5, "merchant_ref", "appears_twice", "2")]
    assert checked.rows["row_no"].to_list() == [2]
    assert (checked.rows_in, checked.rows_repeated) == (4, 1)


def test_wrong_columns_are_named():
    data = payments_csv({}).decode().replace("amount", "Betrag", 1).replace("paid_at", "amount_eur", 1).encode()

    with pytest.raises(BooksWrongColumns) as refusal:
        check_payments(data, CHANNELS)

    assert (refusal.value.missing, refusal.value.unknown, refusal.value.twice) == (["amount", "paid_at"], ["Betrag", "amount_eur"], [])


def test_columns_may_come_in_any_order_behind_a_byte_order_mark():
    data = b"\xef\xbb\xbf" + payments_csv({}, columns=tuple(reversed(PAYMENT_COLUMNS)))

    assert check_payments(data, CHANNELS).rows["amount_minor"].to_list() == [128000]


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"", BooksEmpty), (b" \r\n ", BooksEmpty), (payments_csv({}).decode().replace("C1", "顧客").encode("big5"), BooksNotText)],
)
def test_what_cannot_be_read_at_all_is_refused(data, error):
    with pytest.raises(error):
        check_payments(data, CHANNELS)


def test_a_file_longer_than_a_piece_is_read_whole(monkeypatch):
    monkeypatch.setattr("apps.orders.ingest.reading.PIECE_BYTES", 300)
    rows = numbered(50)
    rows[30]["amount"] = "x"

    checked = check_payments(payments_csv(*rows), CHANNELS)

    assert faults(checked) == [(32, "amount", "bad_amount", "x")]
    assert checked.rows["row_no"].to_list() == [*range(2, 32), *range(33, 52)]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-16T06:02:18Z",
        "2026-11-16T14:02:18+08:00",
        "2026-11-16 14:02:18+0800",
        "2026-11-16T14:02:18.000000+08:00",
        "2026-11-16T01:02:18-05:00",
    ],
)
def test_times_with_any_offset_are_one_moment(text):
    assert moments(pl.Series([text, ""])).to_list() == [datetime(2026, 11, 16, 6, 2, 18, tzinfo=UTC), None]


def test_each_code_has_a_sentence():
    assert "A9" in reason("unknown_payment", "A9")
    assert all(reason(code, "x") for code in REASONS)


def test_a_workbook_reads_like_the_csv_it_was_made_from():
    xlsxwriter = pytest.importorskip("xlsxwriter")
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for at, row in enumerate(csv.reader(io.StringIO(payments_csv({}).decode()))):
        sheet.write_row(at, 0, [float(cell) if cell in ("1280", "1280.00") else cell for cell in row])
    book.close()

    checked = check_payments(as_csv("payments.xlsx", out.getvalue()), CHANNELS)

    assert faults(checked) == []
    assert checked.rows["amount_minor"].to_list() == [128000]


def test_what_only_claims_to_be_a_workbook_is_refused():
    with pytest.raises(BooksRefused):
        as_csv("payments.xlsx", b"PK\x03\x04 nothing")


GOOD = payments_csv(*numbered(5))


@st.composite
def mutated(draw) -> bytes:
    data = bytearray(GOOD)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from(["flip", "cut", "double", "insert"])):
            case "flip":
                data[at] = draw(st.integers(0, 255))
            case "cut":
                del data[at : at + draw(st.integers(1, 60))]
            case "double":
                data[at:at] = data[at : at + draw(st.integers(1, 200))]
            case "insert":
                data[at:at] = draw(
                    st.sampled_from([b",", b'"', b"\n", b"\r", b"=", b"\x00", b"9" * 30, b"\xff", "合".encode(), b"-", b"."])
                )
        if not data:
            break
    return bytes(data)


@settings(max_examples=1_000 if os.environ.get("HYPOTHESIS_PROFILE") == "full" else 60, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_mutated_file_is_refused_or_every_row_is_accounted_for(data):
    try:
        checked = check_payments(data, CHANNELS)
    except BooksRefused:
        return

    bad = checked.rejected["row_no"].n_unique()
    assert checked.rows_in == checked.rows.height + bad + checked.rows_repeated
    assert set(checked.rejected["code"]) <= set(REASONS)
    lines = data.removeprefix(b"\xef\xbb\xbf").decode().replace("\x01", "\x02").split("\n")
    for row in checked.rows.iter_rows(named=True):
        # An accepted amount stands on its own line, to the digit.
        assert f"{row['amount_minor'] / 100:.2f}".rstrip("0").rstrip(".") in lines[row["row_no"] - 1]
