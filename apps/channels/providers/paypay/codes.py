"""PayPay's result codes and states, as its documents of the open payment API tell them, and what each is to us."""

from django.utils.translation import gettext_noop

from apps.channels.gateways import Outcome
from apps.channels.paying import PaymentOutcome
from apps.channels.return_codes import CodeClass, ReturnCode, ReturnCodes

SUCCESS = "SUCCESS"
AGAIN = gettext_noop("PayPay is busy or has a fault of its own: ask again.")
KEYS = gettext_noop("PayPay did not accept our signature: check API key and secret of this channel.")
PAY_OTHERWISE = gettext_noop("PayPay could not take the payment. Please try again or pay in another way.")
WHOLE_ONLY = gettext_noop("Through PayPay an authorization is captured as a whole.")

RETURN_CODES: ReturnCodes = {
    SUCCESS: ReturnCode(CodeClass.OK, gettext_noop("Done.")),
    "REQUEST_ACCEPTED": ReturnCode(CodeClass.PENDING, gettext_noop("PayPay accepted this and has not done it yet.")),
    "CREATED": ReturnCode(CodeClass.PENDING, gettext_noop("Not paid yet.")),
    "AUTHORIZED": ReturnCode(CodeClass.OK, gettext_noop("The money is held.")),
    "REAUTHORIZING": ReturnCode(CodeClass.OK, gettext_noop("The money is held.")),
    "COMPLETED": ReturnCode(CodeClass.OK, gettext_noop("Paid.")),
    "REFUNDED": ReturnCode(CodeClass.OK, gettext_noop("Paid, and refunded since.")),
    "FAILED": ReturnCode(CodeClass.DECLINED, gettext_noop("The payment failed."), PAY_OTHERWISE),
    "CANCELED": ReturnCode(CodeClass.STATE, gettext_noop("The payment was cancelled.")),
    "EXPIRED": ReturnCode(
        CodeClass.DECLINED, gettext_noop("The time to pay is over."), gettext_noop("The time to pay is over. Please order again.")
    ),
    "RATE_LIMIT": ReturnCode(CodeClass.RETRY, AGAIN),
    "SERVICE_ERROR": ReturnCode(CodeClass.RETRY, AGAIN),
    "INTERNAL_SERVER_ERROR": ReturnCode(CodeClass.RETRY, AGAIN),
    "MAINTENANCE_MODE": ReturnCode(CodeClass.RETRY, AGAIN),
    "UNAUTHORIZED": ReturnCode(CodeClass.CONFIG, KEYS),
    "OPA_CLIENT_NOT_FOUND": ReturnCode(CodeClass.CONFIG, KEYS),
    "OP_OUT_OF_SCOPE": ReturnCode(
        CodeClass.CONFIG, gettext_noop("PayPay does not permit this to the shop: ask PayPay to extend the contract.")
    ),
    "INVALID_PARAMS": ReturnCode(CodeClass.CONFIG, gettext_noop("PayPay says that a value is wrong, the amount for instance.")),
    "INVALID_REQUEST_PARAMS": ReturnCode(CodeClass.CONFIG, gettext_noop("PayPay says that a value is wrong, the amount for instance.")),
    "MISSING_REQUEST_PARAMS": ReturnCode(CodeClass.CONFIG, gettext_noop("PayPay says that a value is missing.")),
    "DUPLICATE_DYNAMIC_QR_REQUEST": ReturnCode(CodeClass.DUPLICATE, gettext_noop("PayPay has a code for this number already.")),
    "ALREADY_CAPTURED": ReturnCode(CodeClass.DUPLICATE, gettext_noop("PayPay has captured this payment already.")),
    "DUPLICATE_REFUND_REQUEST": ReturnCode(CodeClass.DUPLICATE, gettext_noop("PayPay has a refund of this number already.")),
    "UNACCEPTABLE_OP": ReturnCode(CodeClass.DECLINED, gettext_noop("PayPay does not do this as things stand."), PAY_OTHERWISE),
    "LIMIT_EXCEEDED": ReturnCode(CodeClass.DECLINED, gettext_noop("The payer's limit at PayPay is reached."), PAY_OTHERWISE),
    "CANCELED_USER": ReturnCode(CodeClass.DECLINED, gettext_noop("The payer has left PayPay."), PAY_OTHERWISE),
    "INSUFFICIENT_FUND": ReturnCode(CodeClass.DECLINED, gettext_noop("The payer's balance is too low."), PAY_OTHERWISE),
    "ORDER_NOT_REVERSIBLE": ReturnCode(CodeClass.STATE, gettext_noop("PayPay does not turn this payment back any more.")),
    "REFUND_LIMIT_EXCEEDED": ReturnCode(CodeClass.STATE, gettext_noop("PayPay allows no further refund of this payment.")),
    "REFUND_WINDOW_EXCEED": ReturnCode(CodeClass.STATE, gettext_noop("The time in which PayPay refunds is over.")),
    "DYNAMIC_QR_NOT_FOUND": ReturnCode(CodeClass.NOT_FOUND, gettext_noop("PayPay knows no payment of this number.")),
    "RESOURCE_NOT_FOUND": ReturnCode(CodeClass.NOT_FOUND, gettext_noop("PayPay knows no payment of this number.")),
    "NO_SUCH_REFUND_ORDER": ReturnCode(CodeClass.NOT_FOUND, gettext_noop("PayPay knows no refund of this number.")),
    "whole_only": ReturnCode(CodeClass.STATE, WHOLE_ONLY),
}
STATES = {
    "CREATED": PaymentOutcome.PENDING,
    "AUTHORIZED": PaymentOutcome.AUTHORIZED,
    "REAUTHORIZING": PaymentOutcome.AUTHORIZED,
    "COMPLETED": PaymentOutcome.PAID,
    "REFUNDED": PaymentOutcome.PAID,
    "FAILED": PaymentOutcome.DECLINED,
    "CANCELED": PaymentOutcome.CANCELLED,
    "EXPIRED": PaymentOutcome.EXPIRED,
}
REFUND_STATES = {"CREATED": Outcome.PENDING, "REFUNDED": Outcome.SUCCEEDED, "FAILED": Outcome.DECLINED}
# Answers to a new code after which nobody can pay by it.
NEVER_OPENED = frozenset(
    {"UNAUTHORIZED", "OPA_CLIENT_NOT_FOUND", "OP_OUT_OF_SCOPE", "INVALID_PARAMS", "INVALID_REQUEST_PARAMS", "MISSING_REQUEST_PARAMS"}
)
# Answers to a refund that leave no doubt that it was not made.
REFUND_REFUSED = NEVER_OPENED | {
    "CANCELED_USER",
    "REFUND_LIMIT_EXCEEDED",
    "REFUND_WINDOW_EXCEED",
    "RESOURCE_NOT_FOUND",
    "ORDER_NOT_REVERSIBLE",
}
