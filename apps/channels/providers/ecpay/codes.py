"""What ECPay's words mean, as data: answers of DoAction, the states of a card trade, and the codes of payments.

ECPay adds codes without notice (developers.ecpay.com.tw/?p=5740), so only those are listed that it documents for this call; any other
leaves a refund or a payment unknown.
"""

from enum import StrEnum

from django.utils.translation import gettext_noop

from apps.channels.contracts import Method
from apps.channels.gateways import Outcome
from apps.channels.return_codes import CodeClass, ReturnCode, ReturnCodes

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

# Payments: ReturnURL and PaymentInfoURL (RtnCode), QueryTradeInfo (TradeStatus), and what the page of AioCheckOut says.
OVER = gettext_noop("The time to pay is over.")
PAY_ANEW = gettext_noop("The time to pay is over. Please order again.")
CARD_REFUSED = gettext_noop("The bank did not approve the card. Please use another card or another method.")
RETURN_CODES: ReturnCodes = {
    "0": ReturnCode(CodeClass.PENDING, gettext_noop("Not paid yet.")),
    "1": ReturnCode(CodeClass.OK, gettext_noop("Paid.")),
    "2": ReturnCode(CodeClass.PENDING, gettext_noop("An account for the transfer was issued, or the instalment plan was applied for.")),
    "10100073": ReturnCode(CodeClass.PENDING, gettext_noop("A code or barcode for the store was issued.")),
    "10100058": ReturnCode(CodeClass.DECLINED, OVER, PAY_ANEW),
    "10200009": ReturnCode(CodeClass.DECLINED, OVER, PAY_ANEW),
    "10300006": ReturnCode(CodeClass.DECLINED, OVER, PAY_ANEW),
    "10200043": ReturnCode(CodeClass.DECLINED, gettext_noop("The payer did not pass the bank's 3D verification."), CARD_REFUSED),
    "10200058": ReturnCode(CodeClass.DECLINED, gettext_noop("The bank did not authorise the card."), CARD_REFUSED),
    "10200163": ReturnCode(CodeClass.DECLINED, gettext_noop("The application to buy now and pay later was turned down.")),
    "10200095": ReturnCode(CodeClass.DECLINED, gettext_noop("The trade was never established: the payer did not finish.")),
    "10200115": ReturnCode(CodeClass.RETRY, gettext_noop("The bank did not answer in time: ask again later.")),
    "10200047": ReturnCode(CodeClass.NOT_FOUND, RTN_CODES["10200047"][1]),
    "10200050": ReturnCode(CodeClass.CONFIG, RTN_CODES["10200050"][1]),
    "10200073": ReturnCode(CodeClass.CONFIG, RTN_CODES["10200073"][1]),
    "10400011": ReturnCode(CodeClass.CONFIG, gettext_noop("ECPay blocks a word in the description of the goods.")),
    "too_fast": ReturnCode(
        CodeClass.RETRY, gettext_noop("ECPay was asked too often and answers nothing for 30 minutes. The payment itself is not affected.")
    ),
    "no_statement": ReturnCode(
        CodeClass.CONFIG,
        gettext_noop("ECPay sent no statement. Allow this server's IP address in ECPay's console: system development, interface settings."),
    ),
}
EXPIRED = frozenset({"10100058", "10200009", "10300006"})
