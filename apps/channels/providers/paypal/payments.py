"""Payments through PayPal: an order that the payer approves on PayPal's page and that we then take.

https://developer.paypal.com/docs/api/orders/v2/ and /payments/v2/. Our number is the invoice id, which stands in PayPal's reports; our key
is the PayPal-Request-Id, which makes a repeated call the same call.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from apps.channels.contracts import Method
from apps.channels.fetching import ConnectionAnswer, Verdict
from apps.channels.paying import PaymentAnswer, PaymentCall, PaymentOutcome
from apps.channels.providers.paypal.api import BROKEN, PaypalApi, Refused, amount_of, why
from apps.channels.providers.paypal.issues import CODES, FINAL
from apps.channels.providers.paypal.reading import TAKEN, order_of, read_authorization, read_capture, read_order
from apps.channels.wire import NoAnswer
from apps.core.money import MoneyError

LOCALES = {"zh-Hant": "zh-TW", "zh-Hans": "zh-CN", "en": "en-US", "ja": "ja-JP"}
TROUBLES = (NoAnswer, Refused, *BROKEN)
UNHEARD = ("RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
logger = logging.getLogger(__name__)


class PaypalPayments:
    """The part of the gateway that takes money; `api` is the gateway's."""

    api: PaypalApi

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. What PayPal could not take is refused here and never sent."""
        code = _unfit(call)
        if code:
            return PaymentAnswer(PaymentOutcome.DECLINED, code=code, raw={"key": call.key, "code": code})

        def create() -> PaymentAnswer:
            return read_order(self.api.act("POST", "/v2/checkout/orders", _order(call), key=call.key).about)

        return self._told(call, create, self._pay_refused)

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`, by PayPal's number of the order, the authorization or the capture.

        PayPal finds no order by our number. One whose number never reached us was never shown to anybody, so nobody can approve it.
        """
        if not call.provider_ref:
            return PaymentAnswer(PaymentOutcome.NOT_FOUND, code="not_found", raw={"key": call.key})
        return self._told(call, lambda: self._found(call.provider_ref), self._pay_failed)

    def finish_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: captures the approved order, or authorizes it where the shop captures later."""
        verb = "capture" if call.captures_at_once else "authorize"

        def finish() -> PaymentAnswer:
            path = f"/v2/checkout/orders/{call.provider_ref}/{verb}"
            return read_order(self.api.act("POST", path, {}, key=f"{call.key}-{verb}").about)

        return self._told(call, finish, self._pay_as_it_stands)

    def capture_payment(self, call: PaymentCall, amount_minor: int) -> PaymentAnswer:
        """See `PaymentGateway`. A refused one is answered by how the payment stands."""

        def capture() -> PaymentAnswer:
            body = {"amount": amount_of(amount_minor, call.currency), "invoice_id": call.merchant_ref, "final_capture": True}
            path = f"/v2/payments/authorizations/{call.provider_ref}/capture"
            return read_capture(self.api.act("POST", path, body, key=f"{call.key}-take-{amount_minor}").about)

        return self._told(call, capture, self._pay_as_it_stands)

    def cancel_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. Only an authorization can be called off; an order that nobody finishes pays nothing and lapses."""

        def cancel() -> PaymentAnswer:
            now = self._found(call.provider_ref)
            if now.outcome != PaymentOutcome.AUTHORIZED:
                return replace(now, code="unpaid_lapses") if now.outcome == PaymentOutcome.PENDING else now
            said = self.api.act("POST", f"/v2/payments/authorizations/{now.provider_ref}/void", key=f"{call.key}-void").about
            return read_authorization(said) if said else PaymentAnswer(PaymentOutcome.CANCELLED, now.provider_ref, "VOIDED")

        return self._told(call, cancel, self._pay_as_it_stands)

    def test_connection(self) -> ConnectionAnswer:
        """Asks for a token, which only the right client and secret get."""
        try:
            self.api.authorize()
        except NoAnswer as error:
            return ConnectionAnswer(Verdict.UNREACHABLE, code=error.code)
        except Refused as error:
            verdict = Verdict.WRONG_CREDENTIALS if error.status == 401 else Verdict.UNCLEAR
            return ConnectionAnswer(verdict, "client_secret" if error.status == 401 else "", error.code, error.message)
        except BROKEN:
            return ConnectionAnswer(Verdict.UNCLEAR, code="unreadable")
        return ConnectionAnswer(Verdict.WORKS)

    def _found(self, ref: str) -> PaymentAnswer:
        """One number may be an order's, a capture's or an authorization's; of one whose money was taken the order names the capture.

        :raises Refused: it is none of them.
        """
        kinds = (("checkout/orders", read_order), ("payments/captures", read_capture), ("payments/authorizations", read_authorization))
        for path, read in kinds:
            try:
                said = self.api.ask(f"/v2/{path}/{ref}").about
            except Refused as error:
                if error.status != 404 or error.code not in UNHEARD:
                    raise
                continue
            order = order_of(said) if read is read_authorization and said.get("status") in TAKEN else ""
            return read_order(self.api.ask(f"/v2/checkout/orders/{order}").about) if order else read(said)
        raise Refused(404, UNHEARD[0])

    def _told(self, call: PaymentCall, ask: Callable[[], PaymentAnswer], on_trouble: Callable) -> PaymentAnswer:
        try:
            return replace(ask(), raw=self.api.record(key=call.key))
        except TROUBLES as error:
            return on_trouble(call, error)

    def _pay_refused(self, call: PaymentCall, error: Exception) -> PaymentAnswer:
        """A listed refusal of a request is final: no order was made."""
        final = isinstance(error, Refused) and error.status < 500 and error.code in CODES and CODES[error.code].code_class in FINAL
        return self._pay_failed(call, error, PaymentOutcome.DECLINED if final else PaymentOutcome.UNKNOWN)

    def _pay_as_it_stands(self, call: PaymentCall, error: Exception) -> PaymentAnswer:
        """A refused step leaves the payment as it is, unless the payer's bank said no."""
        if not isinstance(error, Refused) or error.status >= 500 or error.code not in CODES:
            return self._pay_failed(call, error)
        if str(CODES[error.code].code_class) == "declined":
            return self._pay_failed(call, error, PaymentOutcome.DECLINED)
        return replace(self.query_payment(call), code=error.code, message=error.message)

    def _pay_failed(self, call: PaymentCall, error: Exception, outcome: PaymentOutcome = PaymentOutcome.UNKNOWN) -> PaymentAnswer:
        code, message = why(error)
        if isinstance(error, Refused) and code not in CODES:
            logger.warning("provider.unknown_code provider=paypal key=%s http=%s code=%s", call.key, error.status, code)
        return PaymentAnswer(outcome, call.provider_ref, code, message, raw=self.api.record(key=call.key))


def _unfit(call: PaymentCall) -> str:
    """Why this is not even asked of PayPal; empty when it may be."""
    if call.method != Method.PAYPAL:
        return "method_unknown"
    if not call.return_url:
        return "no_return_url"
    try:
        amount_of(call.amount_minor, call.currency)
    except MoneyError:
        return "excess_digits"
    return ""


def _order(call: PaymentCall) -> dict:
    unit = {"invoice_id": call.merchant_ref, "custom_id": call.key, "amount": amount_of(call.amount_minor, call.currency)}
    if call.description:
        unit["description"] = call.description[:127]
    page = {"return_url": call.return_url, "cancel_url": call.return_url, "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING", "locale": LOCALES.get(call.language, "en-US")}  # fmt: skip
    return {
        "intent": "CAPTURE" if call.captures_at_once else "AUTHORIZE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": page}},
    }
