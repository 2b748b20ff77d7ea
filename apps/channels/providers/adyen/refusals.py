"""What Adyen's refusal reasons and error codes mean, as data. https://docs.adyen.com/development-resources/refusal-reasons/

Refusals stand in notices as a reason in words; requests that are refused carry an error code and a type. An unlisted code goes by its type.
"""

from apps.channels import sentences as say
from apps.channels.return_codes import CodeClass, ReturnCodes
from apps.channels.sentences import declined, listed

# The words of a notice's `reason`, in lower case, as codes.
REASONS = {
    "refused": "2",
    "referral": "3",
    "acquirer error": "4",
    "blocked card": "5",
    "expired card": "6",
    "invalid amount": "7",
    "invalid card number": "8",
    "issuer unavailable": "9",
    "not supported": "10",
    "3d not authenticated": "11",
    "not enough balance": "12",
    "acquirer fraud": "14",
    "cancelled": "15",
    "shopper cancelled": "16",
    "invalid pin": "17",
    "pin tries exceeded": "18",
    "fraud": "20",
    "not submitted": "21",
    "fraud-cancelled": "22",
}
CODES: ReturnCodes = {
    **listed(CodeClass.OK, "", "completed AUTHORISATION CAPTURE REFUND"),
    **listed(CodeClass.PENDING, "", "active paymentPending received"),
    **listed(CodeClass.STATE, "", "expired CANCELLATION EXPIRE OFFER_CLOSED CAPTURE_FAILED REFUND_FAILED REFUNDED_REVERSED"),
    **declined(say.NO_REASON, "2 3 7"),
    **declined(say.LATER, "4 9 21", say.PAYER_LATER),
    **declined(say.SECRET, "5 14 20 22"),
    **declined(say.EXPIRED, "6", say.PAYER_EXPIRED),
    **declined(say.DETAILS, "8", say.PAYER_DETAILS),
    **declined(say.NOT_SUPPORTED, "10", say.PAYER_NOT_SUPPORTED),
    **declined(say.CONFIRM, "11", say.PAYER_CONFIRM),
    **declined(say.NO_MONEY, "12", say.PAYER_NO_MONEY),
    **declined(say.LEFT, "15 16"),
    **declined(say.PIN, "17 18", say.PAYER_PIN),
    **listed(
        CodeClass.RETRY, say.BUSY, "internal no_answer timeout unreadable answer_differs http_429 http_500 http_502 http_503 http_504"
    ),
    **listed(CodeClass.RETRY, say.BY_NOTICE, "told_by_notice"),
    **listed(CodeClass.CONFIG, say.KEYS, "http_401 no_live_prefix"),
    **listed(CodeClass.CONFIG, say.PERMISSION, "security http_403 configuration"),
    **listed(CodeClass.CONFIG, say.SETUP, "validation 130 14_030"),
    **listed(CodeClass.CONFIG, say.NOT_SENT, "method_unknown wrong_currency no_payment_id no_manual_capture"),
    **listed(CodeClass.STATE, say.TOO_MUCH, "too_much"),
    **listed(CodeClass.NOT_FOUND, say.UNHEARD, "not_found http_404"),
}
FINAL = (CodeClass.CONFIG, CodeClass.DECLINED, CodeClass.STATE, CodeClass.DUPLICATE)
