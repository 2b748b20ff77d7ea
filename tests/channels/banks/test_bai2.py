from datetime import date

import pytest
from bai2 import bai2 as library
from hypothesis import given

from apps.channels.banks.bai2 import parse
from apps.channels.banks.bai2_records import sign_of
from apps.channels.contracts import BANK_SCHEMA, FileRefused, Note, NoteCode, Refusal, Reject
from tests.channels.banks.american_files import BAI2, cash
from tests.channels.banks.files import MUTATIONS, SEEDS, mutated


def refusal(file):
    with pytest.raises(FileRefused) as refused:
        parse(file)
    return refused.value.code, refused.value.params


def test_movements_balances_and_every_control_total():
    bank = parse(cash())

    assert dict(bank.lines.schema) == BANK_SCHEMA
    assert bank.lines.select("row_no", "booked_on", "value_on", "amount", "reference", "memo").rows() == [
        (5, date(2026, 9, 1), date(2026, 9, 2), 18_612, "po_1Qab", "STRIPE, PAYMENTS/1 second line"),
        (7, date(2026, 9, 1), date(2026, 9, 1), -3_000, "101", "CHECK 101"),
        (8, date(2026, 9, 1), date(2026, 9, 1), 12_850, "", ""),
    ]
    assert (bank.account, bank.opening, bank.closing, bank.breaks, bank.is_final) == ("000000009012", 100_000, 128_462, (), True)
    assert [total.name for total in bank.totals] == [
        "010 + 16 = 015 (2026-09-01)", "03 100 (2026-09-01)", "03 100 (2026-09-01), count", "03 400 (2026-09-01)",
        "03 400 (2026-09-01), count", "49", "49, records", "98", "98, accounts", "98, records", "99", "99, groups", "99, records",
    ]  # fmt: skip
    assert all(total.agrees for total in bank.totals)


def test_the_library_reads_the_same():
    account = library.parse_from_string(BAI2).children[0].children[0]

    assert [(each.amount, each.type_code.code) for each in account.children] == [(18_612, "165"), (3_000, "475"), (12_850, "142")]
    assert parse(cash()).lines["amount"].abs().to_list() == [each.amount for each in account.children]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (("128462", "128463"), {"010 + 16 = 015 (2026-09-01)", "49", "98", "99"}),
        (("12850", "12851"), {"010 + 16 = 015 (2026-09-01)", "03 100 (2026-09-01)", "49", "98", "99"}),
        (("16,142,12850,0,,/\n", ""), {"010 + 16 = 015 (2026-09-01)", "03 100 (2026-09-01)", "03 100 (2026-09-01), count", "49", "98",
                                       "99", "49, records", "98, records", "99, records"}),
        (("88,second line\n", ""), {"49, records", "98, records", "99, records"}),
        (("16,475", "16,165"), {"010 + 16 = 015 (2026-09-01)", "03 100 (2026-09-01)", "03 100 (2026-09-01), count", "03 400 (2026-09-01)",
                                "03 400 (2026-09-01), count"}),
        (("98,297386,1,9", "98,297386,2,9"), {"98, accounts"}),
    ],
)  # fmt: skip
def test_figures_that_do_not_tie_are_flagged(change, wrong):
    assert {total.name for total in parse(cash(BAI2.replace(*change, 1))).totals if not total.agrees} == wrong


@pytest.mark.parametrize(
    ("record", "amount", "value_on", "reference", "memo"),
    [
        ("16,165,100,S,40,30,30,BANK,CUST,text", 100, date(2026, 9, 1), "CUST", "text"),
        ("16,165,100,D,2,0,60,1,40,BANK,,text/x", 100, date(2026, 9, 1), "BANK", "text/x"),
        ("16,165,100,V,260905,0900,,,a, b", 100, date(2026, 9, 5), "", "a, b"),
        ("16,165,100,Z/\n88,BANK,CUST,late", 100, date(2026, 9, 1), "CUST", "late"),
        ("16,925,100,,,,ours", 100, date(2026, 9, 1), "", "ours"),
        ("16,965,100,,,,ours", -100, date(2026, 9, 1), "", "ours"),
        ("16,699,100/", -100, date(2026, 9, 1), "", ""),
    ],
)
def test_funds_types_type_codes_and_texts(record, amount, value_on, reference, memo):
    bank = parse(cash(BAI2.replace("16,142,12850,0,,/", record)))

    assert bank.lines.select("amount", "value_on", "reference", "memo").row(2) == (amount, value_on, reference, memo)


