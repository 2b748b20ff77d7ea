"""Codes of our own, beside those of each provider: why a gateway asked for nothing, or heard nothing it could read."""

from django.utils.translation import gettext_noop

from apps.channels.gateways import Outcome, RefundAnswer, RefundCall
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
    "too_large": ReturnCode(CodeClass.CONFIG, gettext_noop("The provider does not take so large an amount by this method.")),
    "too_late": ReturnCode(CodeClass.CONFIG, gettext_noop("The time to pay is over already, or ends later than the provider allows.")),
    "too_much": ReturnCode(CodeClass.STATE, gettext_noop("More than was paid, so nothing was sent.")),
    "no_numbers": ReturnCode(
        CodeClass.CONFIG, gettext_noop("The books lack the provider's or our own number of this payment, so nothing was sent.")
    ),
    "not_sent": ReturnCode(
        CodeClass.RETRY,
        gettext_noop("The provider did not say how the payment stands, so nothing was sent. Ask for the refund again later."),
    ),
    "books_differ": ReturnCode(
        CodeClass.STATE,
        gettext_noop(
            "The provider has given back another sum of this payment than the books know, so nothing was sent. "
            "Bring the books up to date first."
        ),
    ),
    "other_sum": ReturnCode(
        CodeClass.RETRY,
        gettext_noop("What went back fits neither this refund nor what the books knew before: look into the provider's console."),
    ),
}


def not_sent(call: PaymentCall, code: str) -> PaymentAnswer:
    """A payment that was not even asked for, by a rule that is checked before anything is sent."""
    return PaymentAnswer(PaymentOutcome.DECLINED, code=code, message=OWN_CODES[code].staff, raw={"key": call.key, "code": code})


def not_known(code: str, *, message: str = "", **more) -> PaymentAnswer:
    """Nobody can tell from this answer how the payment stands; `more` are further fields of `PaymentAnswer`."""
    known = OWN_CODES.get(code)
    return PaymentAnswer(PaymentOutcome.UNKNOWN, code=code, message=message or (known.staff if known else ""), **more)


def refund_not_sent(call: RefundCall, code: str, *, raw: dict | None = None) -> RefundAnswer:
    """A refund that was not asked for, by a rule that is checked before anything is sent: no money goes back by this call."""
    return RefundAnswer(Outcome.DECLINED, code=code, message=OWN_CODES[code].staff, raw={"key": call.key, **(raw or {})})


def refund_not_known(call: RefundCall, code: str, *, raw: dict | None = None) -> RefundAnswer:
    """Nobody can tell from this answer what became of the refund."""
    known = OWN_CODES.get(code)
    return RefundAnswer(Outcome.UNKNOWN, code=code, message=known.staff if known else "", raw={"key": call.key, **(raw or {})})


def refund_by_sum(call: RefundCall, went_back_minor: int, *, raw: dict) -> RefundAnswer:
    """What became of a refund where the provider knows no key: told by the whole sum that went back of the payment."""
    raw = {"key": call.key, "went_back_minor": went_back_minor, **raw}
    if went_back_minor == call.refunded_minor + call.amount_minor:
        return RefundAnswer(Outcome.SUCCEEDED, code="sum_fits", raw=raw)
    if went_back_minor == call.refunded_minor:
        return RefundAnswer(Outcome.NOT_FOUND, code="not_found", raw=raw)
    return refund_not_known(call, "other_sum", raw=raw)
