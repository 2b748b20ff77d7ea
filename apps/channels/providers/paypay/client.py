"""PayPay as a gateway: a code that the payer scans or opens in the app; how it stands is asked.

PayPay's notices are not signed, so nothing is believed of them: everything is asked. A refund goes under our number, which PayPay keeps and
lists with the payment. https://www.paypay.ne.jp/opa/doc/v1.0/dynamicqrcode
"""

import json
import logging
import re
import time
import uuid
from datetime import UTC, datetime

from apps.channels.fetching import ConnectionAnswer, Verdict
from apps.channels.gateways import Account, Acknowledgement, Outcome, RefundAnswer, RefundCall
from apps.channels.own_codes import not_known, not_sent, refund_not_known, refund_not_sent
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentOutcome
from apps.channels.providers.paypay import codes
from apps.channels.providers.paypay.order import Gone, Order, moment, read_order, read_refund
from apps.channels.providers.paypay.signing import authorization
from apps.channels.wire import AnswerUnreadable, NoAnswer, Wire

LIVE, SANDBOX = "https://api.paypay.ne.jp", "https://stg-api.sandbox.paypay.ne.jp"
NUMBER = re.compile(r"[A-Za-z0-9_-]{1,64}")
NOBODYS = "hezhang-test-000000"  # a number of ours that no payment has
JSON = "application/json;charset=UTF-8"
PATIENCE = 30.0  # seconds
FAULTS = (NoAnswer, AnswerUnreadable)
logger = logging.getLogger(__name__)


