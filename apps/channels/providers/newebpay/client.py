"""NewebPay 藍新 as a gateway: a signed form that the payer posts, QueryTradeInfo, and for cards capture, release and refund.

It knows no key of ours for a refund: the trade is read first, nothing is sent unless it has given back what our books know, and whether a
refund was made is told by what can still be refunded afterwards (BackBalance).
"""

import json
import logging
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from apps.channels.contracts import Method
from apps.channels.fetching import ConnectionAnswer, Verdict
from apps.channels.gateways import Account, Acknowledgement, NoticeForged, NoticeUnreadable, Outcome, RefundAnswer, RefundCall
from apps.channels.own_codes import not_known, not_sent, refund_by_sum, refund_not_known
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentNotice, PaymentOutcome
from apps.channels.providers.newebpay import checkout, codes, signing
from apps.channels.providers.newebpay.refunding import refusal_before_asking, refusal_of
from apps.channels.providers.newebpay.trade import DONE, NO_CAPTURE, WHOLE, Trade, minor, moment, read_trade
from apps.channels.wire import AnswerUnreadable, NoAnswer, Wire

LIVE, SANDBOX = "https://core.newebpay.com", "https://ccore.newebpay.com"
QUERY, CLOSE, CANCEL = "/API/QueryTradeInfo", "/API/CreditCard/Close", "/API/CreditCard/Cancel"
CAPTURE, REFUND = "1", "2"  # CloseType
FORM = {"content-type": "application/x-www-form-urlencoded"}
NOBODYS = "HezhangTest_000000"  # a number of ours that no payment has
# How long after the end of the time to pay NewebPay may still learn of money: a transfer in minutes, a barcode about two days later.
LATE = {Method.ATM: timedelta(days=2), Method.CVS_CODE: timedelta(days=2), Method.CVS_BARCODE: timedelta(days=4)}
LATE_CARD = timedelta(minutes=40)
FAULTS = (NoAnswer, AnswerUnreadable)
logger = logging.getLogger(__name__)


class Refused(AnswerUnreadable):
    """NewebPay answered a question with a code, or in a way that proves nothing; `message` is its own sentence."""

    def __init__(self, code: str, message: str = ""):
        super().__init__(code)
        self.code, self.message = code, message

    @property
    def knows_no_trade(self) -> bool:
        """TRA10001 is said of shops too: only a sentence that speaks of the trade proves that there is none."""
        return self.code == "TRA10001" and "查無" in self.message and "交易" in self.message


