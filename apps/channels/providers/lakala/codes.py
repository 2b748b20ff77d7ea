"""Lakala's words, as data. Of its answer codes only the one for success is documented in public; every other leaves a payment unknown."""

from django.utils.translation import gettext_noop

from apps.channels.own_codes import OWN_CODES
from apps.channels.paying import PaymentOutcome
from apps.channels.return_codes import CodeClass, ReturnCode, ReturnCodes

DONE = "BBS00000"
CODES: ReturnCodes = {
    DONE: ReturnCode(CodeClass.OK),
    "no_payer_ip": ReturnCode(CodeClass.CONFIG, gettext_noop("Lakala wants to know the payer's address on the internet.")),
}
TRADE_STATES = {
    "INIT": PaymentOutcome.PENDING,
    "CREATE": PaymentOutcome.PENDING,
    "DEAL": PaymentOutcome.PENDING,
    "SUCCESS": PaymentOutcome.PAID,
    "PART_REFUND": PaymentOutcome.PAID,
    "REFUND": PaymentOutcome.PAID,
    "FAIL": PaymentOutcome.DECLINED,
    "CLOSE": PaymentOutcome.EXPIRED,
    "UNKNOWN": PaymentOutcome.UNKNOWN,
}


def is_listed(code: str) -> bool:
    """Whether anybody has listed the code."""
    return code in CODES or code in OWN_CODES
