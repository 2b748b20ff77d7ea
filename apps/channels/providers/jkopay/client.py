"""JKOPAY 街口支付 as a gateway: the payer opens its page or app; how the order stands is asked, and told to the address for results.

A refund carries our number, which JKOPAY accepts once, but its list of refunds does not repeat it: so the list is read first, and what
became of a refund is told by JKOPAY's own number or by the sum that went back. https://open-doc.jkos.com (online payment)
"""

import hmac
import json
import logging
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from apps.channels.fetching import ConnectionAnswer, Verdict
from apps.channels.gateways import Account, Acknowledgement, NoticeForged, NoticeUnreadable, Outcome, RefundAnswer, RefundCall
from apps.channels.own_codes import not_known, not_sent, refund_by_sum, refund_not_known, refund_not_sent
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentNotice, PaymentOutcome
from apps.channels.providers.jkopay import codes, told
from apps.channels.wire import AnswerUnreadable, NoAnswer, Wire

LIVE, SANDBOX = "https://onlinepay.jkopay.com", "https://uat-onlinepay.jkopay.app"
DOMAINS = (".jkopay.com", ".jkopay.app", ".jkos.com")  # an address of its own, as JKOPAY hands one to a shop, lies in one of these
NUMBER = re.compile(r"[A-Za-z0-9_-]{1,60}")
NOBODYS = "hezhang-test-000000"  # a number of ours that no order has
USED_BEFORE = "Order has been used"  # how JKOPAY begins its sentence when a number comes with another amount
LATE = timedelta(minutes=10)  # after the end of the time to pay, in which a payment may still be on its way
FAULTS = (NoAnswer, AnswerUnreadable)
logger = logging.getLogger(__name__)


