"""LINE Pay as a gateway, online API v3 or v4: the payer approves in LINE, and the money is taken when we confirm.

There is no notice: who never comes back is found by asking. It knows no key of ours for a refund, so the payment's list of refunds is read
first, and nothing is sent unless it says what our books say. https://developers-pay.line.me/online-api-v3
"""

import json
import logging
import uuid
from datetime import datetime
from urllib.parse import urlencode

from apps.channels.fetching import ConnectionAnswer, Verdict
from apps.channels.gateways import Account, Acknowledgement, NoticeForged, Outcome, RefundAnswer, RefundCall
from apps.channels.own_codes import not_known, not_sent, refund_by_sum, refund_not_known, refund_not_sent
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentOutcome
from apps.channels.providers.linepay import codes, details
from apps.channels.providers.linepay.signing import signature
from apps.channels.return_codes import CodeClass
from apps.channels.wire import AnswerUnreadable, NoAnswer, Wire
from apps.core.money import MoneyError

LIVE, SANDBOX = "https://api-pay.line.me", "https://sandbox-api-pay.line.me"
VERSIONS = ("v3", "v4")
LONGEST = 100  # characters of an orderId
NOBODYS = "hezhang-test-000000"  # a number of ours that no payment has
CHECKED = {
    "0000": PaymentOutcome.PENDING,
    "0110": PaymentOutcome.APPROVED,
    "0121": PaymentOutcome.EXPIRED,
    "0122": PaymentOutcome.DECLINED,
}
PAID_ALREADY = "0123"
LOCALES = {"en": "en", "ja": "ja", "ko": "ko", "th": "th", "zh-hant": "zh_TW", "zh-hans": "zh_CN"}
FAULTS = (NoAnswer, AnswerUnreadable)
PATIENCE = 45.0  # seconds: LINE Pay asks for 40 at least where money is taken
logger = logging.getLogger(__name__)