class NewebPayGateway:
    """`credentials` hold `merchant_id`, `hash_key` and `hash_iv`, as the console shows them."""

    def __init__(self, account: Account):
        self.merchant_id = account.credentials["merchant_id"]
        self.keys = (account.credentials["hash_key"], account.credentials["hash_iv"])
        self.base_url = account.base_url or (LIVE if account.is_live else SANDBOX)

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: a signed form. NewebPay hears of the payment when the payer posts it."""
        now = datetime.now(UTC)
        code = checkout.refusal(call, now)
        if code:
            return not_sent(call, code)
        fields = checkout.form_of(call, self.merchant_id, self.keys, now)
        action = PayerAction(ActionKind.FORM, url=self.base_url + checkout.PATH, fields=fields, expires_at=call.expires_at)
        raw = {"key": call.key, "form": {"MerchantOrderNo": call.merchant_ref, "Amt": call.amount_minor // WHOLE, "method": call.method}}
        return PaymentAnswer(PaymentOutcome.PENDING, code="0", action=action, raw=raw)

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. A card that should be held first is AUTHORIZED until NewebPay was asked to capture it."""
        wire = self._wire()
        try:
            trade = self._trade(wire, call.merchant_ref, call.amount_minor)
        except FAULTS as error:
            if isinstance(error, Refused) and error.knows_no_trade:
                return PaymentAnswer(PaymentOutcome.NOT_FOUND, code=error.code, message=error.message[:200], raw=wire.record(key=call.key))
            return _lost(call, wire, error)
        outcome, raw = codes.TRADE_STATUSES.get(trade.status, PaymentOutcome.UNKNOWN), wire.record(key=call.key)
        if outcome == PaymentOutcome.UNKNOWN:
            logger.warning("provider.unknown_code provider=newebpay key=%s code=%s", call.key, trade.status)
        if outcome == PaymentOutcome.PENDING and call.expires_at and datetime.now(UTC) > call.expires_at + LATE.get(call.method, LATE_CARD):
            outcome = PaymentOutcome.EXPIRED
        if outcome == PaymentOutcome.PAID and trade.captured == NO_CAPTURE and not call.captures_at_once:
            outcome = PaymentOutcome.AUTHORIZED
        known = codes.RETURN_CODES.get(trade.status)
        answer = {"provider_ref": trade.number, "code": trade.status, "message": known.staff if known else "", "raw": raw}
        if outcome not in (PaymentOutcome.PAID, PaymentOutcome.AUTHORIZED):
            return PaymentAnswer(outcome, **answer)
        return PaymentAnswer(outcome, **answer, amount_minor=trade.amount, currency="TWD", paid_at=trade.paid_at)

    def capture_payment(self, call: PaymentCall, amount_minor: int) -> PaymentAnswer:
        """See `PaymentGateway`; the whole only, because NewebPay does not say what of a payment was captured."""
        if amount_minor != call.amount_minor:
            return PaymentAnswer(PaymentOutcome.AUTHORIZED, call.provider_ref, "whole_only", codes.WHOLE_ONLY, raw={"key": call.key})
        return self._acted(call, CLOSE, {**self._about(call.merchant_ref, amount_minor), "Version": "1.1", "CloseType": CAPTURE})

    def cancel_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: releases a card that was authorized. There is no call for an order that nobody paid."""
        stands = self.query_payment(call)
        if stands.outcome == PaymentOutcome.PENDING:
            known = codes.RETURN_CODES["nothing_to_cancel"]
            return not_known("nothing_to_cancel", message=known.staff, provider_ref=stands.provider_ref, raw=stands.raw)
        if stands.outcome != PaymentOutcome.AUTHORIZED:
            return stands
        return self._acted(call, CANCEL, {**self._about(call.merchant_ref, call.amount_minor), "Version": "1.0"})

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`. What was captured is refunded, what was not is released as a whole."""
        refusal = refusal_before_asking(call)
        if refusal:
            return refusal
        wire = self._wire()
        try:
            trade = self._trade(wire, call.merchant_ref, call.payment_amount_minor)
        except FAULTS:
            return refusal_of(call, "not_sent", raw=wire.record())
        refusal = refusal_of(call, trade=trade, raw=wire.record())
        if refusal:
            return refusal
        wanted = {**self._about(call.merchant_ref, call.amount_minor), "Version": "1.1", "CloseType": REFUND}
        path, outcome = CLOSE, Outcome.PENDING
        if trade.captured == NO_CAPTURE:
            path, outcome, wanted = CANCEL, Outcome.SUCCEEDED, {**self._about(call.merchant_ref, call.amount_minor), "Version": "1.0"}
        try:
            code, words = self._act(wire, path, wanted)
        except FAULTS as error:
            return refund_not_known(call, getattr(error, "code", "unreadable"), raw=wire.record())
        if code != "SUCCESS":
            outcome = Outcome.DECLINED if code in codes.REFUND_REFUSED else Outcome.UNKNOWN
        known = codes.RETURN_CODES.get(code)
        return RefundAnswer(outcome, code=code, message=known.staff if known else words, raw=wire.record(key=call.key))

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`: by what can still be refunded; a card that was released before capture went back as a whole."""
        wire = self._wire()
        try:
            trade = self._trade(wire, call.merchant_ref, call.payment_amount_minor)
            went_back = trade.amount if trade.status == "3" else trade.went_back
        except NoAnswer as error:
            return refund_not_known(call, error.code, raw=wire.record())
        except (AnswerUnreadable, ValueError) as error:
            return refund_not_known(call, getattr(error, "code", "unreadable"), raw=wire.record())
        told = refund_by_sum(call, went_back, raw=wire.record())
        if told.outcome == Outcome.SUCCEEDED and trade.status != "3" and trade.given_back != DONE:
            return RefundAnswer(Outcome.PENDING, code=trade.given_back, raw=told.raw)
        return told

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice]:
        """See `Gateway`: what was posted to NotifyURL."""
        try:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        except (UnicodeDecodeError, ValueError) as error:
            raise NoticeForged from error
        info = fields.get("TradeInfo", "")
        if not info or not signing.same(fields.get("TradeSha", ""), signing.trade_sha(info, *self.keys)):
            raise NoticeForged
        try:
            told = json.loads(signing.reveal(info, *self.keys))
            return [_notice(told, self.merchant_id)]
        except (ValueError, KeyError, TypeError) as error:
            raise NoticeUnreadable(f"{type(error).__name__}: {error}"[:200]) from error

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`."""
        return Acknowledgement()

    def test_connection(self) -> ConnectionAnswer:
        """Asks about a number that no payment has."""
        wire = self._wire()
        try:
            self._trade(wire, NOBODYS, WHOLE)
        except NoAnswer as error:
            return ConnectionAnswer(Verdict.UNREACHABLE, code=error.code, raw=wire.record())
        except Refused as error:
            known = codes.RETURN_CODES.get(error.code)
            told = {"code": error.code, "message": error.message[:200] or (known.staff if known else ""), "raw": wire.record()}
            if error.knows_no_trade:
                return ConnectionAnswer(Verdict.WORKS, **told)
            wrong = error.code in ("TRA10002", "bad_signature")
            return ConnectionAnswer(Verdict.WRONG_CREDENTIALS if wrong else Verdict.UNCLEAR, "hash_key" if wrong else "", **told)
        except AnswerUnreadable as error:
            return ConnectionAnswer(Verdict.UNCLEAR, code="unreadable", message=str(error), raw=wire.record())
        return ConnectionAnswer(Verdict.WORKS, code="SUCCESS", raw=wire.record())

    def _acted(self, call: PaymentCall, path: str, wanted: dict[str, str]) -> PaymentAnswer:
        """One act on a card; how it then stands is asked. A refusal's code stands in an answer that says nothing changed."""
        wire = self._wire()
        try:
            code, words = self._act(wire, path, wanted)
        except FAULTS as error:
            return _lost(call, wire, error)
        stands = self.query_payment(call)
        if code == "SUCCESS":
            return stands
        known = codes.RETURN_CODES.get(code)
        message, raw = known.staff if known else words, {**stands.raw, "refused": wire.record()}
        return PaymentAnswer(
            stands.outcome, stands.provider_ref, code, message, stands.amount_minor, stands.currency, stands.paid_at, raw=raw
        )

    def _trade(self, wire: Wire, number: str, amount_minor: int) -> Trade:
        """The trade in a signed answer about it. :raises NoAnswer, AnswerUnreadable: see there."""
        amount = amount_minor // WHOLE
        fields = {
            "MerchantID": self.merchant_id,
            "Version": "1.3",
            "RespondType": "JSON",
            "CheckValue": signing.check_value(self.merchant_id, number, amount, *self.keys),
            "TimeStamp": str(int(time.time())),
            "MerchantOrderNo": number,
            "Amt": str(amount),
        }
        said = wire.ask("POST", QUERY, content=urlencode(fields), headers=FORM).json()
        if said.get("Status") != "SUCCESS":
            raise Refused(str(said.get("Status") or "unreadable"), str(said.get("Message") or ""))
        try:
            result = said["Result"]
            trade = read_trade(result)
            expected = signing.check_code(self.merchant_id, trade.merchant_ref, result["Amt"], trade.number, *self.keys)
            genuine = signing.same(str(result["CheckCode"]), expected)
        except (KeyError, TypeError, ValueError) as error:
            raise AnswerUnreadable(f"trade: {type(error).__name__}") from error
        if not genuine:
            raise Refused("bad_signature")
        if trade.merchant_ref != number:
            raise Refused("answer_differs")
        return trade

    def _act(self, wire: Wire, path: str, wanted: dict[str, str]) -> tuple[str, str]:
        """One act, sent once: NewebPay's code and sentence. :raises NoAnswer, AnswerUnreadable: see there."""
        form = {"MerchantID_": self.merchant_id, "PostData_": signing.conceal(urlencode(wanted), *self.keys)}
        said = wire.act("POST", path, content=urlencode(form), headers=FORM).json()
        if not isinstance(said.get("Status"), str):
            raise AnswerUnreadable("no Status")
        return said["Status"], str(said.get("Message") or "")[:200]

    def _about(self, number: str, amount_minor: int) -> dict[str, str]:
        """The fields that name a card payment by our number."""
        stamp = str(int(time.time()))
        return {"RespondType": "JSON", "TimeStamp": stamp, "Amt": str(amount_minor // WHOLE), "MerchantOrderNo": number, "IndexType": "1"}

    def _wire(self) -> Wire:
        return Wire(self.base_url, secrets=self.keys)


def _notice(told: dict, merchant_id: str) -> PaymentNotice:
    """A refusal is one only where the bank's own code says so: else the form may have been wrong. :raises KeyError, ValueError: odd."""
    code, result = str(told["Status"]), told["Result"]
    if str(result["MerchantID"]) != merchant_id:
        raise ValueError("another shop's")
    outcome = PaymentOutcome.PAID if code == "SUCCESS" else PaymentOutcome.UNKNOWN
    if code == "MPG03009" and result.get("RespondCode"):
        outcome = PaymentOutcome.DECLINED
    number = str(result["TradeNo"])
    return PaymentNotice(
        f"{number}:{code}", outcome, minor(result["Amt"]), "TWD", merchant_ref=str(result["MerchantOrderNo"]), provider_ref=number,
        occurred_at=moment(str(result["PayTime"])) if outcome == PaymentOutcome.PAID else None, code=code,
        message=str(told.get("Message") or "")[:200],
    )  # fmt: skip


def _lost(call: PaymentCall, wire: Wire, error: Exception) -> PaymentAnswer:
    message = getattr(error, "message", "")[:200]
    return not_known(getattr(error, "code", "unreadable"), message=message, provider_ref=call.provider_ref, raw=wire.record(key=call.key))
