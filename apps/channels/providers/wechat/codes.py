"""WeChat Pay's words, as data: error codes of API v3, states of payments and refunds.

Its documents spell some codes in several ways (ORDERPAID, ORDER_PAID), so they are compared without underscores and in one case.
"""

from django.utils.translation import gettext_noop

from apps.channels.gateways import Outcome
from apps.channels.own_codes import OWN_CODES
from apps.channels.paying import PaymentOutcome
from apps.channels.return_codes import CodeClass, ReturnCode, ReturnCodes

C = CodeClass
BUSY = ReturnCode(C.RETRY, gettext_noop("WeChat Pay is busy or disturbed; nobody knows yet what became of it."))
CODES: ReturnCodes = {
    "SYSTEM_ERROR": BUSY,
    "BANK_ERROR": BUSY,
    "FREQUENCY_LIMITED": ReturnCode(C.RETRY, gettext_noop("Too many questions to WeChat Pay in a short time.")),
    "RATELIMIT_EXCEEDED": ReturnCode(C.RETRY, gettext_noop("Too many questions to WeChat Pay in a short time.")),
    "USERPAYING": ReturnCode(C.PENDING, gettext_noop("The payer is entering the password.")),
    "SIGN_ERROR": ReturnCode(
        C.CONFIG, gettext_noop("WeChat Pay did not accept our signature: check the merchant's private key and its serial number.")
    ),
    "NO_AUTH": ReturnCode(C.CONFIG, gettext_noop("This merchant has not been given this product by WeChat Pay.")),
    "PARAM_ERROR": ReturnCode(C.CONFIG, gettext_noop("WeChat Pay did not accept a value of the request.")),
    "APPID_MCHID_NOT_MATCH": ReturnCode(C.CONFIG, gettext_noop("The app ID is not bound to this merchant number.")),
    "MCH_NOT_EXISTS": ReturnCode(C.CONFIG, gettext_noop("WeChat Pay knows no merchant of this number.")),
    "ORDERPAID": ReturnCode(C.DUPLICATE, gettext_noop("This payment was paid before.")),
    "OUT_TRADE_NO_USED": ReturnCode(C.DUPLICATE, gettext_noop("Our payment number was used before.")),
    "INVALID_REQUEST": ReturnCode(
        C.DUPLICATE, gettext_noop("WeChat Pay refuses the request: its numbers were used with other figures, or its rules forbid it.")
    ),
    "ORDERCLOSED": ReturnCode(C.STATE, gettext_noop("This payment was closed.")),
    "ORDER_NOT_EXIST": ReturnCode(C.NOT_FOUND, gettext_noop("WeChat Pay knows no payment of this number.")),
    "RESOURCE_NOT_EXISTS": ReturnCode(C.NOT_FOUND, gettext_noop("WeChat Pay knows nothing of this number.")),
    "NO_STATEMENT_EXIST": ReturnCode(C.NOT_FOUND, gettext_noop("Nothing was paid or refunded on that day.")),
    "STATEMENT_CREATING": ReturnCode(C.RETRY, gettext_noop("WeChat Pay is still writing the statement.")),
    "NOT_ENOUGH": ReturnCode(
        C.DECLINED,
        gettext_noop("Not enough money: of a refund, the merchant's balance at WeChat Pay is too low; top it up."),
        gettext_noop("There is not enough money for this."),
    ),
    "USER_ACCOUNT_ABNORMAL": ReturnCode(C.DECLINED, gettext_noop("The payer's WeChat account cannot receive money; send it another way.")),
    # States that an answer ends in
    "PAYERROR": ReturnCode(C.DECLINED, gettext_noop("The payment failed.")),
    "REVOKED": ReturnCode(C.DECLINED, gettext_noop("The payment was undone.")),
    "CLOSED": ReturnCode(C.STATE, gettext_noop("Closed: no money moved.")),
    "ABNORMAL": ReturnCode(
        C.DECLINED, gettext_noop("The money could not go back to where it came from. Give it back by hand in WeChat Pay's console.")
    ),
    # Our own checks before anything is sent
    "no_openid": ReturnCode(C.CONFIG, gettext_noop("A payment inside WeChat needs the payer's openid.")),
    "no_payer_ip": ReturnCode(C.CONFIG, gettext_noop("A payment in a phone's browser needs the payer's address on the internet.")),
    "too_much": ReturnCode(C.STATE, gettext_noop("More than was paid, so nothing was sent.")),
    "hash_differs": ReturnCode(C.RETRY, gettext_noop("The statement arrived damaged.")),
}
_SPELLINGS = {name.replace("_", "").upper(): name for name in CODES if name.isupper()}
PAYMENT_STATES = {
    "NOTPAY": PaymentOutcome.PENDING,
    "USERPAYING": PaymentOutcome.PENDING,
    "SUCCESS": PaymentOutcome.PAID,
    "REFUND": PaymentOutcome.PAID,  # it was paid, and some or all of it went back: which, refunds tell
    "CLOSED": PaymentOutcome.EXPIRED,
    "REVOKED": PaymentOutcome.DECLINED,
    "PAYERROR": PaymentOutcome.DECLINED,
}
REFUND_STATES = {
    "PROCESSING": Outcome.PENDING,
    "SUCCESS": Outcome.SUCCEEDED,
    "CLOSED": Outcome.DECLINED,
    "ABNORMAL": Outcome.DECLINED,
}


def known_spelling(code: str) -> str:
    """The code as `CODES` has it, else as it is."""
    return _SPELLINGS.get(code.replace("_", "").upper(), code)


def class_of(code: str) -> CodeClass | None:
    """By WeChat Pay's codes or our own; None for a code that nobody has listed."""
    known = CODES.get(code) or OWN_CODES.get(code)
    return known.code_class if known else None
