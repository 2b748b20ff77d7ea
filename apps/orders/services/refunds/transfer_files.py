"""The file that a bank's own pages take to pay many refunds at once: pain.001 for SEPA, and a CSV by mapping for Taiwan's banks."""

import csv
import io
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _
from sepaxml import SepaTransfer

from apps.core.errors import HezhangError
from apps.core.exports import neutral
from apps.core.money import plain
from apps.orders.services.refunds.payee_accounts import PayeeAccount, is_iban

TAIWAN_LAYOUT = {
    "encoding": "big5",
    "delimiter": ",",
    "header": True,
    "date_format": "%Y/%m/%d",
    "columns": [
        ["付款帳號", "debit_account"],
        ["收款銀行代碼", "bank_code"],
        ["收款帳號", "account_no"],
        ["收款戶名", "holder"],
        ["金額", "amount"],
        ["付款日期", "pay_on"],
        ["附言", "reference"],
    ],
}


class FileNotPossible(HezhangError):
    """The accounts or the bank account do not allow this kind of file; the sentence says what is missing."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One line of the file. `amount_minor` is positive."""

    reference: str
    order_no: str
    amount_minor: int
    payee: PayeeAccount


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose account pays."""

    name: str
    account: str
    bic: str
    currency: str


def mapped_csv(payer: Payer, transfers: list[Transfer], *, layout: dict, pay_on: date) -> bytes:
    """The CSV of a bank's batch page. :raises FileNotPossible: when a name cannot be written in the layout's encoding."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=layout.get("delimiter", ","), lineterminator="\r\n")
    columns = layout["columns"]
    if layout.get("header", True):
        writer.writerow([title for title, _field in columns])
    day = pay_on.strftime(layout.get("date_format", "%Y/%m/%d"))
    for transfer in transfers:
        values = _values(payer, transfer, day)
        writer.writerow([values[field] for _title, field in columns])
    try:
        return out.getvalue().encode(layout.get("encoding", "utf-8"))
    except UnicodeEncodeError as error:
        raise FileNotPossible(
            _("“%(text)s” cannot be written in the bank's encoding %(encoding)s; choose utf-8 in the bank account's layout."),
            text=error.object[error.start : error.end],
            encoding=error.encoding,
        ) from error


def _values(payer: Payer, transfer: Transfer, day: str) -> dict[str, str]:
    payee = transfer.payee
    return {
        "debit_account": payer.account,
        "bank_code": payee.bank_code,
        "account_no": payee.account_no,
        "iban": payee.iban,
        "bic": payee.bic,
        "holder": payee.holder,
        "amount": plain(transfer.amount_minor, payer.currency).removesuffix(".00"),
        "currency": payer.currency,
        "pay_on": day,
        "reference": transfer.reference,
        "order_no": neutral(transfer.order_no),
    }


def pain001(payer: Payer, transfers: list[Transfer], *, pay_on: date) -> bytes:
    """A pain.001.001.03 credit transfer, checked against its schema.

    :raises FileNotPossible: when the payer's account is no IBAN, the currency is not EUR or a payee has no IBAN.
    """
    if not is_iban(payer.account.replace(" ", "")):
        raise FileNotPossible(_("A SEPA file needs the IBAN of the paying bank account; set it in the bank account's settings."))
    if payer.currency != "EUR" or any(not transfer.payee.iban for transfer in transfers):
        raise FileNotPossible(_("A SEPA file carries EUR to accounts with an IBAN only."))
    config = {"name": payer.name, "IBAN": payer.account.replace(" ", ""), "batch": True, "currency": "EUR"}
    file = SepaTransfer(config | ({"BIC": payer.bic} if payer.bic else {}), clean=True)
    for transfer in transfers:
        payment = {
            "name": transfer.payee.holder,
            "IBAN": transfer.payee.iban,
            "amount": transfer.amount_minor,
            "execution_date": pay_on,
            "description": transfer.reference,
            "endtoend_id": transfer.reference,
        }
        file.add_payment(payment | ({"BIC": transfer.payee.bic} if transfer.payee.bic else {}))
    return file.export(validate=True)
