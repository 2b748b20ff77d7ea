"""Alipay's words, as data: codes of the gateway, and the `sub_code` of a refusal, which says more."""

from django.utils.translation import gettext_noop

from apps.channels.own_codes import OWN_CODES
from apps.channels.return_codes import CodeClass, ReturnCode, ReturnCodes

C = CodeClass
BUSY = ReturnCode(C.RETRY, gettext_noop("Alipay is busy or disturbed; nobody knows yet what became of it."))
SIGNATURE = ReturnCode(C.CONFIG, gettext_noop("Alipay did not accept our signature: check the application's private key."))
VALUE = ReturnCode(C.CONFIG, gettext_noop("Alipay did not accept a value of the request."))
DONE = "10000"
CODES: ReturnCodes = {
    "10003": ReturnCode(C.PENDING, gettext_noop("The payer is paying.")),
    "20000": BUSY,
    "20001": ReturnCode(C.CONFIG, gettext_noop("Alipay refuses the authorisation of this application.")),
    "40001": VALUE,
    "40002": VALUE,
    "40006": ReturnCode(C.CONFIG, gettext_noop("This application has not been given this product by Alipay.")),
    "ACQ.SYSTEM_ERROR": BUSY,
    "aop.unknow-error": BUSY,
    "ACQ.TRADE_HAS_SUCCESS": ReturnCode(C.DUPLICATE, gettext_noop("This payment was paid before.")),
    "ACQ.TRADE_HAS_CLOSE": ReturnCode(C.STATE, gettext_noop("This payment was closed.")),
    "ACQ.TRADE_HAS_FINISHED": ReturnCode(C.STATE, gettext_noop("This payment is finished and can no longer be refunded.")),
    "ACQ.REASON_TRADE_REFUND_FEE_ERR": ReturnCode(
        C.STATE, gettext_noop("Alipay says that the amount does not fit what is left to refund.")
    ),
    "ACQ.TRADE_NOT_EXIST": ReturnCode(
        C.NOT_FOUND, gettext_noop("Alipay knows no payment of this number; of a code that nobody has scanned yet that is normal.")
    ),
    "ACQ.BUYER_BALANCE_NOT_ENOUGH": ReturnCode(
        C.DECLINED, gettext_noop("The payer's balance is too low."), gettext_noop("There is not enough money for this.")
    ),
    "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR": ReturnCode(
        C.DECLINED, gettext_noop("The payer's daily limit is used up."), gettext_noop("Your limit for today is used up.")
    ),
    "ACQ.PAYMENT_AUTH_CODE_INVALID": ReturnCode(C.DECLINED, gettext_noop("The payer's barcode is no longer valid.")),
    "ACQ.SELLER_BALANCE_NOT_ENOUGH": ReturnCode(
        C.DECLINED, gettext_noop("The shop's balance at Alipay is too low for this refund: top it up, then ask for the refund again.")
    ),
    "ACQ.INVALID_PARAMETER": VALUE,
    "ACQ.ACCESS_FORBIDDEN": ReturnCode(C.CONFIG, gettext_noop("This application has not been given this product by Alipay.")),
    "ACQ.PARTNER_ERROR": ReturnCode(C.CONFIG, gettext_noop("The application does not belong to this seller.")),
    "isv.invalid-signature": SIGNATURE,
    "isv.invalid-app-id": ReturnCode(C.CONFIG, gettext_noop("Alipay knows no application of this ID.")),
    "isv.code-invalid": ReturnCode(C.CONFIG, gettext_noop("Alipay refuses the authorisation of this application.")),
    # Statements
    "NO_BILL_DATA": ReturnCode(C.NOT_FOUND, gettext_noop("Nothing was paid or refunded on that day.")),
    "BILL_NOT_EXIST": ReturnCode(C.RETRY, gettext_noop("Alipay has no statement of that day, or not yet.")),
    "SYSTEM_RATE_LIMIT": ReturnCode(C.RETRY, gettext_noop("Too many questions to Alipay in a short time.")),
    "USER_RATE_LIMIT": ReturnCode(C.RETRY, gettext_noop("Too many questions to Alipay in a short time.")),
    "UNKNOWN_ERROR": BUSY,
    "INVAILID_ARGUMENTS": VALUE,
    "BILL_DATE_BEFORE_REGISTRATION": ReturnCode(C.CONFIG, gettext_noop("The shop was not with Alipay yet on that day.")),
    "TYPE_NOT_SUPPORTED": ReturnCode(C.CONFIG, gettext_noop("Alipay gives this shop no statement of this kind.")),
    # Our own checks before anything is sent
    "too_much": ReturnCode(C.STATE, gettext_noop("More than was paid, so nothing was sent.")),
}


def known_spelling(code: str) -> str:
    """The code as `CODES` has it: those of statements come with and without what stands before the last dot."""
    short = code.rpartition(".")[2]
    return code if code in CODES or short not in CODES else short


def class_of(code: str) -> CodeClass | None:
    """By Alipay's codes or our own; None for a code that nobody has listed."""
    known = CODES.get(code) or OWN_CODES.get(code)
    return known.code_class if known else None
