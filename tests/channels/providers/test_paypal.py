"""PayPal's settlement report: signs, hundredths, currencies, sections, withdrawals, footers."""

from datetime import UTC, date, datetime

import pytest

from apps.channels.contracts import FileRefused, Refusal, Reject
from apps.channels.providers.paypal import codes, statement
from tests.channels.providers import bills
from tests.channels.providers.bills_abroad import PAYPAL_COLUMNS, PAYPAL_FEET, PAYPAL_ROWS, paypal, paypal_row


def parsed(data: bytes | None = None, **changes):
    return statement.parse(bills.file_of("paypal", data, **changes))


def refusal(data: bytes, **changes) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        parsed(data, **changes)
    return caught.value


def wrong(found) -> list[tuple]:
    return [(total.name, total.stated, total.computed) for total in found.totals if not total.agrees]


def test_rows_become_signed_lines():
    lines = parsed().lines

    figures = lines.select("row_no", "kind", "provider_ref", "provider_refund_ref", "currency", "gross", "fee", "net").rows()
    assert figures == [
        (5, "payment", "8AB10000001", "", "USD", 13707, -527, 13180),
        (6, "payment", "8AB10000002", "", "USD", 23326, -863, 22463),
        (7, "refund", "7ZZ10000009", "8AB10000003", "USD", -3000, 87, -2913),
        (8, "dispute", "7ZZ10000008", "8AB10000004", "USD", -999, 0, -999),
        (9, "fee", "8AB10000004", "", "USD", -2000, 0, -2000),
        (10, "payment", "8AB10000006", "", "JPY", 100, -4, 96),
        (11, "conversion", "8AB10000006", "", "JPY", -96, 0, -96),
        (12, "conversion", "8AB10000006", "", "USD", 64, 0, 64),
        (13, "reserve", "8AB10000001", "", "USD", -500, 0, -500),
        (14, "payout", "", "", "USD", -29295, 0, -29295),
    ]
    assert lines["merchant_ref"][:3].to_list() == ["QT260913-9.1", "QT260913-5.1", "QT260910-2.1"]
    assert lines["refund_ref"].to_list() == ["", "", "RF1", *[""] * 7]
    assert (lines["occurred_at"][0], lines["business_date"][9]) == (datetime(2026, 9, 13, 11, 6, 9, tzinfo=UTC), date(2026, 9, 13))


def test_account_days_and_totals_are_those_of_the_report():
    found = parsed()

    assert (found.layout, found.account, found.first_day, found.last_day) == ("stl", "EZ7QINGTIAN", date(2026, 9, 13), date(2026, 9, 13))
    assert parsed(name="report.csv").first_day == date(2026, 9, 13)
    assert wrong(found) == []
    named = {total.name: total.computed for total in found.totals}
    assert named["SF USD gross credits"] == 37097
    assert named["RF JPY gross debits"] == 96
    assert named["SF USD available balance"] == 1500
    assert (named["SC rows"], named["RC rows"], named["FF rows"]) == (10, 10, 10)


def test_both_halves_of_a_conversion_share_the_number_of_what_was_converted():
    halves = parsed().lines.filter(kind="conversion").select("line_ref", "currency", "net").rows()

    assert halves == [("8AB10000006", "JPY", -96), ("8AB10000006", "USD", 64)]


def test_lines_go_with_the_next_withdrawal_of_their_currency():
    late = paypal_row("8AB10000011", "QT260913-8.1", "", "T0006", "23:59:50", "CR", 1000, "USD", 40)
    own = parsed().lines
    later = parsed(paypal((*PAYPAL_ROWS, late))).lines

    assert dict(own.group_by("currency", "payout_ref").len().select("currency", "len").filter(currency="JPY").rows()) == {"JPY": 2}
    assert set(own.filter(currency="USD")["payout_ref"]) == {"1008228000795"}
    assert set(own.filter(currency="JPY")["payout_ref"]) == {""}
    assert later["payout_ref"].to_list()[-2:] == ["1008228000795", ""]


