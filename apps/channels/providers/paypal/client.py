"""PayPal as a gateway: orders, refunds of captures, and notices proved offline. https://developer.paypal.com/docs/api/payments/v2/

PayPal-Request-Id makes a repeated refund the same refund. PayPal keeps no number of ours for a lookup, so a refund whose answer was lost is
found in its order, by our refund number, which stands in `custom_id` and in PayPal's settlement report.
"""

import json
import logging
from datetime import datetime

from apps.channels.gateways import (
    Account,
    Acknowledgement,
    DisputeTold,
    NoticeUnreadable,
    Outcome,
    RefundAnswer,
    RefundCall,
    RefundNotice,
)
from apps.channels.paying import PaymentNotice
from apps.channels.providers.paypal.api import PaypalApi, Refused, amount_of, sum_in, why
from apps.channels.providers.paypal.certificates import verify
from apps.channels.providers.paypal.issues import CODES, FINAL
from apps.channels.providers.paypal.payments import TROUBLES, PaypalPayments
from apps.channels.providers.paypal.reading import REFUNDS, moment
from apps.channels.providers.paypal.told import told_by
from apps.core.money import MoneyError

logger = logging.getLogger(__name__)


class PaypalGateway(PaypalPayments):
    """`credentials` hold `client_id`, `client_secret` and `webhook_id`."""

    def __init__(self, account: Account):
        self.api = PaypalApi(account)
        self.webhook_id = account.credentials.get("webhook_id", "")
        self.base_url = account.base_url

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`."""
        try:
            amount = amount_of(call.amount_minor, call.currency)
        except MoneyError:
            return RefundAnswer(Outcome.DECLINED, code="excess_digits", raw={"key": call.key})
        if not call.provider_ref:
            return RefundAnswer(Outcome.DECLINED, code="no_payment_id", raw={"key": call.key})
        path = f"/v2/payments/captures/{call.provider_ref}/refund"
        try:
            return self._read(call, self.api.act("POST", path, {"amount": amount, "custom_id": call.refund_no}, key=call.key).about)
        except TROUBLES as error:
            return self._not_done(call, error)

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`. NOT_FOUND only where the payment's order lists its refunds and this one is not among them."""
        try:
            if call.provider_refund_ref:
                return self._read(call, self.api.ask(f"/v2/payments/refunds/{call.provider_refund_ref}").about)
            capture = self.api.ask(f"/v2/payments/captures/{call.provider_ref}").about
            order_id = capture["supplementary_data"]["related_ids"]["order_id"]
            (unit,) = self.api.ask(f"/v2/checkout/orders/{order_id}").about["purchase_units"]
            made = next((one for one in unit["payments"].get("refunds") or [] if one.get("custom_id") == call.refund_no), None)
            if made is not None:
                return self._read(call, made)
            return RefundAnswer(Outcome.NOT_FOUND, code="not_found", raw=self.api.record(key=call.key))
        except TROUBLES as error:
            code, message = why(error)
            return RefundAnswer(Outcome.UNKNOWN, code=code, message=message, raw=self.api.record(key=call.key))

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice | RefundNotice | DisputeTold]:
        """See `Gateway`. The signature covers the raw bytes, their moment and the webhook they were sent to."""
        verify(headers, self.webhook_id, body, base_url=self.base_url, at=at)
        try:
            return told_by(json.loads(body))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise NoticeUnreadable(f"{type(error).__name__}: {error}"[:200]) from error

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`; PayPal looks at the status alone."""
        return Acknowledgement()

    def _read(self, call: RefundCall, said: dict) -> RefundAnswer:
        raw, ref, status = self.api.record(key=call.key), str(said["id"]), str(said["status"])
        if "amount" in said and sum_in(said["amount"]) != (call.amount_minor, call.currency):
            return RefundAnswer(Outcome.UNKNOWN, ref, "answer_differs", raw=raw)
        if "amount" not in said or said.get("custom_id") not in (None, call.refund_no):
            return RefundAnswer(Outcome.UNKNOWN, ref, "answer_differs", raw=raw)
        outcome = REFUNDS.get(status, Outcome.UNKNOWN)
        if outcome == Outcome.UNKNOWN:
            logger.warning("provider.unknown_code provider=paypal key=%s code=%s", call.key, status)
        done_at = moment(said.get("update_time") or said.get("create_time")) if outcome == Outcome.SUCCEEDED else None
        return RefundAnswer(outcome, ref, status, done_at=done_at, raw=raw)

    def _not_done(self, call: RefundCall, error: Exception) -> RefundAnswer:
        """A listed refusal is final, unless the first call had worked."""
        code, message = why(error)
        raw = self.api.record(key=call.key)
        if not isinstance(error, Refused) or error.status >= 500 or code not in CODES or CODES[code].code_class not in FINAL:
            logger.warning("paypal.refund.unknown key=%s code=%s", call.key, code)
            return RefundAnswer(Outcome.UNKNOWN, code=code, message=message, raw=raw)
        if error.status == 422:
            known = self.query_refund(call)
            if known.outcome != Outcome.NOT_FOUND:
                return known
        return RefundAnswer(Outcome.DECLINED, code=code, message=message, raw=raw)
