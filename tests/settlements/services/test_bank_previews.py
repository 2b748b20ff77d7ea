"""Notices and intraday reports beside statements: whatever comes first, a booking counts once."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from apps.settlements.models import BankLine, BankStatement
from apps.settlements.services.intake import import_file, withdraw_file
from tests import cast
from tests.channels.banks.camt_files import BATCH, CREDIT, RENT, document, statement

NOW = datetime(2026, 10, 2, 3, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def as_message(xml: str, body: str, part: str, number: str) -> bytes:
    return xml.replace("BkToCstmrStmt", body).replace("Stmt>", f"{part}>").replace("camt.053", number).encode()


DETAILS = BATCH[BATCH.index("<TxDtls>") : BATCH.index("</NtryDtls>")]
STATEMENT = document(statement(CREDIT, RENT, BATCH.replace(DETAILS, ""), closing="250.50")).encode()  # books the batch as one
NOTICE = as_message(document(statement(CREDIT, BATCH)), "BkToCstmrDbtCdtNtfctn", "Ntfctn", "camt.054")  # names its parts
REPORT = as_message(document(statement(CREDIT.replace("batch 3", "BATCH 3"), RENT)), "BkToCstmrAcctRpt", "Rpt", "camt.052")
FILES = {"053.xml": STATEMENT, "054.xml": NOTICE, "052.xml": REPORT}


@pytest.fixture
def account():
    return cast.make_bank_account(cast.make_merchant(), "ing", currency="EUR", account_no="NL91INGB0001234567", format="camt053")


def take_in(account, *names):
    return [import_file(owner=account, name=name, data=FILES[name], by=None, now=NOW).file for name in names]


def live():
    return sorted(BankLine.objects.filter(is_live=True).values_list("amount_minor", flat=True))


@pytest.mark.parametrize("names", permutations(FILES))
def test_order_of_files_changes_nothing(account, names):
    files = take_in(account, *names)

    assert live() == [-90_000, 3_000, 12_050]
    assert all(file.rows_in == file.lines_new + file.lines_seen for file in files)
    assert dict(BankStatement.objects.values_list("name", "is_final")) == {"053.xml": True, "054.xml": False, "052.xml": False}


def test_previews_stand_until_the_statement_comes_and_know_each_other(account):
    take_in(account, "054.xml", "052.xml")

    assert live() == [-90_000, 1_025, 1_975, 12_050]  # the credit is in both, by the bank's own reference


def test_days_that_no_statement_reports_keep_their_previews(account):
    late = NOTICE.replace(b"2026-09-0", b"2026-10-0").replace(b"2026-10-01T00:00:00", b"2026-11-01T00:00:00")
    take_in(account, "053.xml")

    import_file(owner=account, name="later.xml", data=late, by=None, now=NOW)

    assert live() == [-90_000, 1_025, 1_975, 3_000, 12_050, 12_050]


def test_withdrawn_statement_gives_back_what_it_had_superseded(account):
    _, file = take_in(account, "054.xml", "053.xml")
    assert live() == [-90_000, 3_000, 12_050]

    withdraw_file(file=file, reason="of another month", by=None, now=NOW)

    assert live() == [1_025, 1_975, 12_050]


def test_withdrawn_preview_leaves_the_statement_whole(account):
    file, _ = take_in(account, "054.xml", "053.xml")

    withdraw_file(file=file, reason="not needed", by=None, now=NOW)

    assert live() == [-90_000, 3_000, 12_050]


def test_another_account_keeps_its_previews(account):
    other = cast.make_bank_account(account.merchant, "ing-2", currency="EUR", account_no="NL91INGB0001234567", format="camt053")
    take_in(other, "054.xml")

    take_in(account, "053.xml")

    assert live() == [-90_000, 1_025, 1_975, 3_000, 12_050, 12_050]


def test_a_letter_of_a_memo_is_cut_to_what_a_line_holds(account):
    long = STATEMENT.replace(b"Rent", b"Rent " + b"x" * 900).replace(b"PO-17</EndToEndId>", b"P" * 200 + b"</EndToEndId>")

    import_file(owner=account, name="long.xml", data=long, by=None, now=NOW)

    assert {len(line.memo) for line in BankLine.objects.all()} >= {500}
    assert max(len(line.reference) for line in BankLine.objects.all()) == 100
