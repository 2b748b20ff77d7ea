"""The bank account a buyer names for a refund: what makes one valid, and how it is shown. No Django here but for words."""

import json
import re
from dataclasses import asdict, dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from apps.core.errors import HezhangError

SEPA_CURRENCY = "EUR"
HOME_CURRENCY = "TWD"


class Scheme(StrEnum):
    """How an account is written in its country."""

    TAIWAN = "tw"  # three digits of the bank, up to sixteen of the account
    IBAN = "iban"
    SWIFT = "swift"  # a BIC and a number


class PayeeInvalid(HezhangError):
    """`field` names the field the sentence is about."""

    def __init__(self, field: str, message):
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class PayeeAccount:
    """An account as the buyer typed it, without blanks; made by `payee_account` alone."""

    scheme: str
    holder: str
    bank_code: str = ""
    account_no: str = ""
    iban: str = ""
    bic: str = ""

    @property
    def label(self) -> str:
        """Bank and the last four characters: enough to recognise an account, too little to pay into one."""
        number = self.iban or self.account_no
        return f"{self.bank_code or self.bic or number[:2]} ****{number[-4:]}"

    def dumped(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def loaded(text: str) -> PayeeAccount:
    """The account that `dumped` wrote."""
    return PayeeAccount(**json.loads(text))


def scheme_of(currency: str) -> Scheme:
    """Which fields to ask for."""
    return {HOME_CURRENCY: Scheme.TAIWAN, SEPA_CURRENCY: Scheme.IBAN}.get(currency, Scheme.SWIFT)


def payee_account(*, currency: str, holder: str, bank_code: str = "", account_no: str = "", iban: str = "", bic: str = "") -> PayeeAccount:
    """:raises PayeeInvalid: for the first field that cannot be right."""
    scheme = scheme_of(currency)
    holder = " ".join(holder.split())
    bank_code, account_no, iban, bic = (re.sub(r"[\s-]", "", text).upper() for text in (bank_code, account_no, iban, bic))
    _require(2 <= len(holder) <= 70 and holder[0] not in "=+-@", "holder", _("Give the account holder's name as the bank knows it."))
    if scheme == Scheme.TAIWAN:
        _require(re.fullmatch(r"[0-9]{3}", bank_code), "bank_code", _("The bank code has three digits, such as 013."))
        _require(re.fullmatch(r"[0-9]{6,16}", account_no), "account_no", _("The account number has 6 to 16 digits."))
        return PayeeAccount(scheme, holder, bank_code=bank_code, account_no=account_no)
    if scheme == Scheme.IBAN:
        _require(is_iban(iban), "iban", _("This is not a valid IBAN; one digit may be wrong."))
        _require(not bic or _is_bic(bic), "bic", _("A BIC has 8 or 11 letters and digits."))
        return PayeeAccount(scheme, holder, iban=iban, bic=bic)
    _require(_is_bic(bic), "bic", _("A BIC has 8 or 11 letters and digits."))
    _require(re.fullmatch(r"[A-Z0-9]{4,34}", account_no), "account_no", _("The account number has 4 to 34 letters and digits."))
    return PayeeAccount(scheme, holder, account_no=account_no, bic=bic)


def is_iban(text: str) -> bool:
    """ISO 13616: two letters, two check digits, up to 30 more, and 97 divides the rearranged number with remainder one."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", text):
        return False
    return int("".join(str(int(letter, 36)) for letter in text[4:] + text[:4])) % 97 == 1


def _is_bic(text: str) -> bool:
    return re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", text) is not None


def _require(holds: object, field: str, message) -> None:
    if not holds:
        raise PayeeInvalid(field, message)
