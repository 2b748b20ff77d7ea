"""NewebPay's codes and states, as its manual and the integrations that quote it tell them. Its texts differ by the manual's version, so
what it says in `Message` is kept beside ours."""

from django.utils.translation import gettext_noop

from apps.channels.contracts import Method
from apps.channels.paying import PaymentOutcome
from apps.channels.return_codes import CodeClass, ReturnCode, ReturnCodes

CARDS = frozenset({Method.CREDIT_CARD, Method.INSTALLMENT, Method.APPLE_PAY, Method.GOOGLE_PAY})
KEYS = gettext_noop("NewebPay did not accept our signature: check HashKey and HashIV of this channel.")
WHOLE_ONLY = gettext_noop("Through NewebPay an authorization is captured as a whole.")
CARD_REFUSED = gettext_noop("The bank did not approve the card. Please use another card or another method.")

RETURN_CODES: ReturnCodes = {
    "SUCCESS": ReturnCode(CodeClass.OK, gettext_noop("Done.")),
    # TradeStatus
    "0": ReturnCode(CodeClass.PENDING, gettext_noop("Not paid yet.")),
    "1": ReturnCode(CodeClass.OK, gettext_noop("Paid.")),
    "2": ReturnCode(CodeClass.DECLINED, gettext_noop("The payment failed.")),
    "3": ReturnCode(CodeClass.STATE, gettext_noop("The payment was cancelled.")),
    "6": ReturnCode(CodeClass.OK, gettext_noop("Paid, and refunded since.")),
    "MPG02001": ReturnCode(CodeClass.CONFIG, KEYS),
    "TRA10002": ReturnCode(CodeClass.CONFIG, KEYS),
    "TRA10003": ReturnCode(CodeClass.CONFIG, gettext_noop("NewebPay says that our clock is wrong.")),
    "TRA10001": ReturnCode(CodeClass.NOT_FOUND, gettext_noop("NewebPay knows no trade, or no shop, of this number.")),
    "MPG03008": ReturnCode(CodeClass.DUPLICATE, gettext_noop("NewebPay has a payment of this number already.")),
    "MPG03009": ReturnCode(
        CodeClass.DECLINED, gettext_noop("The payment failed: the bank refused it, or the form was not accepted."), CARD_REFUSED
    ),
    "MPG02006": ReturnCode(CodeClass.RETRY, gettext_noop("The bank behind NewebPay has a fault: ask again.")),
    "MPG03003": ReturnCode(CodeClass.RETRY, gettext_noop("The bank behind NewebPay has a fault: ask again.")),
    "CRE10001": ReturnCode(CodeClass.NOT_FOUND, gettext_noop("NewebPay knows no trade of this number.")),
    "CRE10002": ReturnCode(CodeClass.STATE, gettext_noop("NewebPay says that this trade was refunded or cancelled already.")),
    "CRE10003": ReturnCode(CodeClass.STATE, gettext_noop("NewebPay says that the amount to refund is wrong.")),
    "CRE10004": ReturnCode(CodeClass.STATE, gettext_noop("The time in which NewebPay refunds is over.")),
    "whole_only": ReturnCode(CodeClass.STATE, WHOLE_ONLY),
    "nothing_to_cancel": ReturnCode(
        CodeClass.STATE, gettext_noop("NewebPay has no call for an order that nobody paid; it lapses by itself.")
    ),
    "not_card": ReturnCode(CodeClass.STATE, gettext_noop("Through NewebPay only card payments are refunded from here.")),
    "not_captured": ReturnCode(
        CodeClass.STATE,
        gettext_noop(
            "Not captured yet: until then NewebPay can only release a card payment as a whole. Ask for a part after it was captured."
        ),
    ),
    "capturing": ReturnCode(
        CodeClass.STATE, gettext_noop("NewebPay is capturing this payment: ask for the refund again when that is done.")
    ),
}
TRADE_STATUSES = {
    "0": PaymentOutcome.PENDING,
    "1": PaymentOutcome.PAID,
    "2": PaymentOutcome.DECLINED,
    "3": PaymentOutcome.CANCELLED,
    "6": PaymentOutcome.PAID,
}
# Answers to a refund that leave no doubt that it was not made. CRE10002 is none: perhaps it was this one.
REFUND_REFUSED = frozenset({"CRE10001", "CRE10003", "CRE10004", "TRA10002"})
