"""ChinaUMS's words, as data. Of its error codes only SUCCESS is documented in public, so every other leaves a payment unknown."""

from django.utils.translation import gettext_noop

from apps.channels.own_codes import OWN_CODES
from apps.channels.paying import PaymentOutcome
from apps.channels.return_codes import CodeClass, ReturnCode, ReturnCodes

DONE = "SUCCESS"
CODES: ReturnCodes = {
    DONE: ReturnCode(CodeClass.OK),
    "no_time": ReturnCode(CodeClass.CONFIG, gettext_noop("ChinaUMS knows a bill by its number and day, and the day is not known here.")),
}
BILL_STATES = {
    "UNPAID": PaymentOutcome.PENDING,
    "PAID": PaymentOutcome.PAID,
    "REFUND": PaymentOutcome.PAID,  # it was paid, and some or all of it went back
    "CLOSED": PaymentOutcome.EXPIRED,
}


def is_listed(code: str) -> bool:
    """Whether anybody has listed the code."""
    return code in CODES or code in OWN_CODES
