"""What Stripe's codes mean, as data: declines of cards, refusals of requests and ends of refunds.

https://docs.stripe.com/declines/codes and https://docs.stripe.com/error-codes; where an error has no code, the library's name of it stands
here. What a thief would like to know (that a card is reported lost, that a payment looked like fraud) is for staff alone.
"""

from apps.channels import sentences as say
from apps.channels.return_codes import CodeClass, ReturnCodes
from apps.channels.sentences import declined, listed

CODES: ReturnCodes = {
    **listed(CodeClass.OK, "", "succeeded paid"),
    **listed(CodeClass.PENDING, "", "pending processing requires_action requires_capture requires_confirmation open"),
    **listed(CodeClass.STATE, "", "canceled expired failed requires_payment_method"),
    **declined(
        say.NO_REASON,
        "card_declined generic_decline do_not_honor do_not_try_again no_action_taken not_permitted revocation_of_all_authorizations "
        "revocation_of_authorization service_not_allowed stop_payment_order transaction_not_allowed call_issuer security_violation "
        "restricted_card payment_method_customer_decline declined",
    ),
    **declined(say.SECRET, "fraudulent lost_card stolen_card pickup_card merchant_blacklist lost_or_stolen_card"),
    **declined(say.NO_MONEY, "insufficient_funds withdrawal_count_limit_exceeded card_velocity_exceeded", say.PAYER_NO_MONEY),
    **declined(say.EXPIRED, "expired_card expired_or_canceled_card expired_payment_method", say.PAYER_EXPIRED),
    **declined(
        say.DETAILS,
        "incorrect_number invalid_number incorrect_cvc invalid_cvc invalid_expiry_month invalid_expiry_year incorrect_zip "
        "incorrect_address invalid_account",
        say.PAYER_DETAILS,
    ),
    **declined(say.PIN, "incorrect_pin invalid_pin pin_try_exceeded offline_pin_required online_or_offline_pin_required", say.PAYER_PIN),
    **declined(
        say.CONFIRM,
        "authentication_required payment_intent_authentication_failure approve_with_id mobile_device_authentication_required "
        "authentication_not_handled",
        say.PAYER_CONFIRM,
    ),
    **declined(say.LATER, "issuer_not_available processing_error reenter_transaction try_again_later", say.PAYER_LATER),
    **declined(
        say.NOT_SUPPORTED,
        "card_not_supported currency_not_supported invalid_amount invalid_card_type new_account_information_available testmode_decline",
        say.PAYER_NOT_SUPPORTED,
    ),
    **declined(say.NO_ACCOUNT, "account_closed debit_not_authorized no_account bank_account_declined"),
    **declined(say.LEFT, "payment_intent_payment_attempt_expired payment_intent_payment_attempt_failed"),
    **listed(CodeClass.DUPLICATE, say.DONE_BEFORE, "duplicate_transaction charge_already_refunded charge_already_captured"),
    **listed(CodeClass.STATE, say.DISPUTED, "charge_disputed refund_disputed_payment charge_for_pending_refund_disputed"),
    **listed(
        CodeClass.STATE,
        say.STATE,
        "payment_intent_unexpected_state charge_expired_for_capture capture_charge_authorization_expired charge_not_refundable "
        "intent_invalid_state merchant_request",
    ),
    **listed(CodeClass.NOT_FOUND, say.UNHEARD, "resource_missing not_found"),
    **listed(
        CodeClass.RETRY,
        say.BUSY,
        "lock_timeout idempotency_key_in_use rate_limit no_answer timeout unreadable RateLimitError APIError IdempotencyError unknown "
        "answer_differs",
    ),
    **listed(CodeClass.CONFIG, say.KEYS, "AuthenticationError api_key_expired livemode_mismatch platform_api_key_expired"),
    **listed(CodeClass.CONFIG, say.PERMISSION, "PermissionError capability_not_active payment_method_unactivated testmode_charges_only"),
    **listed(
        CodeClass.CONFIG,
        say.SETUP,
        "InvalidRequestError amount_too_small amount_too_large parameter_missing parameter_unknown parameter_invalid_empty "
        "parameter_invalid_integer parameter_invalid_string_blank parameter_invalid_string_empty url_invalid account_invalid "
        "payment_method_currency_mismatch country_unsupported email_invalid account_country_invalid_address",
    ),
    **listed(CodeClass.CONFIG, say.NOT_SENT, "no_return_url wrong_currency excess_digits no_payment_id method_unknown"),
}
