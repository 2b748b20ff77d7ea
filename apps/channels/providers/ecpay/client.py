"""ECPay 綠界 as a gateway: card payments go back with DoAction; how a trade stands is read with QueryTrade.

ECPay knows no number of ours for a refund and no key: the same request twice is two refunds. So the trade is read first and nothing is
sent unless it has given back what our books know; the request is then sent once, and whether it was done is told by the sum that went
back afterwards (`RefundCall.refunded_minor` before it, plus itself). https://developers.ecpay.com.tw/?p=2885 and ?p=9242 (DoAction),
?p=9263 and ?p=45925 (QueryTrade by our own trade number, which ?p=2894 sends one to)
"""

import logging
import time
from datetime import datetime
from urllib.parse import parse_qsl

import httpx
import stamina

from apps.channels.gateways import (
    Account,
    Acknowledgement,
    DisputeTold,
    NoticeForged,
    Outcome,
    RefundAnswer,
    RefundCall,
    RefundNotice,
)
from apps.channels.paying import PaymentNotice
from apps.channels.providers.ecpay import codes
from apps.channels.providers.ecpay.closing import Trade, TradeUnreadable, read_trade
from apps.channels.providers.ecpay.codes import Stage
from apps.channels.providers.ecpay.payments import EcpayPayments
from apps.channels.providers.ecpay.signing import CHECK, check_value, conceal, is_genuine, reveal

# Payments and DoAction, QueryTrade, statements. The stage has no DoAction, by its documents.
LIVE = ("https://payment.ecpay.com.tw", "https://ecpayment.ecpay.com.tw", "https://vendor.ecpay.com.tw")
SANDBOX = ("https://payment-stage.ecpay.com.tw", "https://ecpayment-stage.ecpay.com.tw", "https://vendor-stage.ecpay.com.tw")
TIMEOUT = httpx.Timeout(20.0, connect=5.0)  # seconds
ASKS = 3  # tries of one question; an action is sent once
WHOLE = 100  # minor units of a whole New Taiwan dollar: ECPay knows no cents
TROUBLES = (httpx.HTTPError, httpx.InvalidURL, TradeUnreadable, ValueError, KeyError)
logger = logging.getLogger(__name__)


