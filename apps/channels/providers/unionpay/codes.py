"""UnionPay's answer codes, as data. Only those are listed whose meaning its own sample program shows; the rest are a reason to look.

In an answer to a question, `respCode` is about the question and `origRespCode` about the deal: there every code that is neither done nor
open means that the deal failed.
"""

from django.utils.translation import gettext_noop

from apps.channels.own_codes import OWN_CODES
from apps.channels.return_codes import CodeClass, ReturnCode, ReturnCodes

OPEN = ReturnCode(CodeClass.RETRY, gettext_noop("UnionPay does not know yet how it ended: it has to be asked."))
DONE = ("00", "A6")
CODES: ReturnCodes = {
    "00": ReturnCode(CodeClass.OK),
    "A6": ReturnCode(CodeClass.OK, gettext_noop("Done, with a flaw: what UnionPay names so should be compared with its console.")),
    "03": OPEN,
    "04": OPEN,
    "05": OPEN,
    "34": ReturnCode(CodeClass.NOT_FOUND, gettext_noop("UnionPay knows no deal of this number and time.")),
    # Our own checks before anything is sent
    "no_time": ReturnCode(CodeClass.CONFIG, gettext_noop("UnionPay knows a deal by its number and time, and the time is not known here.")),
    "no_number": ReturnCode(CodeClass.STATE, gettext_noop("UnionPay's own number of this payment is not known, so nothing was sent.")),
    "too_much": ReturnCode(CodeClass.STATE, gettext_noop("More than was paid, so nothing was sent.")),
}


def class_of(code: str) -> CodeClass | None:
    """By UnionPay's codes or our own; None for a code that nobody has listed."""
    known = CODES.get(code) or OWN_CODES.get(code)
    return known.code_class if known else None
