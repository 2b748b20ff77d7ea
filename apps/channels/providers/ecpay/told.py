"""What ECPay tells of a payment: the answer of QueryTradeInfo, and the notices to ReturnURL and PaymentInfoURL.

https://developers.ecpay.com.tw/?p=2890, ?p=2878 (paid), ?p=2880 (account or code issued)
"""

from datetime import datetime, timedelta

from apps.channels.contracts import Method
from apps.channels.gateways import NoticeUnreadable
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentNotice, PaymentOutcome
from apps.channels.providers.ecpay import codes
from apps.channels.providers.ecpay.checkout import TAIPEI, TIME, WHOLE
from apps.channels.return_codes import CodeClass

PAID, OPEN = "1", "0"
ISSUED, ISSUED_AT_STORE = "2", "10100073"
# How long after the end of the time to pay ECPay may still learn of money: a transfer in minutes, a barcode about two days later. Accounts
# and barcodes stand until the end of a day, and for one day at least.
LATE = {Method.ATM: timedelta(days=2), Method.CVS_CODE: timedelta(days=1), Method.CVS_BARCODE: timedelta(days=4)}
LATE_CARD = timedelta(minutes=40)  # by then ECPay knows what the bank said
OUTCOMES = {
    CodeClass.OK: PaymentOutcome.PAID,
    CodeClass.PENDING: PaymentOutcome.PENDING,
    CodeClass.DECLINED: PaymentOutcome.DECLINED,
    CodeClass.NOT_FOUND: PaymentOutcome.NOT_FOUND,
}


class Unreadable(Exception):
    """A field that the documents promise is missing or odd."""


def outcome_of(code: str) -> PaymentOutcome:
    """What a code says of the payment; UNKNOWN for one that nobody listed."""
    if code in codes.EXPIRED:
        return PaymentOutcome.EXPIRED
    known = codes.RETURN_CODES.get(code)
    return OUTCOMES.get(known.code_class, PaymentOutcome.UNKNOWN) if known else PaymentOutcome.UNKNOWN


def read_trade_info(call: PaymentCall, told: dict[str, str], now: datetime, raw: dict) -> PaymentAnswer:
    """The answer of QueryTradeInfo, genuine and about this payment. :raises Unreadable: paid, and without a sum or a time."""
    code = told.get("TradeStatus", "")
    outcome, known = outcome_of(code), codes.RETURN_CODES.get(code)
    if outcome == PaymentOutcome.PENDING and call.expires_at and now > call.expires_at + LATE.get(call.method, LATE_CARD):
        outcome = PaymentOutcome.EXPIRED
    answer = {"provider_ref": told.get("TradeNo", ""), "code": code, "message": known.staff if known else "", "raw": raw}
    if outcome != PaymentOutcome.PAID:
        return PaymentAnswer(outcome, **answer)
    return PaymentAnswer(outcome, **answer, amount_minor=_amount(told), currency="TWD", paid_at=moment(told.get("PaymentDate", "")))


def notice_of(told: dict[str, str]) -> PaymentNotice:
    """A genuine notice. :raises NoticeUnreadable: a number, a sum or a code is missing."""
    code, number, trade_no = told.get("RtnCode", ""), told.get("MerchantTradeNo", ""), told.get("TradeNo", "")
    if not (code and number and trade_no):
        raise NoticeUnreadable("RtnCode, MerchantTradeNo or TradeNo")
    outcome, known = outcome_of(code), codes.RETURN_CODES.get(code)
    try:
        amount = _amount(told)
        at = moment(told["PaymentDate"]) if outcome == PaymentOutcome.PAID else None
        action = _action(told) if code in (ISSUED, ISSUED_AT_STORE) else None
    except (Unreadable, KeyError) as error:
        raise NoticeUnreadable(str(error)) from error
    return PaymentNotice(
        f"{trade_no}:{code}",
        outcome,
        amount,
        "TWD",
        merchant_ref=number,
        provider_ref=trade_no,
        occurred_at=at,
        code=code,
        message=known.staff if known else told.get("RtnMsg", "")[:200],
        action=action,
    )


def moment(text: str) -> datetime:
    """ECPay's clock is Taipei's. :raises Unreadable: no such time."""
    try:
        return datetime.strptime(text, TIME).replace(tzinfo=TAIPEI)
    except ValueError as error:
        raise Unreadable("time") from error


def _amount(told: dict[str, str]) -> int:
    text = told.get("TradeAmt", "")
    if not (text.isascii() and text.isdigit()):
        raise Unreadable("TradeAmt")
    return int(text) * WHOLE


def _action(told: dict[str, str]) -> PayerAction | None:
    """Where to pay; None for an instalment plan that was applied for, where nothing is left to do."""
    barcodes = {f"barcode_{at}": told.get(f"Barcode{at}", "") for at in (1, 2, 3)}
    if told.get("vAccount"):
        details = {"bank_code": told.get("BankCode", ""), "account_no": told["vAccount"]}
    elif told.get("PaymentNo"):
        details = {"code": told["PaymentNo"]}
    elif all(barcodes.values()):
        details = barcodes
    elif told.get("BNPLTradeNo"):
        return None
    else:
        raise Unreadable("no account, code or barcode")
    if not all(details.values()):
        raise Unreadable("BankCode")
    return PayerAction(ActionKind.CODE, details=details, expires_at=_deadline(told.get("ExpireDate", "")))


def _deadline(text: str) -> datetime | None:
    """An account stands until the end of its last day, a store's code until its minute."""
    if not text:
        return None
    return moment(text if len(text) > 10 else f"{text} 23:59:59")