@pytest.mark.parametrize(
    ("record", "code", "value"),
    [
        ("16,142,128.50,0,,/", Reject.BAD_AMOUNT, "128.50"),
        ("16,142,,0,,/", Reject.MISSING_VALUE, "142,,0,,/"),
        ("16,142,9999999999999999,0,,/", Reject.TOO_LARGE, "9999999999999999"),
        ("16,799,100,0,,/", Reject.UNKNOWN_TYPE, "799"),
        ("16,XYZ,100,0,,/", Reject.UNKNOWN_TYPE, "XYZ"),
        ("16,142,100,V,261341,,,/", Reject.BAD_TIME, "261341"),
        ("16,142,100,D,9,1,2/", Reject.COLUMN_COUNT, "142,100,D,9,1,2/"),
    ],
)
def test_movement_that_cannot_be_read_is_rejected_with_its_line(record, code, value):
    bank = parse(cash(BAI2.replace("16,142,12850,0,,/", record)))

    assert [(found.row_no, found.code, found.value) for found in bank.rejections] == [(8, code, value)]
    assert (bank.lines.height, bank.rows_in) == (2, 3)


def test_message_without_money_is_no_row():
    bank = parse(cash(BAI2.replace("16,142,12850,0,,/", "16,890,,,,,please call")))

    assert (bank.lines.height, bank.rejections, bank.rows_in) == (2, (), 2)


def test_signs_of_ranges_and_of_codes_nobody_knows():
    assert [sign_of(code) for code in ("108", "399", "409", "699", "930", "970", "010", "799", "99", "")] == [
        1,
        1,
        -1,
        -1,
        1,
        -1,
        0,
        0,
        0,
        0,
    ]


def test_report_of_the_running_day_is_not_final():
    assert parse(cash(BAI2.replace("USD,2/", "USD,3/", 1))).is_final is False


def test_other_accounts_and_currencies_are_named():
    lines = BAI2.splitlines(keepends=True)
    other = "".join(lines[2:9]).replace("000000009012", "000000007777")
    both = "".join([*lines[:9], other, *lines[9:]])

    bank = parse(cash(both))

    assert (bank.lines.height, bank.notes) == (3, (Note(NoteCode.OTHER_ACCOUNTS, 1, "000000007777 USD"),))
    assert {total.name for total in bank.totals if not total.agrees} == {"98", "98, accounts", "98, records", "99", "99, records"}
    assert refusal(cash(account="****1111")) == (Refusal.OTHER_ACCOUNT, {"expected": "****1111", "found": "000000009012"})
    assert refusal(cash(currency="GBP")) == (Refusal.OTHER_CURRENCY, {"expected": "GBP", "found": "USD"})


def test_row_is_the_same_in_another_file():
    again = BAI2.replace("260902,0600,1", "260903,0700,44")

    assert parse(cash(again)).lines["row_hash"].to_list() == parse(cash()).lines["row_hash"].to_list()


def test_refusals_name_the_line():
    assert refusal(cash(b" "))[0] == Refusal.EMPTY
    assert refusal(cash(BAI2[: BAI2.index("99,2")])) == (Refusal.CUT_SHORT, {"row": 10, "wanted": "99"})
    assert refusal(cash(BAI2.replace("49,297386,7/\n", ""))) == (Refusal.BAD_FORMAT, {"row": 9, "reason": "record 98"})
    assert refusal(cash(BAI2 + BAI2)) == (Refusal.BAD_FORMAT, {"row": 12, "reason": "record 01"})
    assert refusal(cash(BAI2.replace("16,142", "17,142"))) == (Refusal.BAD_FORMAT, {"row": 8, "reason": "17,142,12850,0,,/"})
    assert refusal(cash(BAI2.replace("260901,2400", "269901,2400")))[1]["row"] == 3
    assert refusal(cash(BAI2.replace("021000021,1,260901", "021000021,2,260901"))) == (
        Refusal.OTHER_REPORT, {"found": "BAI2 02, group status 2", "wanted": "BAI2, group status 1"}
    )  # fmt: skip


@MUTATIONS
@given(SEEDS)
def test_injured_files_are_refused_flagged_or_of_the_same_sum(seed):
    try:
        bank = parse(cash(mutated(BAI2.encode(), seed)))
    except FileRefused:
        return

    assert bank.rows_in == bank.lines.height + len(bank.rejections)
    if not bank.rejections and not bank.breaks and all(total.agrees for total in bank.totals):
        assert sum(bank.lines["amount"]) == 28_462