class Refused(AnswerUnreadable):
    """PayPay answered with a code that is no success."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


class PayPayGateway:
    """`credentials` hold `api_key`, `api_secret` and `merchant_id`."""

    def __init__(self, account: Account):
        self.api_key, self.secret, self.merchant_id = (account.credentials[name] for name in ("api_key", "api_secret", "merchant_id"))
        self.base_url = account.base_url or (LIVE if account.is_live else SANDBOX)

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: PayPay's page shows the code, or opens the app. The answer's number is the code's, until somebody paid."""
        refusal = _refusal(call)
        if refusal:
            return not_sent(call, refusal)
        wire = self._wire()
        wanted = {
            "merchantPaymentId": call.merchant_ref,
            "codeType": "ORDER_QR",
            "amount": {"amount": call.amount_minor, "currency": "JPY"},
            "orderDescription": call.description[:255] or call.merchant_ref,
            "isAuthorization": not call.captures_at_once,
            "requestedAt": int(time.time()),
        }
        if call.return_url:
            wanted |= {"redirectUrl": call.return_url, "redirectType": "WEB_LINK"}
        try:
            data = self._say(wire, "POST", "/v2/codes", wanted)
            code_id, url, until = str(data["codeId"]), str(data["url"]), moment(data.get("expiryDate"))
        except FAULTS as error:
            return _failed(call, wire, error, codes.NEVER_OPENED)
        except (KeyError, TypeError, ValueError):
            return not_known("unreadable", raw=wire.record(key=call.key))
        action = PayerAction(ActionKind.REDIRECT, url=url, text=url, expires_at=until)
        return PaymentAnswer(PaymentOutcome.PENDING, code_id, codes.SUCCESS, action=action, raw=wire.record(key=call.key))

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: always by our number."""
        wire = self._wire()
        try:
            order = self._order(wire, call.merchant_ref)
        except FAULTS as error:
            return _failed(call, wire, error)
        outcome, known = codes.STATES.get(order.state, PaymentOutcome.UNKNOWN), codes.RETURN_CODES.get(order.state)
        if outcome == PaymentOutcome.UNKNOWN:
            logger.warning("provider.unknown_code provider=paypay key=%s code=%s", call.key, order.state)
        number, message = order.number or call.provider_ref, known.staff if known else ""
        raw = wire.record(key=call.key)
        if outcome not in (PaymentOutcome.PAID, PaymentOutcome.AUTHORIZED):
            return PaymentAnswer(outcome, number, order.state, message, raw=raw)
        return PaymentAnswer(outcome, number, order.state, message, order.amount, order.currency, order.at, raw=raw)

    def capture_payment(self, call: PaymentCall, amount_minor: int) -> PaymentAnswer:
        """See `PaymentGateway`; the whole only, because PayPay's documents do not show what it says of a part."""
        if amount_minor != call.amount_minor:
            return PaymentAnswer(PaymentOutcome.AUTHORIZED, call.provider_ref, "whole_only", codes.WHOLE_ONLY, raw={"key": call.key})
        wanted = {
            "merchantPaymentId": call.merchant_ref,
            "merchantCaptureId": f"c-{call.merchant_ref}"[:64],
            "amount": {"amount": amount_minor, "currency": "JPY"},
            "orderDescription": call.description[:255] or call.merchant_ref,
            "requestedAt": int(time.time()),
        }
        return self._acted(call, "POST", "/v2/payments/capture", wanted)

    def cancel_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: deletes a code that nobody paid, or gives an authorization back. What was paid stays paid."""
        stands = self.query_payment(call)
        if stands.outcome == PaymentOutcome.AUTHORIZED:
            wanted = {"merchantRevertId": f"r-{call.merchant_ref}"[:64], "paymentId": stands.provider_ref, "requestedAt": int(time.time())}
            return self._acted(call, "POST", "/v2/payments/preauthorize/revert", wanted)
        if stands.outcome != PaymentOutcome.PENDING or not call.provider_ref:
            return stands
        wire = self._wire()
        try:
            self._say(wire, "DELETE", f"/v2/codes/{call.provider_ref}")
        except FAULTS as error:
            return _failed(call, wire, error)
        after = self.query_payment(call)
        if after.outcome not in (PaymentOutcome.PENDING, PaymentOutcome.NOT_FOUND):
            return after  # somebody was quicker
        raw = wire.record(key=call.key)
        return PaymentAnswer(PaymentOutcome.CANCELLED, call.provider_ref, "CANCELED", codes.RETURN_CODES["CANCELED"].staff, raw=raw)

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`. A refund of this number that PayPay has already is not asked for again."""
        if not (call.merchant_ref and NUMBER.fullmatch(call.key)):
            return refund_not_sent(call, "no_numbers")
        if call.currency != "JPY":
            return refund_not_sent(call, "other_currency")
        if call.refunded_minor + call.amount_minor > call.payment_amount_minor:
            return refund_not_sent(call, "too_much")
        wire = self._wire()
        try:
            order = self._order(wire, call.merchant_ref)
        except FAULTS:
            return refund_not_sent(call, "not_sent", raw=wire.record())
        ours = next((one for one in order.refunds if one.key == call.key), None)
        if ours:
            return _told(call, ours, wire)
        if not order.number or order.went_back != call.refunded_minor:
            return refund_not_sent(call, "books_differ" if order.number else "not_sent", raw=wire.record())
        wanted = {
            "merchantRefundId": call.key,
            "paymentId": order.number,
            "amount": {"amount": call.amount_minor, "currency": "JPY"},
            "requestedAt": int(time.time()),
        }
        try:
            return _told(call, read_refund(self._say(wire, "POST", "/v2/refunds", wanted)), wire)
        except FAULTS as error:
            code = getattr(error, "code", "unreadable")
            if code in codes.REFUND_REFUSED:
                return RefundAnswer(Outcome.DECLINED, code=code, message=codes.RETURN_CODES[code].staff, raw=wire.record(key=call.key))
            return refund_not_known(call, code, raw=wire.record())
        except (KeyError, TypeError, ValueError):
            return refund_not_known(call, "unreadable", raw=wire.record())

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`: by our number. NOT_FOUND only where PayPay lists the payment's refunds and it is none of them."""
        wire = self._wire()
        try:
            return _told(call, read_refund(self._say(wire, "GET", f"/v2/refunds/{call.key}")), wire)
        except (KeyError, TypeError, ValueError):
            return refund_not_known(call, "unreadable", raw=wire.record())
        except FAULTS as error:
            if getattr(error, "code", "") != "NO_SUCH_REFUND_ORDER":
                return refund_not_known(call, getattr(error, "code", "unreadable"), raw=wire.record())
        try:
            order = self._order(wire, call.merchant_ref)
        except FAULTS as error:
            return refund_not_known(call, getattr(error, "code", "unreadable"), raw=wire.record())
        if any(one.key == call.key for one in order.refunds):
            return refund_not_known(call, "answer_differs", raw=wire.record())
        return RefundAnswer(Outcome.NOT_FOUND, code="NO_SUCH_REFUND_ORDER", raw=wire.record(key=call.key))

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list:
        """See `Gateway`. Nobody signs PayPay's notices, so one proves nothing and tells nothing: what it is about is asked anyway."""
        return []

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`."""
        return Acknowledgement()

    def test_connection(self) -> ConnectionAnswer:
        """Asks about a number that no payment has."""
        wire = self._wire()
        try:
            self._order(wire, NOBODYS)
        except NoAnswer as error:
            return ConnectionAnswer(Verdict.UNREACHABLE, code=error.code, raw=wire.record())
        except AnswerUnreadable as error:
            code = getattr(error, "code", "unreadable")
            known = codes.RETURN_CODES.get(code)
            told = {"code": code, "message": known.staff if known else "", "raw": wire.record()}
            if code in ("UNAUTHORIZED", "OPA_CLIENT_NOT_FOUND"):
                return ConnectionAnswer(Verdict.WRONG_CREDENTIALS, "api_key", **told)
            verdict = {"DYNAMIC_QR_NOT_FOUND": Verdict.WORKS, "OP_OUT_OF_SCOPE": Verdict.NOT_PERMITTED}.get(code, Verdict.UNCLEAR)
            return ConnectionAnswer(verdict, **told)
        return ConnectionAnswer(Verdict.WORKS, code=codes.SUCCESS, raw=wire.record())

    def _acted(self, call: PaymentCall, method: str, path: str, wanted: dict) -> PaymentAnswer:
        """One act, sent once; how the payment then stands is asked. A refusal's code stands in an answer that says nothing changed."""
        wire = self._wire()
        try:
            self._say(wire, method, path, wanted)
            code = ""
        except NoAnswer as error:
            return _failed(call, wire, error)
        except AnswerUnreadable as error:
            code = getattr(error, "code", "unreadable")
        stands = self.query_payment(call)
        if not code:
            return stands
        known, raw = codes.RETURN_CODES.get(code), {**stands.raw, "refused": wire.record()}
        message = known.staff if known else ""
        return PaymentAnswer(
            stands.outcome, stands.provider_ref, code, message, stands.amount_minor, stands.currency, stands.paid_at, raw=raw
        )

    def _order(self, wire: Wire, number: str) -> Order:
        """:raises NoAnswer, AnswerUnreadable: see there."""
        data = self._say(wire, "GET", f"/v2/codes/payments/{number}")
        try:
            order = read_order(data)
        except (KeyError, TypeError, ValueError) as error:
            raise AnswerUnreadable(f"payment: {type(error).__name__}") from error
        if order.merchant_ref != number:
            raise Refused("answer_differs")
        return order

    def _say(self, wire: Wire, method: str, path: str, wanted: dict | None = None) -> dict:
        """The data of a successful answer. :raises NoAnswer: see there. :raises Refused: another code. :raises AnswerUnreadable: none."""
        body = json.dumps(wanted, ensure_ascii=False, separators=(",", ":")).encode() if wanted else b""
        signed = authorization(
            self.api_key, self.secret, method=method, path=path, nonce=uuid.uuid4().hex[:8], epoch=str(int(time.time())),
            content_type=JSON, body=body,
        )  # fmt: skip
        headers = {"authorization": signed, "x-assume-merchant": self.merchant_id, **({"content-type": JSON} if body else {})}
        send = wire.ask if method == "GET" else wire.act
        said = send(method, path, content=body, headers=headers).json()
        info, data = said.get("resultInfo"), said.get("data")
        code = info.get("code") if isinstance(info, dict) else None
        if not isinstance(code, str) or not code:
            raise AnswerUnreadable("no resultInfo")
        if code not in (codes.SUCCESS, "REQUEST_ACCEPTED"):
            raise Refused(code)
        return data if isinstance(data, dict) else {}

    def _wire(self) -> Wire:
        return Wire(self.base_url, secrets=(self.secret, self.api_key), patience=PATIENCE)


