"""Adyen's settlement details report: kinds, fees, converted rows, time zones, batches and their payouts."""

from datetime import UTC, date, datetime

import pytest

from apps.channels.contracts import FileRefused, Refusal, Reject
from apps.channels.providers.adyen import codes, statement
from tests.channels.providers import bills
from tests.channels.providers.bills_abroad import ADYEN_COLUMNS, ADYEN_ROWS, adyen

SALE, PAYOUT = ADYEN_ROWS[0], ADYEN_ROWS[-1]


def parsed(rows=ADYEN_ROWS, **changes):
    return statement.parse(bills.file_of("adyen", adyen(rows), **changes))


def refusal(data: bytes, **changes) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        statement.parse(bills.file_of("adyen", data, **changes))
    return caught.value


def test_rows_become_signed_lines_in_the_currency_that_is_paid_out():
    found = parsed()

    figures = found.lines.select("row_no", "kind", "provider_ref", "provider_refund_ref", "gross", "fee", "other", "net").rows()
    assert figures == [
        (2, "payment", "KX7IY8MAQ0000357", "", 15574, -213, 0, 15361),
        (3, "payment", "KX7IY8MAQ0000401", "", 2000, -60, 0, 1940),
        (4, "refund", "KX7IY8MAQ0000300", "QCDZQ9RTZ0000500", -1000, 0, 0, -1000),
        (5, "dispute", "KX7IY8MAQ0000290", "QCDZQ9RTZ0000501", -5097, -750, 0, -5847),
        (6, "payment", "KX7IY8MAQ0000403", "", 1171, -20, 0, 1151),
        (7, "fee", "", "", -118, 0, 0, -118),
        (8, "payout", "", "", -11487, 0, 0, -11487),
    ]
    assert set(found.lines["currency"]) == {"EUR"}
    assert found.lines["refund_ref"].to_list() == ["", "", "RF1", "", "", "", ""]
    assert found.lines["line_ref"].to_list()[4:] == ["QCDZQ9RTZ0000404", "Transaction Fees 2026-09-03", "TX99296000767XT"]
    assert found.lines["method"].to_list() == ["credit_card", "apple_pay", "credit_card", "bank_transfer", "credit_card", "", ""]


def test_a_batch_is_paid_by_its_payout_row():
    found = parsed()

    assert found.lines.select("payout_ref", "payout_on").unique().rows() == [("TX99296000767XT", date(2026, 9, 8))]
    assert found.lines.filter(kind="payout")["net"].sum() == -found.lines.filter(found.lines["kind"] != "payout")["net"].sum()
    assert (found.account, found.first_day, found.last_day) == ("QingtianCOM", date(2026, 9, 8), date(2026, 9, 8))


def test_batches_are_kept_apart_and_one_without_payout_waits():
    open_batch = SALE.replace(",,12", ",,13").replace("QCDZQ9RTZ0000358", "QCDZQ9RTZ0000777")

    found = parsed((*ADYEN_ROWS, open_batch)).lines

    assert found.select("payout_ref", "payout_on").rows()[-2:] == [("TX99296000767XT", date(2026, 9, 8)), ("", None)]


def test_clock_is_read_in_the_zone_that_stands_beside_it():
    found = parsed((SALE, SALE.replace("CEST", "PST"), SALE.replace("CEST", "ACST"), PAYOUT)).lines

    assert found["occurred_at"].to_list()[:3] == [
        datetime(2026, 9, 3, 10, 45, 1, tzinfo=UTC),
        datetime(2026, 9, 3, 20, 45, 1, tzinfo=UTC),
        datetime(2026, 9, 3, 3, 15, 1, tzinfo=UTC),
    ]
    late = parsed((SALE.replace("12:45:01", "23:30:00").replace("CEST", "PDT"), PAYOUT)).lines
    assert late["business_date"][0] == date(2026, 9, 4)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Settled", "payment"),
        ("RefundedReversed", "adjustment"),
        ("SecondChargeback", "dispute"),
        ("ChargebackReversed", "dispute_reversal"),
        ("InvoiceDeduction", "fee"),
        ("ReserveAdjustment", "reserve"),
        ("DepositCorrection", "reserve"),
        ("Balancetransfer", "adjustment"),
        ("SomethingNew", "adjustment"),
    ],
)
def test_record_types(word, kind):
    assert codes.kind_of(word) == kind


def test_movement_the_other_way_round_is_an_adjustment_with_its_net():
    odd = SALE.replace("EUR,,155.74,1,EUR,,153.61", "EUR,155.74,,1,EUR,157.87,")

    assert parsed((odd, PAYOUT)).lines.select("kind", "gross", "fee", "net").rows()[0] == ("adjustment", -15574, -213, -15787)


def test_net_of_what_is_no_sale_stands_as_it_is():
    moved = SALE.replace("Settled", "Balancetransfer").replace("153.61", "150.00")

    assert parsed((moved, PAYOUT)).lines.select("gross", "fee", "other", "net").rows()[0] == (15574, -213, -361, 15000)


def test_fees_with_more_digits_are_rounded_once_and_the_rest_is_kept():
    fine = SALE.replace("0.65,0.31,1.17", "0.651,0.3112,1.1700")

    assert parsed((fine, PAYOUT)).lines.select("fee", "other", "fee_residue").rows()[0] == (-213, 0, -220000)


@pytest.mark.parametrize(
    ("old", "new", "column", "code"),
    [
        ("153.61", "153.60", "Net Credit (NC)", Reject.NET_DIFFERS),
        ("153.61", "153.6101", "Net Credit (NC)", Reject.EXCESS_DIGITS),
        ("155.74", "free", "Gross Credit (GC)", Reject.BAD_AMOUNT),
        ("0.31", "1e5", "Scheme Fees (NC)", Reject.BAD_AMOUNT),
        ("1,EUR,,153.61", "1,EU,,153.61", "Net Currency", Reject.BAD_CURRENCY),
        ("2026-09-03 12:45:01", "soon", "Creation Date", Reject.BAD_TIME),
        ("CEST", "XYZ", "TimeZone", Reject.BAD_TIME),
        ("Settled", "", "Type", Reject.MISSING_VALUE),
        ("visaclassic,,12", "visaclassic,,", "Batch Number", Reject.MISSING_VALUE),
        ("visaclassic,,12", "visaclassic,,12,13", "", Reject.COLUMN_COUNT),
    ],
)
def test_row_that_cannot_be_read_is_named(old, new, column, code):
    found = parsed((SALE.replace(old, new), *ADYEN_ROWS[1:]))

    assert [(one.row_no, one.code, one.column) for one in found.rejections] == [(2, code, column)]
    assert (found.rows_in, found.lines.height) == (7, 6)


def test_other_reports_and_accounts_are_named():
    accounting = b"Company Account,Merchant Account,Psp Reference,Merchant Reference,Record Type,Main Amount\n"
    two = adyen((SALE, SALE.replace("QingtianCOM", "QingtianEU")))

    assert refusal(accounting).params["found"] == "Payments accounting report"
    assert statement.recognise("x.csv", accounting) == "other"
    assert refusal(adyen(columns=ADYEN_COLUMNS.replace("Markup (NC)", "Markup"))).params["missing"] == ["Markup (NC)"]
    assert refusal(two).params == {"expected": "QingtianCOM", "found": "QingtianEU"}
    assert refusal(adyen(), account="Another").params == {"expected": "Another", "found": "QingtianCOM"}
    assert refusal(adyen(()), name="batch.csv").code == Refusal.NO_DAY
