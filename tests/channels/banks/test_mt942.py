from datetime import date

import pytest

from apps.channels.banks.registry import parse_bank
from apps.channels.contracts import FileRefused, Note, NoteCode, Refusal
from tests.channels.banks.files import MT940, chase

MT942 = """:20:R-1
:25:021000021/000000009012
:28C:00001/001
:34F:USD0,00
:13D:2609021200+0000
:61:2609020902C186,12NTRFNONREF//B00000001
:86:STRIPE PAYMENTS
/REF/po_1QabCUY2gfggh6Fr000817
:61:2609020902RC0,12NTRFNONREF
:90D:1USD0,12
:90C:1USD186,12
:86:END OF REPORT
-
"""


def refusal(text, **changes):
    with pytest.raises(FileRefused) as refused:
        parse_bank("mt940", chase(text, **changes))
    return refused.value.code, refused.value.params


def test_report_has_the_rows_of_the_statement_and_is_not_final():
    bank, statement = parse_bank("mt940", chase(MT942)), parse_bank("mt940", chase(MT940))

    assert bank.lines.drop("row_no").equals(statement.lines[2:].drop("row_no"))
    assert (bank.is_final, bank.layout, bank.opening, bank.closing, statement.is_final) == (False, "mt942", None, None, True)
    assert [(total.name, total.stated, total.computed) for total in bank.totals] == [
        (":90D:", -12, -12), (":90D:", 1, 1), (":90C:", 18_612, 18_612), (":90C:", 1, 1)
    ]  # fmt: skip
    assert (bank.first_day, bank.last_day) == (date(2026, 9, 2), date(2026, 9, 2))


def test_sums_that_differ_are_flagged():
    totals = parse_bank("mt940", chase(MT942.replace("2USD", "1USD").replace(":90C:1USD186,12", ":90C:2USD186,13"))).totals

    assert [total.agrees for total in totals] == [True, True, False, False]


def test_empty_report_has_the_day_it_was_made():
    quiet = MT942[: MT942.index(":61:")] + ":90D:0USD0,\n:90C:0USD0,\n-\n"

    bank = parse_bank("mt940", chase(quiet))

    assert (bank.lines.height, bank.first_day, all(total.agrees for total in bank.totals)) == (0, date(2026, 9, 2), True)
    assert refusal(quiet.replace(":13D:2609021200+0000\n", ""), name="x.sta")[0] == Refusal.NO_DAY


def test_refusals():
    assert refusal(MT942, currency="EUR") == (Refusal.OTHER_CURRENCY, {"expected": "EUR", "found": "USD"})
    assert refusal(MT942, account="****1111")[0] == Refusal.OTHER_ACCOUNT
    assert refusal(MT942.replace("USD0,00", "nothing"))[1]["row"] == 1
    assert refusal(MT940 + MT942) == (Refusal.BAD_FORMAT, {"row": 22, "reason": "MT942, MT940"})


def test_other_accounts_are_named():
    both = MT942 + MT942.replace("9012", "7777")

    assert parse_bank("mt940", chase(both)).notes == (Note(NoteCode.OTHER_ACCOUNTS, 1, "021000021/000000007777 USD"),)
