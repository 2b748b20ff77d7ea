"""Accounts that buyers name, and the files that banks take."""

from datetime import date
from xml.etree import ElementTree

import pytest
from django.utils import translation

from apps.orders.services.refunds.payee_accounts import PayeeInvalid, loaded, payee_account
from apps.orders.services.refunds.transfer_files import TAIWAN_LAYOUT, FileNotPossible, Payer, Transfer, mapped_csv, pain001

PAY_ON = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


LIN = payee_account(currency="TWD", holder=" 林 小美 ", bank_code="013", account_no="1234-5678 9012")
ANNA = payee_account(currency="EUR", holder="Anna Groß", iban="DE89 3704 0044 0532 0130 00", bic="cobadeffxxx")


def test_accounts_lose_their_blanks_and_show_four_characters():
    assert (LIN.scheme, LIN.holder, LIN.bank_code, LIN.account_no, LIN.label) == ("tw", "林 小美", "013", "123456789012", "013 ****9012")
    assert (ANNA.scheme, ANNA.iban, ANNA.bic, ANNA.label) == ("iban", "DE89370400440532013000", "COBADEFFXXX", "COBADEFFXXX ****3000")
    assert payee_account(currency="USD", holder="Ann Lee", account_no="000123", bic="CHASUS33").label == "CHASUS33 ****0123"
    assert loaded(LIN.dumped()) == LIN


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"holder": "林"}, "holder"),
        ({"holder": "=1+1"}, "holder"),
        ({"bank_code": "13"}, "bank_code"),
        ({"account_no": "12345"}, "account_no"),
        ({"account_no": "12345678901234567"}, "account_no"),
        ({"account_no": "12345678９"}, "account_no"),
        ({"currency": "EUR", "iban": "DE89370400440532013001"}, "iban"),
        ({"currency": "EUR", "iban": "DE89370400440532013000", "bic": "COBA"}, "bic"),
        ({"currency": "USD", "bic": ""}, "bic"),
    ],
)
def test_what_cannot_be_an_account_is_refused_at_its_field(wrong, field):
    given = {"currency": "TWD", "holder": "林小美", "bank_code": "013", "account_no": "123456789012"}

    with pytest.raises(PayeeInvalid) as caught:
        payee_account(**given | wrong)

    assert caught.value.field == field


def test_a_taiwan_bank_gets_its_columns_in_its_encoding():
    payer = Payer("晴天選物", "001234561234", "", "TWD")

    data = mapped_csv(payer, [Transfer("HZ7K3M9QXW", "A10293", 128000, LIN)], layout=TAIWAN_LAYOUT, pay_on=PAY_ON)

    assert data.decode("big5") == (
        "付款帳號,收款銀行代碼,收款帳號,收款戶名,金額,付款日期,附言\r\n"
        "001234561234,013,123456789012,林 小美,1280,2026/11/20,HZ7K3M9QXW\r\n"
    )  # fmt: skip


def test_a_name_outside_of_the_encoding_is_named():
    payer = Payer("晴天選物", "001234561234", "", "TWD")
    payee = payee_account(currency="TWD", holder="林😀美", bank_code="013", account_no="123456789012")

    with pytest.raises(FileNotPossible, match="“😀” cannot be written"):
        mapped_csv(payer, [Transfer("HZ1", "A1", 100, payee)], layout=TAIWAN_LAYOUT, pay_on=PAY_ON)


def test_a_sepa_file_is_valid_and_carries_the_sum():
    payer = Payer("Sunny Shop", "NL91 ABNA 0417 1643 00", "ABNANL2A", "EUR")

    data = pain001(payer, [Transfer("HZAAA", "A1", 105050, ANNA), Transfer("HZBBB", "A2", 1, ANNA)], pay_on=PAY_ON)

    tree = ElementTree.fromstring(data)
    text = lambda tag: [node.text for node in tree.iter(f"{{urn:iso:std:iso:20022:tech:xsd:pain.001.001.03}}{tag}")]  # noqa: E731
    assert text("CtrlSum") == ["1050.51", "1050.51"]
    assert text("EndToEndId") == ["HZAAA", "HZBBB"]
    assert text("InstdAmt") == ["1050.50", "0.01"]
    assert text("ReqdExctnDt") == ["2026-11-20"]
    assert text("IBAN") == ["NL91ABNA0417164300", "DE89370400440532013000", "DE89370400440532013000"]


@pytest.mark.parametrize(
    ("account", "currency", "payee", "sentence"),
    [("001234561234", "EUR", ANNA, "needs the IBAN"), ("NL91ABNA0417164300", "EUR", LIN, "accounts with an IBAN only")],
)
def test_a_sepa_file_for_other_accounts_is_refused(account, currency, payee, sentence):
    with pytest.raises(FileNotPossible, match=sentence):
        pain001(Payer("Shop", account, "", currency), [Transfer("HZ1", "A1", 100, payee)], pay_on=PAY_ON)