def test_withdrawal_that_is_the_whole_sum_took_what_was_booked_seconds_later_too():
    late = paypal_row("8AB10000011", "QT260913-8.1", "", "T0006", "23:59:50", "CR", 1000, "USD", 40)
    whole = paypal_row("8AB10000010", "", "", "T0400", "23:59:20", "DR", 36603, "USD", bank="1008228000795")
    rows = (*PAYPAL_ROWS[:2], whole, late)

    assert parsed(paypal(rows)).lines["payout_ref"].to_list() == ["1008228000795"] * 4


def test_footers_that_differ_are_told_with_both_figures():
    more = (PAYPAL_FEET[0].replace("37097", "37197"), PAYPAL_FEET[1])
    unbalanced = (PAYPAL_FEET[0].replace('"CR",1500', '"CR",700', 1), PAYPAL_FEET[1])

    assert wrong(parsed(paypal(feet=more))) == [
        ("SF USD gross credits", 37197, 37097),
        ("RF USD gross credits", 37197, 37097),
    ]
    assert wrong(parsed(paypal(feet=unbalanced)))[0] == ("SF USD available balance", 1500, 700)
    assert wrong(parsed(paypal(feet=PAYPAL_FEET[:1]))) == [
        ("SF JPY gross credits", 0, 100),
        ("SF JPY gross debits", 0, 96),
        ("SF JPY fee debits", 0, 4),
    ]
    assert wrong(parsed(paypal(count=9))) == [("SC rows", 9, 10), ("RC rows", 9, 10), ("FF rows", 9, 10)]


def test_sections_and_parts_are_read_as_one_file():
    first, second = paypal(PAYPAL_ROWS[:2], feet=()).decode().lstrip("\ufeff"), paypal(PAYPAL_ROWS[2:], feet=()).decode()
    both = first + second.lstrip("\ufeff").partition("\r\n")[2]

    found = parsed(both.encode())

    assert (found.rows_in, found.lines["row_no"].to_list()) == (10, [5, 6, *range(13, 21)])
    assert [total.stated for total in found.totals if total.name == "FF rows"] == [10]


def test_excerpt_without_heads_and_feet_is_read():
    lines = paypal().decode().lstrip("\ufeff").splitlines()
    excerpt = "\n".join([lines[2], PAYPAL_COLUMNS, *PAYPAL_ROWS])

    assert parsed(excerpt.encode()).lines.drop("row_no").equals(parsed().lines.drop("row_no"))


@pytest.mark.parametrize(
    ("code", "side", "kind"),
    [
        ("T0006", "CR", "payment"),
        ("T0006", "DR", "adjustment"),
        ("T0106", "DR", "fee"),
        ("T0201", "DR", "conversion"),
        ("T0300", "CR", "adjustment"),
        ("T0401", "DR", "payout"),
        ("T1106", "DR", "dispute"),
        ("T1107", "DR", "refund"),
        ("T1108", "CR", "fee"),
        ("T1111", "CR", "reserve"),
        ("T1202", "CR", "dispute_reversal"),
        ("T1503", "DR", "reserve"),
        ("T2101", "DR", "reserve"),
        ("T9900", "CR", "adjustment"),
        ("T4400", "CR", ""),
        ("X0006", "CR", ""),
        ("T00", "CR", ""),
    ],
)
def test_event_codes(code, side, kind):
    assert codes.kind_of(code, side) == kind


def test_authorisation_and_pending_rows_move_nothing():
    held = paypal_row("8AB10000012", "QT1", "", "T1300", "09:00:00", "DR", 5000, "USD")
    columns, row = PAYPAL_COLUMNS + ',"Transactional Status"', PAYPAL_ROWS[0]

    assert parsed(paypal((held,), feet=())).lines.select("kind", "gross", "net").rows() == [("adjustment", 0, 0)]
    states = parsed(paypal([f'{row},"{state}"' for state in ("S", "P", "D", "V")], columns=columns, feet=()))
    assert (states.layout, states.lines["net"].to_list()) == ("trr", [13180, 0, 0, 13180])


