"""Stripe's payout reconciliation report: kinds, references, currencies, payout dates."""

from datetime import UTC, date, datetime

import pytest

from apps.channels.contracts import FileRefused, Refusal, Reject
from apps.channels.providers.stripe import statement
from tests.channels.providers import bills


def refusal(data: bytes, **changes) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        statement.parse(bills.file_of("stripe", data, **changes))
    return caught.value


def test_rows_become_signed_lines():
    parsed = statement.parse(bills.file_of("stripe"))

    figures = parsed.lines.select("row_no", "kind", "provider_ref", "provider_refund_ref", "line_ref", "gross", "fee", "net").rows()
    assert figures == [
        (2, "payment", "pi_1", "", "txn_1", 20968, -168, 20800),
        (3, "payment", "pi_2", "", "txn_2", 9900, -317, 9583),
        (4, "refund", "pi_2", "re_3", "txn_3", -1000, 0, -1000),
        (5, "dispute", "pi_1", "du_4", "txn_4", -3000, -1500, -4500),
        (6, "fee", "", "", "txn_5", -50, 0, -50),
    ]
    assert parsed.lines["merchant_ref"].to_list() == ["QT260905-11.1", "QT260905-7.1", "QT260905-7.1", "QT260905-11.1", ""]
    assert parsed.lines["refund_ref"].to_list() == ["", "", "RF1", "", ""]
    assert parsed.lines["method"].to_list() == ["bank_transfer", "", "", "", ""]
    assert parsed.lines.select("payout_ref", "payout_on").unique().rows() == [("po_1", date(2026, 9, 9))]


def test_business_date_is_in_the_channels_zone_and_the_payout_date_as_printed():
    parsed = statement.parse(bills.file_of("stripe", timezone="Asia/Tokyo", name="report.csv"))

    assert parsed.lines["occurred_at"][1] == datetime(2026, 9, 5, 13, 1, 10, tzinfo=UTC)
    assert parsed.lines["business_date"].to_list()[2] == date(2026, 9, 6)
    assert (parsed.first_day, parsed.last_day) == (date(2026, 9, 9), date(2026, 9, 9))


def test_each_row_is_read_in_its_own_currency():
    yen = bills.STRIPE_ROWS[1].replace("usd,99.00,3.17,95.83", "jpy,9900,317,9583")
    half_a_yen = bills.STRIPE_ROWS[1].replace("usd,99.00,3.17,95.83", "jpy,99.5,3.5,96")

    parsed = statement.parse(bills.file_of("stripe", bills.stripe((bills.STRIPE_ROWS[0], yen, half_a_yen))))

    assert parsed.lines.select("currency", "gross", "net").rows() == [("USD", 20968, 20800), ("JPY", 9900, 9583)]
    assert [(found.row_no, found.code, found.column) for found in parsed.rejections] == [(4, Reject.EXCESS_DIGITS, "gross")]


def test_unknown_category_is_kept_as_an_adjustment_with_its_net():
    row = bills.STRIPE_ROWS[4].replace(",-0.50,0.00,-0.50,fee,", ",-1.50,-0.25,-1.75,something_new,")

    parsed = statement.parse(bills.file_of("stripe", bills.stripe((row,))))

    assert parsed.lines.select("kind", "gross", "fee", "other", "net").rows() == [("adjustment", -150, 25, -50, -175)]


def test_reference_key_can_be_chosen():
    columns = bills.STRIPE_COLUMNS.replace("payment_metadata[merchant_ref]", "payment_metadata[shop_no]")

    default = statement.parse(bills.file_of("stripe", bills.stripe(columns=columns)))
    chosen = statement.parse(bills.file_of("stripe", bills.stripe(columns=columns), mapping={"merchant_ref_key": "shop_no"}))

    assert (default.lines["merchant_ref"][0], chosen.lines["merchant_ref"][0]) == ("", "QT260905-11.1")


def test_cell_over_two_lines_keeps_the_rows_numbers():
    data = bills.stripe().replace("Café".encode(), b'"two\nlines, ""quoted"""', 1)

    parsed = statement.parse(bills.file_of("stripe", data))

    assert parsed.lines["row_no"].to_list() == [2, 3, 5, 6, 7]
    assert parsed.lines["gross"].sum() == statement.parse(bills.file_of("stripe")).lines["gross"].sum()


def test_file_of_many_blocks_is_read_as_one(monkeypatch):
    whole = statement.parse(bills.file_of("stripe"))
    monkeypatch.setattr("apps.channels.delimited.BLOCK", 200)

    assert statement.parse(bills.file_of("stripe")).lines.equals(whole.lines)


def test_other_reports_and_broken_files_are_named():
    payments = b"id,Created (UTC),Amount,Amount Refunded,Currency,Converted Amount\n"

    assert refusal(payments).params["found"] == "Payments export"
    assert (
        refusal(bills.stripe(columns=bills.STRIPE_COLUMNS.replace("automatic_payout_id,", "payout,"))).params["found"] == "Balance report"
    )
    assert refusal(bills.stripe(columns=bills.STRIPE_COLUMNS.replace("source_id", "source"))).params["missing"] == ["source_id"]
    assert refusal(bills.stripe() + b'po_1,"never closed\n').params == {"row": 7, "reason": "quotes"}
    assert refusal(bills.stripe() + b"\xff\n").params == {"row": 7, "encodings": ["utf-8"]}
    assert refusal(b'{"object": "charge"}').params["reason"] == "json"
    assert refusal(b" \r\n,,").code == Refusal.EMPTY
    assert refusal(bills.stripe(()), name="report.csv").code == Refusal.NO_DAY


@pytest.mark.parametrize(
    ("old", "new", "column", "code"),
    [
        ("95.83", "95.84", "net", Reject.NET_DIFFERS),
        (",usd,", ",us,", "currency", Reject.BAD_CURRENCY),
        ("99.00", "1e400", "gross", Reject.BAD_AMOUNT),
        ("txn_2", "", "balance_transaction_id", Reject.MISSING_VALUE),
        ("2026-09-05 13:01:10,2026", "never,2026", "created_utc", Reject.BAD_TIME),
        (",Café,", ",Café,,", "", Reject.COLUMN_COUNT),
    ],
)
def test_row_that_cannot_be_read_is_named(old, new, column, code):
    rows = (bills.STRIPE_ROWS[0], bills.STRIPE_ROWS[1].replace(old, new), bills.STRIPE_ROWS[2])

    parsed = statement.parse(bills.file_of("stripe", bills.stripe(rows)))

    assert [(found.row_no, found.code, found.column) for found in parsed.rejections] == [(3, code, column)]
    assert (parsed.rows_in, parsed.lines.height) == (3, 2)
