"""Payments through Adyen: a page of Adyen's own (a payment link) on which the shopper pays.

https://docs.adyen.com/api-explorer/Checkout/72/post/paymentLinks and get, patch /paymentLinks/{linkId}. A link says only whether it was
paid; the payment's own number, by which refunds and reports go, comes with the notice. Adyen answers no question by that number.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from apps.channels.contracts import Method
from apps.channels.fetching import ConnectionAnswer, Verdict
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentOutcome
from apps.channels.providers.adyen.api import BROKEN, OTHER_UNITS, AdyenApi, Refused, why
from apps.channels.providers.adyen.codes import is_link
from apps.channels.providers.adyen.refusals import CODES, FINAL
from apps.channels.wire import NoAnswer

METHODS = {
    Method.CREDIT_CARD: ["scheme"],
    Method.APPLE_PAY: ["applepay"],
    Method.GOOGLE_PAY: ["googlepay"],
    Method.SEPA_DEBIT: ["sepadirectdebit"],
    Method.ALIPAY: ["alipay"],
}
LOCALES = {"zh-Hant": "zh-TW", "zh-Hans": "zh-CN", "en": "en-US", "ja": "ja-JP"}
STATES = {
    "active": PaymentOutcome.PENDING,
    "paymentPending": PaymentOutcome.PENDING,
    "completed": PaymentOutcome.PAID,
    "expired": PaymentOutcome.EXPIRED,
}
TROUBLES = (NoAnswer, Refused, *BROKEN)
logger = logging.getLogger(__name__)


class AdyenPayments:
    """The part of the gateway that takes money; `api` is the gateway's."""

    api: AdyenApi

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. What Adyen could not take is refused here and never sent."""
        code = _unfit(call)
        if code:
            return PaymentAnswer(PaymentOutcome.DECLINED, code=code, raw={"key": call.key, "code": code})
        return self._told(call, lambda: self._read(self.api.act("POST", "/paymentLinks", self._link(call), key=call.key)), self._refused)

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`, by the number of the link.

        A link whose number never reached us was never shown to anybody, so nobody can pay by it.
        """
        if not call.provider_ref:
            return PaymentAnswer(PaymentOutcome.NOT_FOUND, code="not_found", raw={"key": call.key})
        if not is_link(call.provider_ref):
            return PaymentAnswer(PaymentOutcome.UNKNOWN, call.provider_ref, "told_by_notice", raw={"key": call.key})
        return self._told(call, lambda: self._read(self.api.ask("GET", f"/paymentLinks/{call.provider_ref}")), self._failed)

    def cancel_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. A link is closed at once; a payment's cancellation is accepted, and a notice tells what came of it."""

        def close() -> PaymentAnswer:
            closed = self._read(self.api.act("PATCH", f"/paymentLinks/{call.provider_ref}", {"status": "expired"}))
            return replace(closed, outcome=PaymentOutcome.CANCELLED) if closed.outcome == PaymentOutcome.EXPIRED else closed

        def cancel() -> PaymentAnswer:
            body = {"merchantAccount": self.api.merchant_account, "reference": call.merchant_ref}
            said = self.api.act("POST", f"/payments/{call.provider_ref}/cancels", body, key=f"{call.key}-cancel")
            if said["status"] != "received":
                return PaymentAnswer(PaymentOutcome.UNKNOWN, call.provider_ref, str(said["status"]))
            return PaymentAnswer(PaymentOutcome.PENDING, call.provider_ref, "received")

        if not call.provider_ref:
            return PaymentAnswer(PaymentOutcome.UNKNOWN, code="no_payment_id", raw={"key": call.key})
        if not is_link(call.provider_ref):
            return self._told(call, cancel, self._failed)
        answer = self._told(call, close, self._failed)
        if answer.outcome == PaymentOutcome.UNKNOWN and answer.code in CODES and CODES[answer.code].code_class in FINAL:
            return replace(self.query_payment(call), code=answer.code, message=answer.message)
        return answer

    def test_connection(self) -> ConnectionAnswer:
        """Asks which methods the merchant account offers."""
        try:
            self.api.ask("POST", "/paymentMethods", {"merchantAccount": self.api.merchant_account})
        except NoAnswer as error:
            return ConnectionAnswer(Verdict.UNREACHABLE, code=error.code)
        except Refused as error:
            if error.code == "no_live_prefix":
                return ConnectionAnswer(Verdict.WRONG_CREDENTIALS, "live_prefix", error.code)
            if error.status == 401:
                return ConnectionAnswer(Verdict.WRONG_CREDENTIALS, "api_key", error.code, error.message)
            if error.status == 403:
                return ConnectionAnswer(Verdict.NOT_PERMITTED, "merchant_account", error.code, error.message)
            return ConnectionAnswer(Verdict.UNCLEAR, code=error.code, message=error.message)
        except BROKEN:
            return ConnectionAnswer(Verdict.UNCLEAR, code="unreadable")
        return ConnectionAnswer(Verdict.WORKS)

    def _link(self, call: PaymentCall) -> dict:
        wanted = {
            "merchantAccount": self.api.merchant_account,
            "reference": call.merchant_ref,
            "amount": {"value": call.amount_minor, "currency": call.currency},
            "allowedPaymentMethods": METHODS[Method(call.method)],
            "manualCapture": False,
            "shopperLocale": LOCALES.get(call.language, "en-US"),
        }
        if call.return_url:
            wanted["returnUrl"] = call.return_url
        if call.description:
            wanted["description"] = call.description[:280]
        if call.expires_at:
            wanted["expiresAt"] = call.expires_at.isoformat(timespec="seconds")
        return wanted

    def _read(self, link: dict) -> PaymentAnswer:
        status, ref, amount = str(link["status"]), str(link["id"]), link["amount"]
        outcome = STATES.get(status)
        if outcome is None:
            logger.warning("provider.unknown_code provider=adyen code=%s", status)
            return PaymentAnswer(PaymentOutcome.UNKNOWN, ref, status)
        action = None
        if status == "active":
            until = link.get("expiresAt")
            action = PayerAction(ActionKind.REDIRECT, url=str(link["url"]), expires_at=datetime.fromisoformat(until) if until else None)
        return PaymentAnswer(outcome, ref, status, amount_minor=int(amount["value"]), currency=str(amount["currency"]), action=action)

    def _told(self, call: PaymentCall, ask: Callable[[], PaymentAnswer], on_trouble: Callable) -> PaymentAnswer:
        try:
            return replace(ask(), raw=self.api.record(key=call.key))
        except TROUBLES as error:
            return on_trouble(call, error)

    def _refused(self, call: PaymentCall, error: Exception) -> PaymentAnswer:
        """A listed refusal of a request is final: no link was made."""
        final = isinstance(error, Refused) and error.status < 500 and error.code in CODES and CODES[error.code].code_class in FINAL
        return self._failed(call, error, PaymentOutcome.DECLINED if final else PaymentOutcome.UNKNOWN)

    def _failed(self, call: PaymentCall, error: Exception, outcome: PaymentOutcome = PaymentOutcome.UNKNOWN) -> PaymentAnswer:
        code, message = why(error)
        if isinstance(error, Refused) and code not in CODES:
            logger.warning("provider.unknown_code provider=adyen key=%s http=%s code=%s", call.key, error.status, code)
        return PaymentAnswer(outcome, call.provider_ref, code, message, raw=self.api.record(key=call.key))


def _unfit(call: PaymentCall) -> str:
    """Why this is not even asked of Adyen; empty when it may be."""
    if call.method not in METHODS:
        return "method_unknown"
    if call.currency in OTHER_UNITS or (call.method == Method.SEPA_DEBIT and call.currency != "EUR"):
        return "wrong_currency"
    return "" if call.captures_at_once else "no_manual_capture"
