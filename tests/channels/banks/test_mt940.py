import os
from datetime import date

import pytest
from hypothesis import given

from apps.channels.banks.mt940 import parse
from apps.channels.contracts import BANK_SCHEMA, FileRefused, Refusal, Reject
from tests.channels.banks.files import MT940, MUTATIONS, SEEDS, chase, mutated


def refusal(file):
    with pytest.raises(FileRefused) as refused:
        parse(file)
    return refused.value.code, refused.value.params


def one(entry, details="", currency="EUR"):
    """A statement of one movement whose balances do not matter."""
    return chase(
        f":20:A\n:25:X\n:28C:1\n:60F:C260901{currency}0,\n{entry}\n{details}\n:62F:C260901{currency}0,\n-\n", account="", currency=currency
    )


def test_two_statements_with_references_and_line_numbers():
    bank = parse(chase())

    assert dict(bank.lines.schema) == BANK_SCHEMA
    assert bank.lines.select("row_no", "booked_on", "amount", "reference", "memo").rows() == [
        (5, date(2026, 9, 1), 5_582, "1001799000786", "PAYPAL TRANSFER /REF/1001799000786"),
        (8, date(2026, 9, 1), -300_000, "RENT-09", "OFFICE RENT"),
        (16, date(2026, 9, 2), 18_612, "po_1QabCUY2gfggh6Fr000817", "STRIPE PAYMENTS /REF/po_1QabCUY2gfggh6Fr000817"),
        (19, date(2026, 9, 2), -12, "", ""),
    ]
    assert (bank.account, bank.currency, bank.opening, bank.closing) == ("021000021/000000009012", "USD", 2_150_000, 1_874_182)
    assert [(total.stated, total.computed) for total in bank.totals] == [(1_855_582, 1_855_582), (1_874_182, 1_874_182)]
    assert (bank.first_day, bank.last_day, bank.breaks, bank.rows_in) == (date(2026, 9, 1), date(2026, 9, 2), (), 4)


def test_statements_that_do_not_follow_each_other_break_at_the_opening_balance():
    assert parse(chase(MT940.replace(":60F:C260901USD18555,82", ":60F:C260901USD18555,83"))).breaks == (15,)


def test_newest_statement_first_is_put_in_order():
    first, second = MT940.split("-\n")[:2]

    bank = parse(chase(f"{second}-\n{first}-\n"))

    assert (bank.opening, bank.closing, bank.breaks) == (2_150_000, 1_874_182, ())


def test_row_is_the_same_under_another_statement_number():
    again = MT940.replace(":20:STMT20260901", ":20:X").replace("00001/001", "00417/001").replace("\n", "\r\n")

    assert parse(chase(again)).lines["row_hash"].to_list() == parse(chase()).lines["row_hash"].to_list()
    assert parse(chase()).lines["row_hash"].n_unique() == 4


@pytest.mark.parametrize(
    ("entry", "amount", "booked"),
    [
        (":61:2609010902CR300,NTRFNONREF", 30_000, date(2026, 9, 2)),  # R is the currency's letter, not a reversal
        (":61:260901RCR300,5NTRFNONREF", -30_050, date(2026, 9, 1)),
        (":61:260901RD0,01NTRFNONREF", 1, date(2026, 9, 1)),
        (":61:2512310102D1,NTRFNONREF", -100, date(2026, 1, 2)),  # value in December, booked in January
        (":61:260901D1,00", -100, date(2026, 9, 1)),  # no type code: the library alone would lose it
    ],
)
def test_marks_dates_and_amounts(entry, amount, booked):
    bank = parse(one(entry))

    assert bank.lines.select("amount", "booked_on").row(0) == (amount, booked)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (":61:260901C12.50NTRFNONREF", Reject.BAD_AMOUNT),
        (":61:260901C1000NTRFNONREF", Reject.BAD_AMOUNT),
        (":61:260901C1,2,3NTRFNONREF", Reject.BAD_AMOUNT),
        (":61:260901C1234567890123,45NTRFNONREF", Reject.BAD_AMOUNT),  # 16 characters: never cut to 15
        (":61:260901C1,001NTRFNONREF", Reject.EXCESS_DIGITS),
        (":61:261341C1,00NTRFNONREF", Reject.BAD_TIME),
        (":61:nonsense", Reject.BAD_AMOUNT),
    ],
)
def test_movement_that_cannot_be_read_is_rejected_with_its_line(entry, code):
    bank = parse(one(entry))

    assert [(found.row_no, found.code) for found in bank.rejections] == [(5, code)]
    assert (bank.lines.height, bank.rows_in) == (0, 1)


