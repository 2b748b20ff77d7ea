"""Shopify Payments' export: layouts, kinds, currency signs, rows that wait for their payout."""

from datetime import UTC, date, datetime

import pytest

from apps.channels.contracts import FileRefused, Refusal, Reject
from apps.channels.providers.shopify import statement
from tests.channels.providers import bills
from tests.channels.providers.bills_abroad import SHOPIFY_COLUMNS, SHOPIFY_ROWS, shopify, shopify_payouts
from tests.channels.providers.bills_abroad import SHOPIFY_PAYOUT_ROWS as PAYOUT_ROWS

SALE = SHOPIFY_ROWS[0]


def parsed(rows=SHOPIFY_ROWS, columns=SHOPIFY_COLUMNS, **changes):
    return statement.parse(bills.file_of("shopify", shopify(rows, columns=columns), **changes))


def refusal(data: bytes, **changes) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        statement.parse(bills.file_of("shopify", data, **changes))
    return caught.value


def without(names: tuple[str, ...], rows=SHOPIFY_ROWS) -> bytes:
    """The same export without some of its columns."""
    columns = SHOPIFY_COLUMNS.split(",")
    keep = [at for at, name in enumerate(columns) if name not in names]
    lines = [columns, *(row.split(",") for row in rows)]
    return "\n".join(",".join(cells[at] for at in keep) for cells in lines).encode()


def test_rows_become_signed_lines():
    found = parsed()

    assert found.lines.select("row_no", "kind", "merchant_ref", "gross", "fee", "other", "net").rows() == [
        (2, "payment", "#1001", 3000, -75, 0, 2925),
        (3, "refund", "#1001", -500, 0, 0, -500),
        (4, "payment", "#1002", 123450, -2210, 0, 121240),
        (5, "dispute", "#1003", -4000, -1500, 0, -5500),
        (6, "adjustment", "", -150, 25, -50, -175),
    ]
    assert found.lines.select("payout_ref", "payout_on").rows()[1:3] == [("123456789", date(2026, 10, 6)), ("987654321", date(2026, 10, 8))]
    assert found.lines["occurred_at"][0] == datetime(2026, 10, 3, 8, 12, 31, tzinfo=UTC)
    assert found.lines["method"].to_list() == ["credit_card", "credit_card", "apple_pay", "credit_card", ""]
    assert (found.layout, found.first_day, found.last_day) == ("transactions_17", date(2026, 10, 6), date(2026, 10, 8))


@pytest.mark.parametrize(
    ("gone", "layout"),
    [
        (("Payout ID", "Presentment Amount", "Presentment Currency", "Currency"), "transactions_13"),
        (("Payout ID",), "transactions_16"),
    ],
)
def test_older_layouts_come_to_the_same_money(gone, layout):
    found = statement.parse(bills.file_of("shopify", without(gone)))

    assert found.layout == layout
    assert found.lines.select("kind", "currency", "gross", "fee", "net", "payout_on").equals(
        parsed().lines.select("kind", "currency", "gross", "fee", "net", "payout_on")
    )
    assert set(found.lines["payout_ref"]) == {""}


def test_vat_in_a_column_of_its_own_is_other():
    columns, rows = SHOPIFY_COLUMNS + ",VAT", [SALE.replace("29.25", "29.11") + ",0.14", SHOPIFY_ROWS[1] + ",0.00"]

    assert parsed(rows, columns).lines.select("gross", "fee", "other", "net").rows()[0] == (3000, -75, -14, 2911)
    broken = parsed([rows[0].replace("0.14", "0.15")], columns).rejections
    assert [(one.row_no, one.code) for one in broken] == [(2, Reject.NET_DIFFERS)]


def test_currency_signs_and_dates_of_spreadsheets_are_read():
    signed = SALE.replace(",30.00,0.75,29.25,", ",$30.00,$0.75,$29.25,").replace("paid,2026-10-06", "paid,2026/10/6", 1)
    negative = SHOPIFY_ROWS[1].replace(",-5.00,0.00,-5.00,", ",-$5.00,€0.00,-$5.00,")

    lines = parsed((signed, negative)).lines

    assert lines.select("gross", "fee", "net").rows() == [(3000, -75, 2925), (-500, 0, -500)]
    assert lines["payout_on"].to_list() == [date(2026, 10, 6)] * 2


def test_row_without_payout_moves_nothing_until_it_comes_again_with_one():
    waiting = SALE.replace("paid,2026-10-06,123456789,2026-10-06", "pending,,,2026-10-06")
    before, after = parsed((waiting,)).lines, parsed((SALE,)).lines

    assert before.select("gross", "fee", "net", "payout_ref", "payout_on").rows() == [(0, 0, 0, "", None)]
    assert before["row_hash"][0] != after["row_hash"][0]


