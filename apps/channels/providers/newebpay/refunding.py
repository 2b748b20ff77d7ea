"""What NewebPay cannot refund, told before anything is sent."""

from apps.channels.gateways import Outcome, RefundAnswer, RefundCall
from apps.channels.own_codes import OWN_CODES
from apps.channels.providers.newebpay.codes import CARDS, RETURN_CODES
from apps.channels.providers.newebpay.trade import DONE, NO_CAPTURE, WHOLE, Trade


def refusal_before_asking(call: RefundCall) -> RefundAnswer | None:
    """By what the call itself says."""
    if call.method not in CARDS:
        return refusal_of(call, "not_card")
    if call.currency != "TWD" or call.amount_minor % WHOLE or call.payment_amount_minor % WHOLE:
        return refusal_of(call, "not_whole")
    if not call.merchant_ref:
        return refusal_of(call, "no_numbers")
    if call.refunded_minor + call.amount_minor > call.payment_amount_minor:
        return refusal_of(call, "too_much")
    return None


def refusal_of(call: RefundCall, code: str = "", *, trade: Trade | None = None, raw: dict | None = None) -> RefundAnswer | None:
    """By a code that is known already, or by how the trade stands; None where nothing speaks against it."""
    code = code or _by_trade(call, trade)
    if not code:
        return None
    known = {**OWN_CODES, **RETURN_CODES}[code]
    return RefundAnswer(Outcome.DECLINED, code=code, message=known.staff, raw={"key": call.key, **(raw or {})})


def _by_trade(call: RefundCall, trade: Trade) -> str:
    if trade.status not in ("1", "6"):
        return "books_differ"
    try:
        went_back = trade.went_back
    except ValueError:
        return "not_sent"
    if went_back != call.refunded_minor or trade.amount != call.payment_amount_minor:
        return "books_differ"
    if trade.captured == NO_CAPTURE:
        return "" if call.amount_minor == call.payment_amount_minor else "not_captured"
    return "" if trade.captured == DONE else "capturing"
