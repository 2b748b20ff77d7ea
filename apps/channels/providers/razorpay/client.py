"""Razorpay as a gateway: payment links, refunds and signed notices. https://razorpay.com/docs/api/refunds/

X-Refund-Idempotency makes a repeated refund the same refund; our key also stands in its notes, by which it is found again.
"""

import json
import logging
from datetime import datetime

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
from apps.channels.providers.razorpay.api import RazorpayApi, Refused, units, why
from apps.channels.providers.razorpay.codes import CODES, FINAL
from apps.channels.providers.razorpay.payments import KEY, TROUBLES, RazorpayPayments
from apps.channels.providers.razorpay.told import REFUNDS, is_genuine, told_by
from apps.core.money import MoneyError

logger = logging.getLogger(__name__)


class RazorpayGateway(RazorpayPayments):
    """`credentials` hold `key_id`, `key_secret` and `webhook_secret`."""

    def __init__(self, account: Account):
        self.api = RazorpayApi(account)
        self.webhook_secret = account.credentials.get("webhook_secret", "")

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`."""
        code = _unfit(call)
        if code:
            return RefundAnswer(Outcome.DECLINED, code=code, raw={"key": call.key})
        body = {
            "amount": units(call.amount_minor, call.currency),
            "speed": "normal",
            "receipt": call.refund_no,
            "notes": {"refund_no": call.refund_no, KEY: call.key},
        }
        try:
            return self._read(call, self.api.act(f"/v1/payments/{call.provider_ref}/refund", body, key=f"hezhang-{call.key}"))
        except TROUBLES as error:
            return self._not_done(call, error)

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`: by Razorpay's number, else by our key among the payment's refunds. NOT_FOUND only after the last page."""
        try:
            if call.provider_refund_ref:
                return self._read(call, self.api.ask(f"/v1/refunds/{call.provider_refund_ref}"))
            rows = self.api.every(f"/v1/payments/{call.provider_ref}/refunds")
            made = next((one for one in rows if isinstance(one.get("notes"), dict) and one["notes"].get(KEY) == call.key), None)
            if made is not None:
                return self._read(call, made)
            return RefundAnswer(Outcome.NOT_FOUND, code="not_found", raw=self.api.record(key=call.key))
        except TROUBLES as error:
            code, message = why(error)
            return RefundAnswer(Outcome.UNKNOWN, code=code, message=message, raw=self.api.record(key=call.key))

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice | RefundNotice | DisputeTold]:
        """See `Gateway`. The signature covers the raw bytes; the event's own number stands in a header."""
        if not is_genuine(headers.get("x-razorpay-signature", ""), self.webhook_secret, body):
            raise NoticeForged
        try:
            return told_by(json.loads(body), headers.get("x-razorpay-event-id", ""))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError) as error:
            raise NoticeUnreadable(f"{type(error).__name__}: {error}"[:200]) from error

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`; Razorpay looks at the status alone."""
        return Acknowledgement()

    def _read(self, call: RefundCall, said: dict) -> RefundAnswer:
        raw, ref, status = self.api.record(key=call.key), str(said["id"]), str(said["status"])
        if (said["amount"], said["currency"]) != (call.amount_minor, call.currency) or said["payment_id"] != call.provider_ref:
            return RefundAnswer(Outcome.UNKNOWN, ref, "answer_differs", raw=raw)
        outcome = REFUNDS.get(status, Outcome.UNKNOWN)
        if outcome == Outcome.UNKNOWN:
            logger.warning("provider.unknown_code provider=razorpay key=%s code=%s", call.key, status)
        return RefundAnswer(outcome, ref, status, raw=raw)

    def _not_done(self, call: RefundCall, error: Exception) -> RefundAnswer:
        """A listed refusal is final, unless the first call had worked."""
        code, message = why(error)
        raw = self.api.record(key=call.key)
        if not isinstance(error, Refused) or error.status >= 500 or code not in CODES or CODES[code].code_class not in FINAL:
            logger.warning("razorpay.refund.unknown key=%s code=%s", call.key, code)
            return RefundAnswer(Outcome.UNKNOWN, code=code, message=message, raw=raw)
        if error.status == 400:
            known = self.query_refund(call)
            if known.outcome != Outcome.NOT_FOUND:
                return known
        return RefundAnswer(Outcome.DECLINED, code=code, message=message, raw=raw)


def _unfit(call: RefundCall) -> str:
    if not call.provider_ref.startswith("pay_"):
        return "no_payment_id"
    if call.refunded_minor + call.amount_minor > call.payment_amount_minor:
        return "too_much"
    try:
        units(call.amount_minor, call.currency)
    except MoneyError:
        return "excess_digits"
    return ""