@pytest.mark.parametrize(
    ("old", "new", "column", "code"),
    [
        (",23326,", ",1e400,", "Gross Transaction Amount", Reject.BAD_AMOUNT),
        (",23326,", ",-23326,", "Gross Transaction Amount", Reject.BAD_AMOUNT),
        (",23326,", ",233.26,", "Gross Transaction Amount", Reject.BAD_AMOUNT),
        (',"CR",23326', ',"XX",23326', "Transaction Debit or Credit", Reject.BAD_AMOUNT),
        (',863,"USD"', ',863,"EUR"', "Fee Currency", Reject.BAD_CURRENCY),
        (',23326,"USD"', ',23326,"US"', "Gross Transaction Currency", Reject.BAD_CURRENCY),
        ('"T0006"', '"T4406"', "Transaction Event Code", Reject.UNKNOWN_TYPE),
        ('"SB"', '"SX"', "CH", Reject.UNKNOWN_TYPE),
        ("8AB10000002", "", "Transaction ID", Reject.MISSING_VALUE),
        (" -0700,2026", " soon,2026", "Transaction Initiation Date", Reject.BAD_TIME),
        ('"QT260913-5.1"', '"QT260913-5.1",""', "", Reject.COLUMN_COUNT),
    ],
)
def test_row_that_cannot_be_read_is_named(old, new, column, code):
    found = parsed(paypal((PAYPAL_ROWS[0], PAYPAL_ROWS[1].replace(old, new, 1)), feet=()))

    assert [(one.row_no, one.code, one.column) for one in found.rejections] == [(6, code, column)]
    assert (found.rows_in, found.lines.height) == (2, 1)


def test_half_a_yen_is_refused_and_thousandths_are_filled():
    yen = paypal_row("8AB10000006", "QT1", "", "T0006", "07:00:00", "CR", 10050, "JPY")
    dinar = paypal_row("8AB10000007", "QT2", "", "T0006", "07:00:00", "CR", 1234, "KWD")

    found = parsed(paypal((yen, dinar), feet=()))

    assert [(one.row_no, one.code) for one in found.rejections] == [(5, Reject.EXCESS_DIGITS)]
    assert found.lines["gross"].to_list() == [12340]


def test_a_report_whose_every_row_is_torn_names_each_and_has_no_lines():
    row = paypal_row("8AB10000006", "QT1", "", "T0006", "07:00:00", "CR", 10000, "USD")
    text = paypal((row,), feet=()).decode()
    torn = "\n".join(f'{line},"too","many"' if line.startswith('"SB"') else line for line in text.splitlines())

    found = parsed(torn.encode())

    assert ([one.row_no for one in found.rejections], found.lines.height, found.rows_in) == ([5], 0, 1)


def test_other_reports_and_broken_files_are_named():
    disputes = b'"CH","Case type","Case ID","Original transaction ID","Transaction date","Response due date","Disputed amount"\n'
    activity = b'"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net","From Email Address"\n'
    text = paypal().decode()

    assert refusal(disputes).params["found"] == "DDR disputes"
    assert refusal(activity).params["found"] == "Activity download"
    assert refusal(text.partition('"FF"')[0].encode()).params == {"row": 20, "wanted": "FF"}
    assert refusal(text.replace('"SC",10\r\n', "").encode()).params["wanted"] == "SC"
    assert refusal(text.replace('"SC",10', PAYPAL_ROWS[0] + '\r\n"SC",10').encode()).params["reason"] == "after_end"
    assert refusal((text + PAYPAL_ROWS[0]).encode()).params["reason"] == "after_end"
    assert refusal(text.replace('"SC",10', '"SC",ten').encode()).params["reason"] == "total"
    assert refusal(text.replace('"Fee Amount"', '"Fee"').encode()).params["missing"] == ["Fee Amount"]
    assert refusal(paypal(), account="OTHER").code == Refusal.OTHER_ACCOUNT
    assert refusal(b'{"transaction_details": []}').params["reason"] == "json"
