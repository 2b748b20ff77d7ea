"""What ECPay's words mean, as data: answers of DoAction, and the states of a card trade.

ECPay adds codes without notice (developers.ecpay.com.tw/?p=5740), so only those are listed that it documents for this call; any other
leaves a refund unknown. The sentences are for staff.
"""

from enum import StrEnum

from django.utils.translation import gettext_noop

from apps.channels.contracts import Method
from apps.channels.gateways import Outcome

# DoAction takes back card payments alone (?p=2885); of anything else the shop sends the money itself.
CARDS = frozenset({Method.CREDIT_CARD, Method.INSTALLMENT, Method.APPLE_PAY, Method.GOOGLE_PAY, Method.UNIONPAY})
DONE = "1"
RTN_CODES: dict[str, tuple[Outcome, str]] = {
    DONE: (Outcome.SUCCEEDED, ""),
    "10200047": (Outcome.DECLINED, gettext_noop("ECPay knows no trade of this number.")),
    "10200050": (Outcome.DECLINED, gettext_noop("ECPay says that the amount does not fit the trade.")),
    "10200073": (Outcome.DECLINED, gettext_noop("ECPay did not accept our signature: check HashKey and HashIV of this channel.")),
    "10200095": (Outcome.DECLINED, gettext_noop("ECPay says that this trade was never paid.")),
}
# Some refusals are told in RtnMsg alone, under RtnCode 0.
RTN_WORDS: dict[str, tuple[Outcome, str]] = {
    "error_nopay": (Outcome.DECLINED, gettext_noop("ECPay knows no authorisation of this trade.")),
    "error_Stop": (Outcome.DECLINED, gettext_noop("ECPay says that this shop is unknown or its contract has ended.")),
    "error_overDate": (Outcome.DECLINED, gettext_noop("Too long ago for a refund by interface: ask ECPay's customer service.")),
}

NOT_CARD = gettext_noop("ECPay refunds card payments only.")
NOT_WHOLE = gettext_noop("ECPay refunds whole New Taiwan dollars only.")
INSTALMENT = gettext_noop("ECPay refunds instalments as a whole only.")
NO_NUMBERS = gettext_noop("The books lack ECPay's or our own number of this trade, so nothing was sent.")
TOO_MUCH = gettext_noop("More than was paid, so nothing was sent.")
NOT_SENT = gettext_noop("ECPay did not say how the trade stands, so nothing was sent. Ask for the refund again later.")
BOOKS_DIFFER = gettext_noop(
    "ECPay has given back another sum of this trade than the books know, so nothing was sent. Bring the books up to date first."
)
NOT_CAPTURED = gettext_noop("Not captured yet: ECPay can only release such a trade as a whole. Ask for a part after it was captured.")
UNIONPAY = gettext_noop("ECPay is capturing this UnionPay payment: ask for the whole refund again when that is done.")
UNDONE = gettext_noop(
    "ECPay took the capture back and did not release the trade. Release it in ECPay's console, or capture it again, else nobody is paid."
)


class Stage(StrEnum):
    """Where a card trade, or one of its closing rows, stands."""

    UNAUTHORIZED = "unauthorized"
    AUTHORIZED = "authorized"
    TO_CAPTURE = "to_capture"
    CAPTURED = "captured"
    UNDONE = "undone"  # the capture was taken back: as authorised
    RELEASED = "released"  # given up before capture: the customer pays nothing


# Chinese in the form interface (?p=2894), English in the JSON one (?p=16589, ?p=45925).
STAGES = {
    "未授權": Stage.UNAUTHORIZED,
    "unauthorized": Stage.UNAUTHORIZED,
    "已授權": Stage.AUTHORIZED,
    "authorized": Stage.AUTHORIZED,
    "要關帳": Stage.TO_CAPTURE,
    "to be captured": Stage.TO_CAPTURE,
    "已關帳": Stage.CAPTURED,
    "captured": Stage.CAPTURED,
    "操作取消": Stage.UNDONE,
    "operation canceled": Stage.UNDONE,
    "已取消": Stage.RELEASED,
    "canceled": Stage.RELEASED,
}