class JkopayGateway:
    """`credentials` hold `store_id`, `api_key`, `secret_key` and, where JKOPAY gave the shop one of its own, `address`."""

    def __init__(self, account: Account):
        self.store_id, self.api_key, self.secret = (account.credentials[name] for name in ("store_id", "api_key", "secret_key"))
        usual = own_address(account.credentials.get("address", "")) or (LIVE if account.is_live else SANDBOX)
        self.base_url = account.base_url or usual

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: JKOPAY's page, which shows a code to scan or opens the app."""
        refusal = _refusal(call)
        if refusal:
            return not_sent(call, refusal)
        wire, dollars = self._wire(), call.amount_minor // told.WHOLE
        wanted = {
            "platform_order_id": call.merchant_ref,
            "store_id": self.store_id,
            "currency": "TWD",
            "total_price": dollars,
            "final_price": dollars,
            "result_url": call.notice_url,
            "result_display_url": call.return_url,
        }
        if call.expires_at:
            wanted["valid_time"] = call.expires_at.astimezone(told.TAIPEI).strftime("%Y-%m-%d %H:%M")
        try:
            code, said = self._post(wire, "/platform/entry", wanted)
            if code == "000":
                action = PayerAction(ActionKind.REDIRECT, url=str(said["result_object"]["payment_url"]), expires_at=call.expires_at)
                return PaymentAnswer(PaymentOutcome.PENDING, code=code, action=action, raw=wire.record(key=call.key))
        except FAULTS as error:
            return _lost(call, wire, error)
        except (KeyError, TypeError):
            return not_known("unreadable", raw=wire.record(key=call.key))
        final = code in ("110", "201") or (code == "200" and not str(said.get("message")).startswith(USED_BEFORE))
        return _coded(call, wire, code, PaymentOutcome.DECLINED if final else PaymentOutcome.UNKNOWN)

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. JKOPAY has no word for an order that nobody paid in time: the clock decides."""
        wire = self._wire()
        try:
            order = self._order(wire, call.merchant_ref)
        except FAULTS as error:
            return _lost(call, wire, error)
        raw = wire.record(key=call.key)
        outcome = codes.STATUSES.get(order.status, PaymentOutcome.UNKNOWN)
        if outcome == PaymentOutcome.UNKNOWN:
            logger.warning("provider.unknown_code provider=jkopay key=%s code=%s", call.key, order.status)
        if order.status == "101" and call.expires_at and datetime.now(UTC) > call.expires_at + LATE:
            outcome = PaymentOutcome.EXPIRED
        currency = "TWD" if order.amount is not None else ""
        return PaymentAnswer(outcome, order.number, order.status, amount_minor=order.amount, currency=currency, paid_at=order.at, raw=raw)

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`."""
        refusal = _refund_refusal(call)
        if refusal:
            return refund_not_sent(call, refusal)
        wire = self._wire()
        try:
            order = self._order(wire, call.merchant_ref)
        except FAULTS:
            return refund_not_sent(call, "not_sent", raw=wire.record())
        if order.amount is None or order.went_back != call.refunded_minor:
            return refund_not_sent(call, "not_sent" if order.amount is None else "books_differ", raw=wire.record())
        wanted = {"platform_order_id": call.merchant_ref, "refund_order_id": call.key, "refund_amount": call.amount_minor // told.WHOLE}
        try:
            code, said = self._post(wire, "/platform/refund", wanted)
            if code == "000":
                return _refunded(call, said["result_object"], wire.record())
        except NoAnswer as error:
            return refund_not_known(call, error.code, raw=wire.record())
        except (AnswerUnreadable, KeyError, TypeError, ValueError):
            return refund_not_known(call, "unreadable", raw=wire.record())
        known = codes.RETURN_CODES.get(code)
        outcome = Outcome.DECLINED if code in codes.REFUND_REFUSED else Outcome.UNKNOWN
        return RefundAnswer(outcome, code=code, message=known.staff if known else "", raw=wire.record(key=call.key))

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`: by JKOPAY's number of the refund, else by the sum that went back."""
        wire = self._wire()
        try:
            order = self._order(wire, call.merchant_ref)
        except FAULTS as error:
            return refund_not_known(call, getattr(error, "code", "unreadable"), raw=wire.record())
        if order.amount is None:
            return refund_not_known(call, "answer_differs", raw=wire.record())
        named = next((one for one in order.refunds if one.number == call.provider_refund_ref), None)
        if named and named.amount == call.amount_minor:
            return RefundAnswer(Outcome.SUCCEEDED, named.number, "000", done_at=named.at, raw=wire.record(key=call.key))
        return refund_by_sum(call, order.went_back, raw=wire.record())

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice]:
        """See `Gateway`. Not every product of JKOPAY may sign its results: one that is not signed is refused, and the order asked about."""
        if not hmac.compare_digest(headers.get("digest", "").lower().encode(), told.digest(self.secret, body).encode()):
            raise NoticeForged
        try:
            order = told.read_order(json.loads(body)["transaction"])
        except (AnswerUnreadable, KeyError, TypeError, ValueError) as error:
            raise NoticeUnreadable(f"{type(error).__name__}: {error}"[:200]) from error
        outcome = codes.STATUSES.get(order.status, PaymentOutcome.UNKNOWN)
        if order.amount is None:
            return []  # nothing was paid: what then became of it is asked
        return [
            PaymentNotice(
                f"{order.number}:{order.status}", outcome, order.amount, "TWD", merchant_ref=order.merchant_ref,
                provider_ref=order.number, occurred_at=order.at, code=order.status,
            )
        ]  # fmt: skip

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`."""
        return Acknowledgement()

    def test_connection(self) -> ConnectionAnswer:
        """Asks about a number that no order has."""
        wire = self._wire()
        try:
            order = self._order(wire, NOBODYS)
        except NoAnswer as error:
            return ConnectionAnswer(Verdict.UNREACHABLE, code=error.code, raw=wire.record())
        except AnswerUnreadable as error:
            code = getattr(error, "code", "unreadable")
            wrong = code in ("http_401", "http_403")
            verdict = Verdict.WRONG_CREDENTIALS if wrong else Verdict.UNCLEAR
            return ConnectionAnswer(verdict, "api_key" if wrong else "", code, raw=wire.record())
        return ConnectionAnswer(Verdict.WORKS if order.status == "102" else Verdict.UNCLEAR, code=order.status, raw=wire.record())

    def _order(self, wire: Wire, number: str) -> told.Order:
        """The order as JKOPAY holds it; of status 102 where it knows none. :raises NoAnswer, AnswerUnreadable: see there."""
        query = urlencode({"platform_order_ids": number})
        headers = self._headers(query.encode())
        code, said = _read(wire.ask("GET", f"/platform/inquiry?{query}", headers=headers))
        if code == "100":
            return told.Order(number, "102")
        if code != "000":
            raise Refused(code)
        try:
            found = [told.read_order(one) for one in said["result_object"]["transactions"]]
        except (KeyError, TypeError) as error:
            raise AnswerUnreadable("transactions") from error
        ours = next((one for one in found if one.merchant_ref == number), None)
        if ours is None:
            raise Refused("answer_differs")
        return ours

    def _post(self, wire: Wire, path: str, wanted: dict) -> tuple[str, dict]:
        body = json.dumps(wanted, ensure_ascii=False, separators=(",", ":")).encode()
        return _read(wire.act("POST", path, content=body, headers=self._headers(body)))

    def _headers(self, said: bytes) -> dict[str, str]:
        return {"content-type": "application/json", "api-key": self.api_key, "digest": told.digest(self.secret, said)}

    def _wire(self) -> Wire:
        return Wire(self.base_url, secrets=(self.secret, self.api_key))


class Refused(AnswerUnreadable):
    """JKOPAY answered a question with a code that answers nothing."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


def own_address(text: str) -> str:
    """An address that JKOPAY gave the shop; empty where it is none of JKOPAY's, so that nobody makes us call elsewhere."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return ""
    host = parts.hostname or ""
    is_plain = parts.scheme == "https" and parts.netloc == host and not parts.query
    return f"https://{host}{parts.path.rstrip('/')}" if is_plain and host.endswith(DOMAINS) else ""


def _refusal(call: PaymentCall) -> str:
    if call.currency != "TWD":
        return "other_currency"
    if call.amount_minor % told.WHOLE or call.amount_minor <= 0:
        return "not_whole"
    if not NUMBER.fullmatch(call.merchant_ref):
        return "bad_number"
    if not call.captures_at_once:
        return "no_holding"
    if call.instalments > 1:
        return "no_instalments"
    if not (call.notice_url and call.return_url):
        return "no_address"
    return "too_late" if call.expires_at and call.expires_at <= datetime.now(UTC) else ""


def _refund_refusal(call: RefundCall) -> str:
    if not call.merchant_ref or not NUMBER.fullmatch(call.key):
        return "no_numbers"
    if call.currency != "TWD" or call.amount_minor % told.WHOLE:
        return "not_whole"
    return "too_much" if call.refunded_minor + call.amount_minor > call.payment_amount_minor else ""


def _refunded(call: RefundCall, said: dict, raw: dict) -> RefundAnswer:
    """:raises KeyError, TypeError, ValueError: not as documented."""
    number = str(said["refund_tradeNo"])
    if told.minor(said["debit_amount"]) + told.minor(said["redeem_amount"]) != call.amount_minor:
        return refund_not_known(call, "answer_differs", raw=raw)
    at = told.moment(said["refund_time"]) if said.get("refund_time") else None
    return RefundAnswer(Outcome.SUCCEEDED, number, "000", done_at=at, raw={"key": call.key, **raw})


def _read(reply) -> tuple[str, dict]:
    """:raises AnswerUnreadable: no JSON, or without a code."""
    if reply.status in (401, 403):
        raise Refused(f"http_{reply.status}")
    said = reply.json()
    code = said.get("result")
    if not isinstance(code, str) or not code:
        raise AnswerUnreadable("no result")
    return code, said


def _coded(call: PaymentCall, wire: Wire, code: str, outcome: PaymentOutcome) -> PaymentAnswer:
    known = codes.RETURN_CODES.get(code)
    if known is None:
        logger.warning("provider.unknown_code provider=jkopay key=%s code=%s", call.key, code)
    return PaymentAnswer(outcome, code=code, message=known.staff if known else "", raw=wire.record(key=call.key))


def _lost(call: PaymentCall, wire: Wire, error: Exception) -> PaymentAnswer:
    return not_known(getattr(error, "code", "unreadable"), raw=wire.record(key=call.key))
