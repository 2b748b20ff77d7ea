"""Codes of our own, beside those of each provider: why a gateway asked for nothing, or heard nothing it could read."""

from django.utils.translation import gettext_noop

from apps.channels.paying import PaymentAnswer, PaymentCall, PaymentOutcome
from apps.channels.return_codes import CodeClass, ReturnCode, ReturnCodes

OWN_CODES: ReturnCodes = {
    "timeout": ReturnCode(CodeClass.RETRY, gettext_noop("The provider did not answer in time.")),
    "no_answer": ReturnCode(CodeClass.RETRY, gettext_noop("The provider could not be reached, or the line was cut.")),
    "unreadable": ReturnCode(CodeClass.RETRY, gettext_noop("The provider's answer is not what its documents promise.")),
    "bad_signature": ReturnCode(
        CodeClass.RETRY, gettext_noop("The answer does not carry the provider's signature, so it counts for nothing.")
    ),
    "key_unusable": ReturnCode(CodeClass.CONFIG, gettext_noop("The key or certificate that was entered cannot be read.")),
    "answer_differs": ReturnCode(CodeClass.RETRY, gettext_noop("The answer is about another payment than the one asked about.")),
    "other_currency": ReturnCode(CodeClass.CONFIG, gettext_noop("The provider does not take this currency.")),
    "not_whole": ReturnCode(CodeClass.CONFIG, gettext_noop("The provider takes whole amounts of this currency only.")),
    "bad_number": ReturnCode(CodeClass.CONFIG, gettext_noop("Our payment number does not fit what the provider allows.")),
    "other_method": ReturnCode(CodeClass.CONFIG, gettext_noop("The provider does not take this method of payment.")),
    "no_instalments": ReturnCode(CodeClass.CONFIG, gettext_noop("The provider does not offer this number of instalments.")),
    "no_holding": ReturnCode(CodeClass.CONFIG, gettext_noop("This provider takes the money at once; it cannot be held first.")),
    "no_address": ReturnCode(CodeClass.CONFIG, gettext_noop("The address to return to or for notices is missing.")),
    "too_small": ReturnCode(CodeClass.CONFIG, gettext_noop("The provider does not take so small an amount by this method.")),
    "too_late": ReturnCode(CodeClass.CONFIG, gettext_noop("The time to pay is over already, or ends later than the provider allows.")),
}


def not_sent(call: PaymentCall, code: str) -> PaymentAnswer:
    """A payment that was not even asked for, by a rule that is checked before anything is sent."""
    return PaymentAnswer(PaymentOutcome.DECLINED, code=code, message=OWN_CODES[code].staff, raw={"key": call.key, "code": code})


def not_known(code: str, *, message: str = "", **more) -> PaymentAnswer:
    """Nobody can tell from this answer how the payment stands; `more` are further fields of `PaymentAnswer`."""
    known = OWN_CODES.get(code)
    return PaymentAnswer(PaymentOutcome.UNKNOWN, code=code, message=message or (known.staff if known else ""), **more)