def _refusal(call: PaymentCall) -> str:
    if call.currency != "JPY":
        return "other_currency"
    if call.amount_minor <= 0:
        return "not_whole"
    if not NUMBER.fullmatch(call.merchant_ref):
        return "bad_number"
    if call.instalments > 1:
        return "no_instalments"
    return "too_late" if call.expires_at and call.expires_at <= datetime.now(UTC) else ""


def _failed(call: PaymentCall, wire: Wire, error: Exception, final: frozenset[str] = frozenset()) -> PaymentAnswer:
    """By the code of a refusal; UNKNOWN where it says nothing final."""
    code = getattr(error, "code", "unreadable")
    known = codes.RETURN_CODES.get(code)
    if code == "DYNAMIC_QR_NOT_FOUND":
        return PaymentAnswer(PaymentOutcome.NOT_FOUND, code=code, message=known.staff, raw=wire.record(key=call.key))
    if code in final:
        return PaymentAnswer(PaymentOutcome.DECLINED, code=code, message=known.staff, raw=wire.record(key=call.key))
    if isinstance(error, Refused) and not known:
        logger.warning("provider.unknown_code provider=paypay key=%s code=%s", call.key, code)
    return not_known(code, message=known.staff if known else "", provider_ref=call.provider_ref, raw=wire.record(key=call.key))


def _told(call: RefundCall, gone: Gone, wire: Wire) -> RefundAnswer:
    """A refund as PayPay holds it, if it is this one."""
    if (gone.key, gone.amount) != (call.key, call.amount_minor):
        return refund_not_known(call, "answer_differs", raw=wire.record())
    done_at = gone.at if gone.outcome == Outcome.SUCCEEDED else None
    return RefundAnswer(gone.outcome, gone.key, gone.state, done_at=done_at, raw=wire.record(key=call.key))
