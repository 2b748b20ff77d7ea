"""Shouqianba's words, as data: what went wrong on the way, what went wrong with an order, and an order's states.

Its documents: 通讯响应码, 业务结果码列表, 订单状态列表, 业务执行错误码列表.
"""

from django.utils.translation import gettext_noop

from apps.channels.own_codes import OWN_CODES
from apps.channels.paying import PaymentOutcome
from apps.channels.return_codes import CodeClass, ReturnCode, ReturnCodes

C = CodeClass
BUSY = ReturnCode(C.RETRY, gettext_noop("Shouqianba or the wallet behind it is disturbed; nobody knows yet what became of it."))
TERMINAL = ReturnCode(C.CONFIG, gettext_noop("Shouqianba does not know this terminal, or it is not activated."))
ABSENT = ReturnCode(C.NOT_FOUND, gettext_noop("Shouqianba knows no order of this number."))
POOR = ReturnCode(C.STATE, gettext_noop("The shop's balance at Shouqianba is too low for this refund."))
LIMIT = gettext_noop("Your limit is used up.")
CODES: ReturnCodes = {
    "INVALID_PARAMS": ReturnCode(C.CONFIG, gettext_noop("Shouqianba did not accept a value of the request.")),
    "ILLEGAL_SIGN": ReturnCode(
        C.CONFIG, gettext_noop("Shouqianba did not accept our signature: the terminal's key has expired or is wrong.")
    ),
    "INVALID_TERMINAL": TERMINAL,
    "UPAY_TERMINAL_NOT_EXISTS": TERMINAL,
    "UPAY_TERMINAL_STATUS_ABNORMAL": TERMINAL,
    "UNKNOWN_SYSTEM_ERROR": BUSY,
    "UNEXPECTED_PROVIDER_ERROR": BUSY,
    "CLIENT_SN_CONFLICT": ReturnCode(C.DUPLICATE, gettext_noop("Our payment number was used before.")),
    "TRADE_HAS_SUCCESS": ReturnCode(C.DUPLICATE, gettext_noop("This payment was paid before.")),
    "UPAY_REFUND_ORDER_NOOP": ReturnCode(C.DUPLICATE, gettext_noop("This refund was done before.")),
    "TRADE_NOT_EXIST": ABSENT,
    "UPAY_ORDER_NOT_EXISTS": ABSENT,
    "INSUFFICIENT_FUND": ReturnCode(
        C.DECLINED, gettext_noop("The payer's balance is too low."), gettext_noop("There is not enough money for this.")
    ),
    "INVALID_BARCODE": ReturnCode(C.DECLINED, gettext_noop("The payer's barcode cannot be read.")),
    "EXPIRED_BARCODE": ReturnCode(C.DECLINED, gettext_noop("The payer's barcode is no longer valid.")),
    "BUYER_OVER_DAILY_LIMIT": ReturnCode(C.DECLINED, gettext_noop("The payer's daily limit is used up."), LIMIT),
    "BUYER_OVER_TRANSACTION_LIMIT": ReturnCode(C.DECLINED, gettext_noop("More than the payer may pay at once."), LIMIT),
    "REFUNDABLE_AMOUNT_NOT_ENOUGH": ReturnCode(C.STATE, gettext_noop("Less than this is left to refund.")),
    "UPAY_REFUND_INVALID_ORDER_STATE": ReturnCode(C.STATE, gettext_noop("The order cannot be refunded as it stands.")),
    "ACCOUNT_BALANCE_NOT_ENOUGH": POOR,
    "SELLER_BALANCE_NOT_ENOUGH": POOR,
    # Our own checks before anything is sent
    "renewing": ReturnCode(C.RETRY, gettext_noop("The terminal's key of today is being fetched; try again in a minute.")),
    "too_much": ReturnCode(C.STATE, gettext_noop("More than was paid, so nothing was sent.")),
}
ORDER_STATES = {
    "CREATED": PaymentOutcome.PENDING,
    "PAID": PaymentOutcome.PAID,
    "REFUNDED": PaymentOutcome.PAID,
    "PARTIAL_REFUNDED": PaymentOutcome.PAID,
    "PAY_CANCELED": PaymentOutcome.DECLINED,
    "CANCELED": PaymentOutcome.CANCELLED,
}
OPEN_STATES = ("PAY_ERROR", "REFUND_ERROR", "CANCEL_ERROR", "CANCEL_INPROGRESS")  # Shouqianba itself does not know how these ended
FINAL = ("PAID", "REFUNDED", "PARTIAL_REFUNDED")  # states in which what went back can be told from the sums


def class_of(code: str) -> CodeClass | None:
    """By Shouqianba's codes or our own; None for a code that nobody has listed."""
    known = CODES.get(code) or OWN_CODES.get(code)
    return known.code_class if known else None