def test_what_changes_about_a_payout_makes_no_other_row():
    paid, earlier = parsed((SALE,)).lines, SALE.replace("paid,2026-10-06", "in_transit,2026-10-05")

    assert parsed((earlier,)).lines["row_hash"].equals(paid["row_hash"])
    pending = without(("Payout ID",), (SALE.replace("paid", "pending"),))
    assert statement.parse(bills.file_of("shopify", pending)).lines["row_hash"][0] != paid["row_hash"][0]


@pytest.mark.parametrize(
    ("word", "amounts", "kind"),
    [
        ("dispute", ",40.00,0.00,40.00,", "dispute_reversal"),
        ("charge", ",-30.00,0.75,-30.75,", "adjustment"),
        ("reserve", ",-30.00,0.00,-30.00,", "reserve"),
        ("payout", ",-30.00,0.00,-30.00,", "payout"),
        ("anything_new", ",-30.00,0.00,-30.00,", "adjustment"),
    ],
)
def test_kinds(word, amounts, kind):
    row = SALE.replace(",charge,", f",{word},").replace(",30.00,0.75,29.25,", amounts)

    assert parsed((row,)).lines["kind"].to_list() == [kind]


@pytest.mark.parametrize(
    ("old", "new", "column", "code"),
    [
        (",29.25,", ",29.24,", "Net", Reject.NET_DIFFERS),
        (",30.00,0.75", ",free,0.75", "Amount", Reject.BAD_AMOUNT),
        (",0.75,", ",0.755,", "Fee", Reject.EXCESS_DIGITS),
        (",EUR,EUR", ",EUR,EU", "Currency", Reject.BAD_CURRENCY),
        ("2026-10-03 10:12:31", "soon", "Transaction Date", Reject.BAD_TIME),
        ("paid,2026-10-06,", "paid,soon,", "Payout Date", Reject.BAD_TIME),
        (",charge,", ",,", "Type", Reject.MISSING_VALUE),
        (",EUR,EUR", ",EUR,EUR,EUR", "", Reject.COLUMN_COUNT),
    ],
)
def test_row_that_cannot_be_read_is_named(old, new, column, code):
    found = parsed((SALE.replace(old, new), *SHOPIFY_ROWS[1:]))

    assert [(one.row_no, one.code, one.column) for one in found.rejections] == [(2, code, column)]
    assert found.lines.height == 4


def test_a_summary_announces_payouts_that_are_sent():
    found = statement.parse(bills.file_of("shopify/payouts"))

    assert statement.recognise("payouts.csv", shopify_payouts()) == "payouts"
    assert (found.layout, found.lists, found.first_day, found.last_day) == ("payouts", "payouts", date(2026, 10, 6), date(2026, 10, 9))
    assert found.lines.select("row_no", "kind", "currency", "gross", "fee", "net", "business_date", "payout_on", "payout_ref").rows() == [
        (2, "payout", "EUR", -2425, 0, -2425, date(2026, 10, 6), date(2026, 10, 6), ""),
        (3, "payout", "EUR", -115565, 0, -115565, date(2026, 10, 8), date(2026, 10, 8), ""),
        (4, "payout", "EUR", 0, 0, 0, date(2026, 10, 9), None, ""),
    ]


def test_a_payout_on_its_way_and_arrived_is_the_same_row_and_one_that_failed_is_another():
    def row(status):
        (line,) = statement.parse(bills.file_of("shopify", shopify_payouts((PAYOUT_ROWS[0].replace("paid", status),)))).lines.rows(
            named=True
        )
        return line

    assert row("in_transit")["row_hash"] == row("paid")["row_hash"] != row("failed")["row_hash"]
    assert (row("failed")["net"], row("canceled")["payout_on"]) == (0, None)


@pytest.mark.parametrize(
    ("old", "new", "column", "code"),
    [
        (",24.25,", ",24.255,", "Total", Reject.EXCESS_DIGITS),
        (",24.25,", ",much,", "Total", Reject.BAD_AMOUNT),
        ("2026-10-06", "soon", "Payout Date", Reject.BAD_TIME),
        (",paid,", ",,", "Status", Reject.MISSING_VALUE),
        (",EUR", ",EU", "Currency", Reject.BAD_CURRENCY),
    ],
)
def test_a_row_of_the_summary_that_cannot_be_read_is_named(old, new, column, code):
    found = statement.parse(bills.file_of("shopify", shopify_payouts((PAYOUT_ROWS[0].replace(old, new), *PAYOUT_ROWS[1:]))))

    assert [(one.row_no, one.code, one.column) for one in found.rejections] == [(2, code, column)]
    assert found.lines.height == 2


def test_other_layouts_are_refused_by_name():
    assert refusal(shopify(columns=SHOPIFY_COLUMNS.replace(",Net,", ",Netto,"))).params["missing"] == ["Net"]
    assert refusal(shopify(()), name="export.csv").code == Refusal.NO_DAY
    assert refusal(b'{"transactions": []}').params["reason"] == "json"