@pytest.mark.parametrize(
    ("details", "reference", "memo"),
    [
        (":86:/EREF/A-1 B/BENM//NAME/X/REMI//ISDT/2013", "A-1 B", "/EREF/A-1 B/BENM//NAME/X/REMI//ISDT/2013"),
        (":86:166?00GUTSCHRIFT?20EREF+EndToEndIdTFNR20004000?2101?22SVWZ+Ab?23cd", "EndToEndIdTFNR2000400001",
         "166 GUTSCHRIFT EREF+EndToEndIdTFNR2000400001SVWZ+Abcd"),
        (":86:EREF+A-17 SVWZ+Rechnung", "A-17", "EREF+A-17 SVWZ+Rechnung"),
        (":86:two\nshort lines", "CUST", "two short lines"),
        (":86:first\n:86:second", "CUST", "first second"),
        (f":86:{'x' * 65}\ny", "CUST", "x" * 65 + "y"),
        (":86:PAID 2016-01-01T13\n:12:11", "CUST", "PAID 2016-01-01T13 :12:11"),
        ("", "CUST", ""),
    ],
)  # fmt: skip
def test_references_and_memos(details, reference, memo):
    bank = parse(one(":61:260901C1,00NTRFCUST//BANK", details))

    assert bank.lines.select("reference", "memo").row(0) == (reference, memo)


def test_statements_of_other_accounts_stay_in_their_own_folders():
    both = MT940.replace("021000021/000000009012", "021000021/000000007777", 1)

    assert parse(chase(both)).lines["row_no"].to_list() == [16, 19]
    assert refusal(chase(both, account=""))[0] == Refusal.OTHER_ACCOUNT
    assert refusal(chase(account="****1111")) == (Refusal.OTHER_ACCOUNT, {"expected": "****1111", "found": "021000021/000000009012"})


def test_refusals_name_the_line():
    assert refusal(chase(b"  "))[0] == Refusal.EMPTY
    assert refusal(chase("hello"))[0] == Refusal.BAD_FORMAT
    assert refusal(chase(currency="EUR")) == (Refusal.OTHER_CURRENCY, {"expected": "EUR", "found": "USD"})
    assert refusal(chase(MT940[: MT940.rindex(":62F:")])) == (Refusal.CUT_SHORT, {"row": 19, "wanted": ":62F:"})
    assert refusal(chase(MT940.replace(":20:STMT20260902", ":2O:"))) == (
        Refusal.BAD_FORMAT, {"row": 13, "reason": ":25: outside a statement"}
    )  # fmt: skip
    assert refusal(chase(MT940.replace("9012\n:28C", "9012 :28C", 1)))[0] == Refusal.BAD_FORMAT  # else taken for another account's
    assert refusal(chase(MT940.replace("USD21500,00", "USD21500.00")))[1]["row"] == 4


def test_bytes_that_name_a_local_file_do_not_open_it(tmp_path):
    secret = tmp_path / "secret.sta"
    secret.write_text(MT940)

    assert refusal(chase(os.fsencode(secret)))[0] == Refusal.BAD_FORMAT


@MUTATIONS
@given(SEEDS)
def test_injured_files_are_refused_flagged_or_consistent(seed):
    try:
        bank = parse(chase(mutated(MT940.encode(), seed)))
    except FileRefused:
        return

    assert bank.rows_in == bank.lines.height + len(bank.rejections)
    if not bank.rejections and not bank.breaks and all(total.agrees for total in bank.totals):
        assert bank.opening + sum(bank.lines["amount"]) == bank.closing