class Refused(AnswerUnreadable):
    """LINE Pay answered a question with a code that answers nothing."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


class LinePayGateway:
    """`credentials` hold `channel_id`, `channel_secret` and, where it is not v3, `api_version`."""

    def __init__(self, account: Account):
        self.channel_id, self.secret = account.credentials["channel_id"], account.credentials["channel_secret"]
        version = account.credentials.get("api_version", "").strip().lower()
        self.root = f"/{version if version in VERSIONS else VERSIONS[0]}/payments"
        self.base_url = account.base_url or (LIVE if account.is_live else SANDBOX)

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: the payer opens LINE Pay's page and comes back to `return_url`, whether or not they approved."""
        refusal = _refusal(call)
        if refusal:
            return not_sent(call, refusal)
        wire, amount = self._wire(), details.to_line(call.amount_minor, call.currency)
        goods = {"name": call.description[:200] or call.merchant_ref, "quantity": 1, "price": amount}
        wanted = {
            "amount": amount,
            "currency": call.currency,
            "orderId": call.merchant_ref,
            "packages": [{"id": "1", "amount": amount, "products": [goods]}],
            "redirectUrls": {"confirmUrl": call.return_url, "cancelUrl": call.return_url},
            "options": {"payment": {"capture": call.captures_at_once}, "display": {"locale": _locale(call.language)}},
        }
        try:
            code, said = self._post(wire, "/request", wanted)
            if code == "0000":
                number, url = str(said["info"]["transactionId"]), str(said["info"]["paymentUrl"]["web"])
                action = PayerAction(ActionKind.REDIRECT, url=url, expires_at=call.expires_at)
                return PaymentAnswer(PaymentOutcome.PENDING, number, code, action=action, raw=wire.record(key=call.key))
        except FAULTS as error:
            return _lost(call, wire, error)
        except (KeyError, TypeError):
            return not_known("unreadable", raw=wire.record(key=call.key))
        known = codes.RETURN_CODES.get(code)
        final = known is not None and known.code_class in (CodeClass.CONFIG, CodeClass.DECLINED)
        return _coded(call, wire, code, PaymentOutcome.DECLINED if final else PaymentOutcome.UNKNOWN)

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. By LINE Pay's number it tells every state; by ours alone it knows only what was confirmed."""
        wire = self._wire()
        try:
            if call.provider_ref:
                code, _said = self._get(wire, f"/requests/{call.provider_ref}/check")
                if code in CHECKED:
                    return _coded(call, wire, code, CHECKED[code])
                if code not in (PAID_ALREADY, "1150"):
                    return _coded(call, wire, code, PaymentOutcome.UNKNOWN)
            return self._listed(call, wire)
        except FAULTS as error:
            return _lost(call, wire, error)

    def finish_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: confirms. Whatever LINE Pay answers, but a plain refusal, its list has the last word."""
        return self._taking(call, f"/{call.provider_ref}/confirm", call.amount_minor)

    def capture_payment(self, call: PaymentCall, amount_minor: int) -> PaymentAnswer:
        """See `PaymentGateway`."""
        return self._taking(call, f"/authorizations/{call.provider_ref}/capture", amount_minor)

    def cancel_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: gives an authorization back. There is no call for taking back a request that nobody confirmed."""
        stands = self.query_payment(call)
        if stands.outcome in (PaymentOutcome.PENDING, PaymentOutcome.APPROVED):
            known = codes.RETURN_CODES["nothing_to_void"]
            return not_known("nothing_to_void", message=known.staff, provider_ref=stands.provider_ref, raw=stands.raw)
        if stands.outcome != PaymentOutcome.AUTHORIZED:
            return stands
        wire = self._wire()
        try:
            code, _said = self._post(wire, f"/authorizations/{stands.provider_ref}/void", {})
            return self._listed(call, wire) if code == "0000" else _coded(call, wire, code, PaymentOutcome.UNKNOWN)
        except FAULTS as error:
            return _lost(call, wire, error)

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`."""
        if not call.provider_ref:
            return refund_not_sent(call, "no_numbers")
        if call.refunded_minor + call.amount_minor > call.payment_amount_minor:
            return refund_not_sent(call, "too_much")
        wire = self._wire()
        try:
            amount = details.to_line(call.amount_minor, call.currency)
            stands = self._details(wire, call.merchant_ref, call.provider_ref)
        except MoneyError:
            return refund_not_sent(call, "not_whole")
        except FAULTS:
            return refund_not_sent(call, "not_sent", raw=wire.record())
        if stands is None or stands.currency != call.currency or stands.went_back != call.refunded_minor:
            return refund_not_sent(call, "books_differ" if stands else "not_sent", raw=wire.record())
        try:
            code, said = self._post(wire, f"/{call.provider_ref}/refund", {"refundAmount": amount})
            if code == "0000":
                number, at = str(said["info"]["refundTransactionId"]), details.moment(said["info"]["refundTransactionDate"])
                return RefundAnswer(Outcome.SUCCEEDED, number, code, done_at=at, raw=wire.record(key=call.key))
        except NoAnswer as error:
            return refund_not_known(call, error.code, raw=wire.record())
        except (AnswerUnreadable, KeyError, TypeError, ValueError):
            return refund_not_known(call, "unreadable", raw=wire.record())
        known = codes.RETURN_CODES.get(code)
        outcome = Outcome.DECLINED if code in codes.REFUND_REFUSED else Outcome.UNKNOWN
        return RefundAnswer(outcome, code=code, message=known.staff if known else "", raw=wire.record(key=call.key))

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`: by LINE Pay's number of the refund, else by the sum that went back."""
        wire = self._wire()
        try:
            stands = self._details(wire, call.merchant_ref, call.provider_ref)
        except FAULTS as error:
            return refund_not_known(call, getattr(error, "code", "unreadable"), raw=wire.record())
        if stands is None:
            return refund_not_known(call, "answer_differs", raw=wire.record())
        named = next((one for one in stands.refunds if one.number == call.provider_refund_ref), None)
        if named and named.amount == call.amount_minor:
            return RefundAnswer(Outcome.SUCCEEDED, named.number, "0000", done_at=named.at, raw=wire.record(key=call.key))
        return refund_by_sum(call, stands.went_back, raw=wire.record())

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list:
        """LINE Pay sends none for online payments. :raises NoticeForged: whatever comes is not from it."""
        raise NoticeForged

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`."""
        return Acknowledgement()

    def test_connection(self) -> ConnectionAnswer:
        """Asks about a number that no payment has."""
        wire = self._wire()
        try:
            code, _said = self._get(wire, "", {"orderId": NOBODYS})
        except NoAnswer as error:
            return ConnectionAnswer(Verdict.UNREACHABLE, code=error.code, raw=wire.record())
        except AnswerUnreadable as error:
            return ConnectionAnswer(Verdict.UNCLEAR, code="unreadable", message=str(error), raw=wire.record())
        known = codes.RETURN_CODES.get(code)
        message, raw = known.staff if known else "", wire.record()
        if code in ("0000", "1150"):
            return ConnectionAnswer(Verdict.WORKS, code=code, raw=raw)
        if code in ("1104", "1106"):
            return ConnectionAnswer(Verdict.WRONG_CREDENTIALS, "channel_id" if code == "1104" else "channel_secret", code, message, raw)
        return ConnectionAnswer(Verdict.NOT_PERMITTED if code == "1105" else Verdict.UNCLEAR, code=code, message=message, raw=raw)

    def _taking(self, call: PaymentCall, path: str, amount_minor: int) -> PaymentAnswer:
        """Confirms or captures, once; how it then stands is read from the list."""
        if not call.provider_ref:
            return not_known("no_numbers", raw={"key": call.key})
        wire = self._wire()
        try:
            wanted = {"amount": details.to_line(amount_minor, call.currency), "currency": call.currency}
            code, _said = self._post(wire, path, wanted)
        except MoneyError:
            return not_sent(call, "not_whole")
        except FAULTS as error:
            return _lost(call, wire, error)
        known = codes.RETURN_CODES.get(code)
        if known and known.code_class == CodeClass.DECLINED:
            return _coded(call, wire, code, PaymentOutcome.DECLINED)
        try:
            stands = self._listed(call, wire)
        except FAULTS as error:
            return _lost(call, wire, error)
        return stands if stands.outcome != PaymentOutcome.NOT_FOUND else _coded(call, wire, code, PaymentOutcome.UNKNOWN, stands.raw)

    def _listed(self, call: PaymentCall, wire: Wire) -> PaymentAnswer:
        """How the list of payments tells it. :raises NoAnswer, AnswerUnreadable: see there."""
        stands = self._details(wire, call.merchant_ref, call.provider_ref)
        raw = wire.record(key=call.key)
        if stands is None:
            return PaymentAnswer(PaymentOutcome.NOT_FOUND, code="1150", message=codes.RETURN_CODES["1150"].staff, raw=raw)
        if call.merchant_ref != stands.merchant_ref:
            return not_known("answer_differs", raw=raw)
        return PaymentAnswer(
            stands.outcome,
            stands.number,
            stands.state or "0000",
            amount_minor=stands.amount,
            currency=stands.currency,
            paid_at=stands.at,
            raw=raw,
        )

    def _details(self, wire: Wire, merchant_ref: str, number: str) -> details.Details | None:
        """The payment in LINE Pay's list; None where LINE Pay says that there is none. :raises NoAnswer, AnswerUnreadable: see there."""
        code, said = self._get(wire, "", {"transactionId": number} if number else {"orderId": merchant_ref})
        if code == "1150":
            return None
        if code != "0000":
            raise Refused(code)
        return details.read_details(said.get("info"), merchant_ref=merchant_ref, number=number)

    def _wire(self) -> Wire:
        return Wire(self.base_url, secrets=(self.secret,), patience=PATIENCE)

    def _get(self, wire: Wire, path: str, query: dict[str, str] | None = None) -> tuple[str, dict]:
        path, said = self.root + path, urlencode(query or {})
        return _read(wire.ask("GET", f"{path}?{said}" if said else path, headers=self._headers(path, said)))

    def _post(self, wire: Wire, path: str, wanted: dict) -> tuple[str, dict]:
        body = json.dumps(wanted, ensure_ascii=False, separators=(",", ":"))
        return _read(wire.act("POST", self.root + path, content=body.encode(), headers=self._headers(self.root + path, body)))

    def _headers(self, path: str, said: str) -> dict[str, str]:
        nonce = str(uuid.uuid4())
        return {
            "content-type": "application/json",
            "x-line-channelid": self.channel_id,
            "x-line-authorization-nonce": nonce,
            "x-line-authorization": signature(self.secret, path, said, nonce),
        }


def _refusal(call: PaymentCall) -> str:
    if call.currency not in details.CURRENCIES:
        return "other_currency"
    if call.currency == "TWD" and call.amount_minor % details.WHOLE:
        return "not_whole"
    if not 0 < len(call.merchant_ref) <= LONGEST:
        return "bad_number"
    if call.instalments > 1:
        return "no_instalments"
    return "" if call.return_url else "no_address"


def _read(reply) -> tuple[str, dict]:
    """The code and the answer. :raises AnswerUnreadable: no JSON, or without a code."""
    said = reply.json()
    code = said.get("returnCode")
    if not isinstance(code, str) or not code:
        raise AnswerUnreadable("no returnCode")
    return code, said


def _coded(call: PaymentCall, wire: Wire, code: str, outcome: PaymentOutcome, raw: dict | None = None) -> PaymentAnswer:
    known = codes.RETURN_CODES.get(code)
    if known is None:
        logger.warning("provider.unknown_code provider=linepay key=%s code=%s", call.key, code)
    message = known.staff if known else ""
    return PaymentAnswer(outcome, call.provider_ref, code, message, raw=raw or wire.record(key=call.key))


def _lost(call: PaymentCall, wire: Wire, error: Exception) -> PaymentAnswer:
    return not_known(getattr(error, "code", "unreadable"), provider_ref=call.provider_ref, raw=wire.record(key=call.key))


def _locale(language: str) -> str:
    return LOCALES.get(language.lower()) or LOCALES.get(language.split("-")[0].lower(), "en")