class EcpayGateway(EcpayPayments):
    """`credentials` hold `merchant_id`, `hash_key` and `hash_iv`, as the console shows them."""

    def __init__(self, account: Account):
        self.merchant_id = account.credentials["merchant_id"]
        self.keys = (account.credentials["hash_key"], account.credentials["hash_iv"])
        usual = LIVE if account.is_live else SANDBOX
        self.pay_at, self.ask_at, self.statement_at = [account.base_url or address for address in usual]

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`. What ECPay cannot do by its own rules is refused here and never sent."""
        refusal = _refusal(call)
        if refusal is not None:
            return refusal
        try:
            trade = self._trade(call)
            back = trade.went_back(call.payment_amount_minor // WHOLE)
        except TROUBLES as error:
            logger.warning("ecpay.refund.not_sent key=%s why=%s", call.key, type(error).__name__)
            return _declined(call, "not_sent", codes.NOT_SENT, why=_why(error))
        if back * WHOLE != call.refunded_minor:
            return _declined(call, "books_differ", codes.BOOKS_DIFFER, went_back=back)
        return self._carry_out(call, trade)

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`: by what the trade says went back. NOT_FOUND when that is what went back before."""
        try:
            trade = self._trade(call)
            back = trade.went_back(call.payment_amount_minor // WHOLE)
        except TROUBLES as error:
            logger.warning("ecpay.query.unreadable key=%s why=%s", call.key, error)
            return _unknown(call, "unreadable" if isinstance(error, TradeUnreadable) else "no_answer", _why(error))
        raw = {"key": call.key, "went_back": back, "stage": str(trade.stage)}
        if back * WHOLE == call.refunded_minor + call.amount_minor:
            return RefundAnswer(Outcome.SUCCEEDED, code="closed", raw=raw)
        if back * WHOLE == call.refunded_minor:
            return RefundAnswer(Outcome.NOT_FOUND, code="not_closed", raw=raw)
        return RefundAnswer(Outcome.UNKNOWN, code="other_sum", message=f"ECPay says that {back} went back", raw=raw)

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice | RefundNotice | DisputeTold]:
        """See `Gateway`. ECPay sends notices of payments alone; nothing it sends tells of a refund."""
        try:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        except (UnicodeDecodeError, ValueError) as error:
            raise NoticeForged from error
        return self.read_payment_notice(fields)

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`; anything but these bytes is sent again."""
        return Acknowledgement(b"1|OK")

    def _carry_out(self, call: RefundCall, trade: Trade) -> RefundAnswer:
        """The actions that ECPay's documents name for where the trade stands: R once captured; before, E and N release it as a whole."""
        is_whole = call.amount_minor == call.payment_amount_minor
        if trade.stage == Stage.CAPTURED or (trade.stage == Stage.TO_CAPTURE and not is_whole):
            return self._act(call, "R", call.amount_minor // WHOLE)
        if not is_whole:
            return _declined(call, "not_captured", codes.NOT_CAPTURED)
        if trade.stage == Stage.TO_CAPTURE:
            if call.method == "unionpay":
                return _declined(call, "unionpay_closing", codes.UNIONPAY)
            undone = self._act(call, "E", trade.amount)
            if undone.outcome != Outcome.SUCCEEDED:
                return undone
            released = self._act(call, "N", trade.amount)
            if released.outcome == Outcome.DECLINED:
                return _unknown(call, "capture_undone", codes.UNDONE, answer=released.raw)
            return released
        return self._act(call, "N", trade.amount)

    def _act(self, call: RefundCall, action: str, amount: int) -> RefundAnswer:
        """One DoAction, sent once."""
        form = {
            "MerchantID": self.merchant_id,
            "MerchantTradeNo": call.merchant_ref,
            "TradeNo": call.provider_ref,
            "Action": action,
            "TotalAmount": str(amount),
        }
        try:
            with httpx.Client(timeout=TIMEOUT) as web:
                reply = web.post(f"{self.pay_at}/CreditDetail/DoAction", data={**form, CHECK: check_value(form, *self.keys)})
                said = dict(parse_qsl(reply.text.strip(), keep_blank_values=True))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return _unknown(call, "no_answer", _why(error), request=form)
        return self._read(call, form, reply.status_code, said)

    def _read(self, call: RefundCall, form: dict[str, str], status: int, said: dict[str, str]) -> RefundAnswer:
        code, words = said.get("RtnCode", ""), said.get("RtnMsg", "")[:300]
        raw = {"key": call.key, "request": form, "answer": {"http_status": status, "RtnCode": code, "RtnMsg": words}}
        is_ours = status == 200 and all(said.get(name, form[name]) == form[name] for name in ("MerchantTradeNo", "TradeNo"))
        if CHECK in said:
            is_ours = is_ours and is_genuine(said, *self.keys)
        known = codes.RTN_CODES.get(code) or next((known for word, known in codes.RTN_WORDS.items() if words.startswith(word)), None)
        if is_ours and known:
            outcome, sentence = known
            return RefundAnswer(outcome, code=code, message=sentence or words, raw=raw)
        logger.warning("provider.unknown_code provider=ecpay key=%s http=%s code=%s", call.key, status, code)
        return RefundAnswer(Outcome.UNKNOWN, code=code or f"http_{status}", message=words, raw=raw)

    @stamina.retry(on=httpx.TransportError, attempts=ASKS, timeout=40, wait_initial=0.5, wait_max=3)
    def _trade(self, call: RefundCall) -> Trade:
        """How the trade stands. :raises httpx.HTTPError, TradeUnreadable, ValueError: it cannot be told."""
        asked = {"MerchantID": self.merchant_id, "MerchantTradeNo": call.merchant_ref}
        if call.provider_ref:
            asked["TradeNo"] = call.provider_ref
        sent = {"MerchantID": self.merchant_id, "RqHeader": {"Timestamp": int(time.time())}, "Data": conceal(asked, *self.keys)}
        with httpx.Client(timeout=TIMEOUT) as web:
            reply = web.post(f"{self.ask_at}/1.0.0/CreditDetail/QueryTrade", json=sent).raise_for_status().json()
        if not isinstance(reply, dict) or str(reply.get("TransCode")) != "1":
            raise TradeUnreadable("not transferred")
        return read_trade(reveal(str(reply.get("Data", "")), *self.keys))


def _refusal(call: RefundCall) -> RefundAnswer | None:
    """Why this is not even asked of ECPay."""
    if call.method not in codes.CARDS:
        return _declined(call, "not_card", codes.NOT_CARD)
    if call.currency != "TWD" or call.amount_minor % WHOLE or call.payment_amount_minor % WHOLE:
        return _declined(call, "not_whole", codes.NOT_WHOLE)
    if call.method == "installment" and call.amount_minor != call.payment_amount_minor:
        return _declined(call, "installment", codes.INSTALMENT)
    if not call.merchant_ref or not call.provider_ref:
        return _declined(call, "no_numbers", codes.NO_NUMBERS)
    if call.refunded_minor + call.amount_minor > call.payment_amount_minor:
        return _declined(call, "too_much", codes.TOO_MUCH)
    return None


def _declined(call: RefundCall, code: str, message: str, **raw) -> RefundAnswer:
    return RefundAnswer(Outcome.DECLINED, code=code, message=message, raw={"key": call.key, "code": code, **raw})


def _unknown(call: RefundCall, code: str, message: str, **raw) -> RefundAnswer:
    return RefundAnswer(Outcome.UNKNOWN, code=code, message=message, raw={"key": call.key, "code": code, **raw})


def _why(error: Exception) -> str:
    """The error without what it may quote of the exchange."""
    return str(error)[:200] if isinstance(error, TradeUnreadable) else type(error).__name__
