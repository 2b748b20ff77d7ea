"""Bank files dropped on the page: told by their content, and what was left out stands on the file's page."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.settlements.models import BankStatement, Statement
from tests import cast
from tests.channels.banks.american_files import BAI2, SGML
from tests.channels.banks.camt_files import CAMT, balance, document, statement

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def lin(shop, client):
    client.force_login(cast.accountant(shop, language="en"))


@pytest.fixture
def ing(shop):
    return cast.make_bank_account(shop, "ing", currency="EUR", account_no="NL91INGB0001234567", format="camt053")


def url(name, *args):
    return reverse(f"settlements:{name}", args=["qingtian", *args])


def upload(client, *named):
    client.post(url("upload"), {"files": [SimpleUploadedFile(name, data.encode()) for name, data in named]})
    return client.get(url("statements")).content.decode()


def test_file_goes_to_the_account_it_names_whatever_its_name(client, lin, shop, ing):
    cast.make_bank_account(shop, "abn", currency="EUR", account_no="NL02ABNA0000000001", format="camt053")
    chase = cast.make_bank_account(shop, "chase", currency="USD", account_no="****9012", format="ofx")

    upload(client, ("september.csv", CAMT), ("export.txt", SGML))

    found = BankStatement.objects.values_list("bank_account__code", "state", "rows_in").order_by("bank_account__code")
    assert list(found) == [(chase.code, "parsed", 3), (ing.code, "parsed", 4)]


def test_refusals_say_what_the_file_is(client, lin, ing):
    text = upload(client, ("a.bai", BAI2), ("b.qif", "!Type:Bank\nD8/12/13\n"), ("c.xml", CAMT.replace("NL91INGB", "NL91ABNA")))

    assert "This is a bank&#x27;s BAI2 file, but no bank account of this shop has statements in this format." in text
    assert "QIF files cannot be read: it names neither the account nor the currency" in text
    assert "The file is of the account NL91ABNA0001234567" in text
    assert sorted(Statement.objects.values_list("refusal", flat=True)) == ["no_account", "unreadable_format"]
    assert list(BankStatement.objects.values_list("refusal", "bank_account")) == [("other_account", ing.pk)]


def test_page_of_a_file_names_what_was_left_out_and_where_balances_break(client, lin, ing):
    xml = CAMT.replace(balance("CLBD", "250.50", "2026-09-30"), "\n").replace("<Stmt>", statement(account="NL00OTHR1") + "<Stmt>", 1)
    upload(client, ("x.xml", xml))

    text = client.get(url("file", "bank", BankStatement.objects.get().pk)).content.decode()

    assert "1 booking that the bank has not made yet was left out." in text
    assert "Left out, because they are of other accounts or currencies: NL00OTHR1 EUR." in text
    assert "The balances do not follow at row" in text
    assert "Can be imported, a difference will be noted" in text


def test_page_of_a_notice_says_that_the_statement_takes_its_place(client, lin, ing):
    xml = document(statement()).replace("BkToCstmrStmt", "BkToCstmrAcctRpt").replace("Stmt>", "Rpt>").replace("camt.053", "camt.052")
    upload(client, ("x.xml", xml))

    text = client.get(url("file", "bank", BankStatement.objects.get().pk)).content.decode()

    assert "takes its place." in text
