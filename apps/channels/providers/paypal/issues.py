"""What PayPal's error names, issues and states mean, as data. https://developer.paypal.com/api/rest/reference/orders/v2/errors/

The first issue of an error's details says more than its name. What is not listed leaves the outcome open.
"""

from apps.channels import sentences as say
from apps.channels.return_codes import CodeClass, ReturnCodes
from apps.channels.sentences import declined, listed

CODES: ReturnCodes = {
    **listed(CodeClass.OK, "", "COMPLETED CAPTURED REFUNDED PARTIALLY_REFUNDED"),
    **listed(CodeClass.PENDING, "", "CREATED SAVED PAYER_ACTION_REQUIRED APPROVED PENDING ORDER_NOT_APPROVED"),
    **listed(CodeClass.STATE, "", "VOIDED CANCELLED FAILED"),
    **declined(
        say.NO_REASON,
        "DECLINED DENIED INSTRUMENT_DECLINED TRANSACTION_REFUSED PAYER_CANNOT_PAY REDIRECT_PAYER_FOR_ALTERNATE_FUNDING "
        "PAYER_ACCOUNT_RESTRICTED PAYER_ACCOUNT_LOCKED_OR_CLOSED",
        say.PAYER_ANOTHER_WAY,
    ),
    **declined(say.EXPIRED, "CARD_EXPIRED", say.PAYER_EXPIRED),
    **declined(say.LIMIT, "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED TRANSACTION_LIMIT_EXCEEDED", say.PAYER_LIMIT),
    **declined(say.LEFT, "AUTHORIZATION_EXPIRED ORDER_EXPIRED"),
    **listed(
        CodeClass.DUPLICATE,
        say.DONE_BEFORE,
        "DUPLICATE_INVOICE_ID ORDER_ALREADY_CAPTURED ORDER_ALREADY_AUTHORIZED CAPTURE_FULLY_REFUNDED DUPLICATE_TRANSACTION "
        "PREVIOUSLY_CAPTURED AUTHORIZATION_ALREADY_CAPTURED PREVIOUSLY_VOIDED",
    ),
    **listed(CodeClass.STATE, say.DISPUTED, "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK TRANSACTION_DISPUTED"),
    **listed(CodeClass.STATE, say.TOO_LATE, "REFUND_TIME_LIMIT_EXCEEDED"),
    **listed(
        CodeClass.STATE,
        say.TOO_MUCH,
        "REFUND_AMOUNT_EXCEEDED REFUND_CAPTURE_CURRENCY_MISMATCH MAX_CAPTURE_AMOUNT_EXCEEDED MAX_NUMBER_OF_REFUNDS_EXCEEDED "
        "PARTIAL_REFUND_NOT_ALLOWED",
    ),
    **listed(CodeClass.STATE, say.NO_BALANCE, "REFUND_FAILED_INSUFFICIENT_FUNDS"),
    **listed(CodeClass.STATE, say.STATE, "AUTHORIZATION_VOIDED ORDER_CANNOT_BE_CAPTURED unpaid_lapses"),
    **listed(CodeClass.NOT_FOUND, say.UNHEARD, "RESOURCE_NOT_FOUND INVALID_RESOURCE_ID not_found"),
    **listed(
        CodeClass.RETRY,
        say.BUSY,
        "RATE_LIMIT_REACHED INTERNAL_SERVER_ERROR INTERNAL_SERVICE_ERROR SERVICE_UNAVAILABLE PREVIOUS_REQUEST_IN_PROGRESS no_answer "
        "timeout unreadable answer_differs http_429 http_500 http_502 http_503 http_504",
    ),
    **listed(CodeClass.CONFIG, say.KEYS, "invalid_client invalid_token AUTHENTICATION_FAILURE"),
    **listed(CodeClass.CONFIG, say.PERMISSION, "NOT_AUTHORIZED PERMISSION_DENIED PAYEE_ACCOUNT_RESTRICTED PAYEE_ACCOUNT_LOCKED_OR_CLOSED"),
    **listed(
        CodeClass.CONFIG,
        say.SETUP,
        "AMOUNT_MISMATCH ITEM_TOTAL_MISMATCH CURRENCY_NOT_SUPPORTED DECIMALS_NOT_SUPPORTED VALIDATION_ERROR INVALID_REQUEST "
        "MISSING_REQUIRED_PARAMETER INVALID_PARAMETER_SYNTAX INVALID_PARAMETER_VALUE INVALID_STRING_LENGTH MALFORMED_REQUEST_JSON",
    ),
    **listed(CodeClass.CONFIG, say.NOT_SENT, "no_return_url method_unknown excess_digits no_payment_id"),
}
FINAL = (CodeClass.DECLINED, CodeClass.CONFIG, CodeClass.STATE, CodeClass.DUPLICATE, CodeClass.NOT_FOUND)
