"""What Razorpay's error reasons, codes and states mean, as data. https://razorpay.com/docs/errors/payments/list/

The reason of an error says more than its code. What is not listed leaves the outcome open.
"""

from apps.channels import sentences as say
from apps.channels.return_codes import CodeClass, ReturnCodes
from apps.channels.sentences import declined, listed

CODES: ReturnCodes = {
    **listed(CodeClass.OK, "", "paid captured refunded processed"),
    **listed(CodeClass.PENDING, "", "created authorized pending partially_paid"),
    **listed(CodeClass.STATE, "", "expired cancelled failed"),
    **declined(say.NO_REASON, "card_declined payment_declined payment_failed"),
    **declined(say.SECRET, "payment_risk_check_failed"),
    **declined(say.NO_MONEY, "insufficient_funds", say.PAYER_NO_MONEY),
    **declined(say.EXPIRED, "card_expired", say.PAYER_EXPIRED),
    **declined(say.DETAILS, "incorrect_cvv incorrect_card_details incorrect_card_expiry_date invalid_vpa", say.PAYER_DETAILS),
    **declined(say.PIN, "incorrect_pin pin_attempts_exceeded", say.PAYER_PIN),
    **declined(say.CONFIRM, "authentication_failed incorrect_otp otp_attempts_exceeded otp_expired", say.PAYER_CONFIRM),
    **declined(say.LEFT, "payment_cancelled payment_timed_out"),
    **declined(
        say.LIMIT,
        "transaction_limit_exceeded transaction_daily_limit_exceeded transaction_frequency_limit_exceeded "
        "transaction_amount_limit_exceeded credit_limit_exceeded",
        say.PAYER_LIMIT,
    ),
    **declined(
        say.LATER, "bank_technical_error bank_not_available bank_cutoff_in_progress upi_app_technical_error gateway_technical_error",
        say.PAYER_LATER,
    ),
    **listed(CodeClass.DUPLICATE, say.DONE_BEFORE, "duplicate_request duplicate_refund_id order_already_paid payment_already_refunded"),
    **listed(CodeClass.STATE, say.TOO_MUCH, "too_much"),
    **listed(
        CodeClass.RETRY,
        say.BUSY,
        "server_error GATEWAY_ERROR SERVER_ERROR verification_failed no_answer timeout unreadable answer_differs http_429 http_500 "
        "http_502 http_503 http_504",
    ),
    **listed(CodeClass.CONFIG, say.KEYS, "http_401"),
    **listed(
        CodeClass.CONFIG,
        say.PERMISSION,
        "merchant_not_activated live_mode_not_enabled card_type_not_enabled international_not_enabled",
    ),
    **listed(CodeClass.CONFIG, say.SETUP, "input_validation_failed invalid_currency BAD_REQUEST_ERROR"),
    **listed(CodeClass.CONFIG, say.NOT_SENT, "method_unknown excess_digits no_payment_id no_manual_capture reference_too_long"),
    **listed(CodeClass.NOT_FOUND, say.UNHEARD, "not_found http_404"),
}  # fmt: skip
FINAL = (CodeClass.DECLINED, CodeClass.CONFIG, CodeClass.STATE, CodeClass.DUPLICATE)
