"""Airwallex as a gateway: refunds of payment intents, and signed notices of them. https://www.airwallex.com/docs/api/payments/refunds

A request_id is taken once, so a repeated call is refused and the refund that bears it is looked up. Its statements are mapped exports.
"""

import hashlib
import hmac
import logging
from datetime import datetime

from apps.channels.fetching import ConnectionAnswer, Verdict
from apps.channels.gateways import (
    Account,
    Acknowledgement,
    DisputeTold,
    NoticeForged,
    NoticeUnreadable,
    Outcome,
    RefundAnswer,
    RefundCall,
    RefundNotice,
)
from apps.channels.paying import PaymentNotice
from apps.channels.providers.airwallex.api import BROKEN, AirwallexApi, Refused, loaded, sum_in, why
from apps.channels.providers.airwallex.codes import CODES, FINAL
from apps.channels.wire import NoAnswer

REFUNDS = {
    "RECEIVED": Outcome.PENDING,
    "ACCEPTED": Outcome.PENDING,
    "SETTLED": Outcome.SUCCEEDED,
    "SUCCEEDED": Outcome.SUCCEEDED,  # the older name
    "FAILED": Outcome.DECLINED,
}
INTENT = "int_"
PAGE, PAGES = 100, 10  # refunds of one payment that are looked through
TROUBLES = (NoAnswer, Refused, *BROKEN)
logger = logging.getLogger(__name__)


class AirwallexGateway:
    """`credentials` hold `client_id`, `api_key` and `webhook_secret`."""

    def __init__(self, account: Account):
        self.api = AirwallexApi(account)
        self.webhook_secret = account.credentials.get("webhook_secret", "")

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`."""
        if not call.provider_ref.startswith(INTENT):
            return RefundAnswer(Outcome.DECLINED, code="no_payment_id", raw={"key": call.key})
        if call.refunded_minor + call.amount_minor > call.payment_amount_minor:
            return RefundAnswer(Outcome.DECLINED, code="too_much", raw={"key": call.key})
        body = {
            "request_id": call.key,
            "payment_intent_id": call.provider_ref,
            "reason": call.refund_no,
            "metadata": {"refund_no": call.refund_no},
        }
        try:
            made = self.api.act("/api/v1/pa/refunds/create", body, amount_minor=call.amount_minor, currency=call.currency)
            return self._read(call, made)
        except TROUBLES as error:
            return self._not_done(call, error)

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`: by Airwallex's number, else by our key among the payment's refunds. NOT_FOUND only after the last page."""
        try:
            if call.provider_refund_ref:
                return self._read(call, self.api.ask(f"/api/v1/pa/refunds/{call.provider_refund_ref}"))
            for page in range(PAGES):
                got = self.api.ask("/api/v1/pa/refunds", payment_intent_id=call.provider_ref, page_num=page, page_size=PAGE)
                made = next((one for one in got["items"] if one.get("request_id") == call.key), None)
                if made is not None:
                    return self._read(call, made)
                if not got["has_more"]:
                    return RefundAnswer(Outcome.NOT_FOUND, code="not_found", raw=self.api.record(key=call.key))
            raise ValueError("too many to look through")
        except TROUBLES as error:
            code, message = why(error)
            return RefundAnswer(Outcome.UNKNOWN, code=code, message=message, raw=self.api.record(key=call.key))

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice | RefundNotice | DisputeTold]:
        """See `Gateway`. The signature covers the time stamp and the raw bytes, with nothing between them."""
        stamp = headers.get("x-timestamp", "")
        right = hmac.new(self.webhook_secret.encode(), stamp.encode() + body, hashlib.sha256).hexdigest()
        if not self.webhook_secret or not stamp or not hmac.compare_digest(headers.get("x-signature", "").encode(), right.encode()):
            raise NoticeForged
        try:
            return told_by(loaded(body))
        except BROKEN as error:
            raise NoticeUnreadable(f"{type(error).__name__}: {error}"[:200]) from error

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`; Airwallex looks at the status alone."""
        return Acknowledgement()

    def test_connection(self) -> ConnectionAnswer:
        """Asks for a token, which only the right client and key get."""
        try:
            self.api.authorize()
        except NoAnswer as error:
            return ConnectionAnswer(Verdict.UNREACHABLE, code=error.code)
        except Refused as error:
            verdict = Verdict.WRONG_CREDENTIALS if error.status == 401 else Verdict.UNCLEAR
            return ConnectionAnswer(verdict, "api_key" if error.status == 401 else "", error.code, error.message)
        except BROKEN:
            return ConnectionAnswer(Verdict.UNCLEAR, code="unreadable")
        return ConnectionAnswer(Verdict.WORKS)

    def _read(self, call: RefundCall, said: dict) -> RefundAnswer:
        raw, ref, status = self.api.record(key=call.key), str(said["id"]), str(said["status"])
        about = (*sum_in(said), said.get("request_id"), said.get("payment_intent_id"))
        if about != (call.amount_minor, call.currency, call.key, call.provider_ref):
            return RefundAnswer(Outcome.UNKNOWN, ref, "answer_differs", raw=raw)
        outcome = REFUNDS.get(status, Outcome.UNKNOWN)
        if outcome == Outcome.UNKNOWN:
            logger.warning("provider.unknown_code provider=airwallex key=%s code=%s", call.key, status)
        done_at = _moment(said.get("updated_at")) if outcome == Outcome.SUCCEEDED else None
        return RefundAnswer(outcome, ref, status, done_at=done_at, raw=raw)

    def _not_done(self, call: RefundCall, error: Exception) -> RefundAnswer:
        """A listed refusal is final, unless the first call had worked."""
        code, message = why(error)
        raw = self.api.record(key=call.key)
        if not isinstance(error, Refused) or error.status >= 500 or code not in CODES or CODES[code].code_class not in FINAL:
            logger.warning("airwallex.refund.unknown key=%s code=%s", call.key, code)
            return RefundAnswer(Outcome.UNKNOWN, code=code, message=message, raw=raw)
        if error.status == 400:
            known = self.query_refund(call)
            if known.outcome != Outcome.NOT_FOUND or code == "duplicate_request":
                return known if known.outcome != Outcome.NOT_FOUND else RefundAnswer(Outcome.UNKNOWN, code=code, message=message, raw=raw)
        return RefundAnswer(Outcome.DECLINED, code=code, message=message, raw=raw)


def told_by(event: dict) -> list[RefundNotice]:
    """[] for what is no refund. :raises KeyError, TypeError, ValueError, AttributeError: it makes no sense."""
    if not str(event["name"]).startswith("refund."):
        return []
    about = event["data"]["object"]
    status, (amount, currency) = str(about["status"]), sum_in(about)
    if status not in REFUNDS:
        logger.warning("provider.unknown_code provider=airwallex code=%s", status)
    return [
        RefundNotice(
            event_id=str(event["id"]),
            outcome=REFUNDS.get(status, Outcome.UNKNOWN),
            amount_minor=amount,
            currency=currency,
            key=str(about.get("request_id") or ""),
            provider_ref=str(about["payment_intent_id"]),
            provider_refund_ref=str(about["id"]),
            occurred_at=_moment(event.get("created_at")),
            code=status,
        )
    ]


def _moment(text: object) -> datetime | None:
    """Airwallex writes its offset without a colon. :raises ValueError: it is no moment, or has no offset."""
    if not text:
        return None
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError("a moment without its offset")
    return at
