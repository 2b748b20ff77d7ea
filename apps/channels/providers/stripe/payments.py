"""Payments through Stripe: a page of its own (Checkout Session), or an intent at once where the shop's page has a token.

Our key is the Idempotency-Key, so the same call within a day is the same payment, and stands in the metadata with our number.
https://docs.stripe.com/api/checkout/sessions, /api/payment_intents, /search (found about a minute late, so lists of the last hours too)
"""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

import stamina
import stripe

from apps.channels.contracts import Method
from apps.channels.paying import PaymentAnswer, PaymentCall, PaymentOutcome
from apps.channels.providers.stripe.amounts import to_stripe
from apps.channels.providers.stripe.codes import CODES
from apps.channels.providers.stripe.errors import ASK_FOR, ASKS, BROKEN, code_of, is_passing, is_refusal, sentence_of
from apps.channels.providers.stripe.notices import KEY
from apps.channels.providers.stripe.reading import PAGE, REFERENCE, is_of, read_intent, read_session
from apps.core import clock
from apps.core.money import MoneyError

TYPES = {Method.CREDIT_CARD: "card", Method.APPLE_PAY: "card", Method.GOOGLE_PAY: "card", Method.SEPA_DEBIT: "sepa_debit"}
LOCALES = {"zh-Hant": "zh-TW", "zh-Hans": "zh", "en": "en", "ja": "ja"}
PAGE_MINUTES = (31, 24 * 60 - 1)  # Stripe keeps a page open for 30 minutes to 24 hours
LOOKED_THROUGH = 1000  # objects of a list; beyond that nothing is concluded
SESSION_HOURS, SEARCH_HOURS = 25, 1  # a page lives a day; what is older than an hour is surely found by searching
WHOLE = {"expand": ["latest_charge"]}
WHOLE_SESSION = {"expand": ["payment_intent", "payment_intent.latest_charge"]}
CANCELLABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
logger = logging.getLogger(__name__)


class StripePayments:
    """The part of the gateway that takes money; `api` and `secret_key` are the gateway's."""

    api: object
    secret_key: str

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. What Stripe could not take is refused here and never sent."""
        code = _unfit(call)
        if code:
            return PaymentAnswer(PaymentOutcome.DECLINED, code=code, raw={"key": call.key, "code": code})
        options = {"idempotency_key": call.key}
        if call.token:
            return self._told(call, lambda: self.api.payment_intents.create(_intent(call), options), self._pay_refused)
        return self._told(call, lambda: self.api.checkout.sessions.create(_session(call), options), self._pay_refused)

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: by Stripe's number, else among what bears our key. An error answers no question."""
        return self._told(call, lambda: self._found(call), self._pay_failed)

    def capture_payment(self, call: PaymentCall, amount_minor: int) -> PaymentAnswer:
        """See `PaymentGateway`. A refused one is answered by how the payment stands."""
        options = {"idempotency_key": f"{call.key}:capture:{amount_minor}"}

        def capture():
            wanted = {**WHOLE, "amount_to_capture": to_stripe(amount_minor, call.currency)}
            return self.api.payment_intents.capture(call.provider_ref, wanted, options)

        return self._told(call, capture, self._pay_as_it_stands)

    def cancel_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: an open page is closed, an intent cancelled; whatever is over is told as it is."""
        return self._told(call, lambda: self._called_off(call), self._pay_as_it_stands)

    def _called_off(self, call: PaymentCall):
        found = self._found(call)
        if found is None or found["object"] not in ("checkout.session", "payment_intent"):
            return found
        if found["object"] == "payment_intent":
            if found["status"] not in CANCELLABLE:
                return found
            return self.api.payment_intents.cancel(found["id"], {**WHOLE, "cancellation_reason": "requested_by_customer"})
        if found["status"] == "open":
            closed = self.api.checkout.sessions.expire(found["id"], WHOLE_SESSION).to_dict()
            return {**closed, "closed_by_us": closed.get("status") == "expired"}
        intent = found.get("payment_intent")
        if isinstance(intent, dict) and intent.get("status") in CANCELLABLE:
            return self.api.payment_intents.cancel(intent["id"], {**WHOLE, "cancellation_reason": "requested_by_customer"})
        return found

    @stamina.retry(on=is_passing, attempts=ASKS, timeout=ASK_FOR, wait_initial=0.5, wait_max=3)
    def _found(self, call: PaymentCall) -> dict | None:
        """The session or intent of this payment; None when Stripe has neither."""
        if call.provider_ref.startswith("cs_"):
            return self.api.checkout.sessions.retrieve(call.provider_ref, WHOLE_SESSION).to_dict()
        if call.provider_ref:
            return self._with_page(self.api.payment_intents.retrieve(call.provider_ref, WHOLE).to_dict())
        quoted = call.merchant_ref.replace("\\", "\\\\").replace("'", "\\'")
        search = {"query": f"metadata['{REFERENCE}']:'{quoted}'", "limit": 100, "expand": ["data.latest_charge"]}
        intent = _ours(call, self.api.payment_intents.search(search).auto_paging_iter())
        intent = intent or _ours(call, self.api.payment_intents.list({"limit": 100, **_since(SEARCH_HOURS)}).auto_paging_iter())
        if intent:
            return self._with_page(intent)
        listed = {"limit": 100, "expand": ["data.payment_intent", "data.payment_intent.latest_charge"], **_since(SESSION_HOURS)}
        return _ours(call, self.api.checkout.sessions.list(listed).auto_paging_iter())

    def _with_page(self, intent: dict) -> dict:
        """An intent that waits for a card: on a page that is still open, the page tells how it stands."""
        if intent.get("status") != "requires_payment_method" or not (intent.get("metadata") or {}).get(PAGE):
            return intent
        pages = self.api.checkout.sessions.list({"payment_intent": intent["id"], "limit": 1, "expand": ["data.payment_intent"]}).data
        return pages[0].to_dict() if pages else intent

    def _told(self, call: PaymentCall, ask: Callable, on_error: Callable) -> PaymentAnswer:
        raw = {"key": call.key}
        try:
            said = ask()
            if said is None:
                return PaymentAnswer(PaymentOutcome.NOT_FOUND, code="not_found", raw=raw)
            said = said if isinstance(said, dict) else said.to_dict()
            if not is_of(said, call.key, call.merchant_ref):
                return PaymentAnswer(PaymentOutcome.UNKNOWN, str(said["id"]), "answer_differs", raw=raw)
            if said.get("closed_by_us"):
                return PaymentAnswer(PaymentOutcome.CANCELLED, str(said["id"]), "expired", raw=raw)
            return read_session(said, raw) if said["object"] == "checkout.session" else read_intent(said, raw)
        except stripe.StripeError as error:
            return on_error(call, error)
        except BROKEN as error:
            logger.warning("stripe.payment.unreadable key=%s why=%s", call.key, type(error).__name__)
            return PaymentAnswer(PaymentOutcome.UNKNOWN, code="unreadable", message=type(error).__name__, raw=raw)

    def _pay_refused(self, call: PaymentCall, error: stripe.StripeError) -> PaymentAnswer:
        """Nothing came of a refused request, unless it is refused because the first one worked."""
        if isinstance(error, stripe.IdempotencyError):
            return self.query_payment(call)
        code = code_of(error)
        if not is_refusal(error):
            return self._pay_failed(call, error)
        if code not in CODES and error.http_status != 402:  # a card that was declined is declined, whatever the reason is called
            logger.warning("provider.unknown_code provider=stripe key=%s code=%s", call.key, code)
            return self._pay_failed(call, error)
        return self._pay_failed(call, error, PaymentOutcome.DECLINED)

    def _pay_as_it_stands(self, call: PaymentCall, error: stripe.StripeError) -> PaymentAnswer:
        if not is_refusal(error) or error.http_status not in (400, 402):
            return self._pay_failed(call, error)
        now = self.query_payment(call)
        return PaymentAnswer(
            now.outcome, now.provider_ref, code_of(error), sentence_of(error, self.secret_key), now.amount_minor, now.currency, now.paid_at,
            raw=now.raw,
        )  # fmt: skip

    def _pay_failed(self, call: PaymentCall, error: stripe.StripeError, outcome: PaymentOutcome = PaymentOutcome.UNKNOWN) -> PaymentAnswer:
        code, message = code_of(error), sentence_of(error, self.secret_key)
        raw = {"key": call.key, "http_status": error.http_status, "code": code, "message": message, "request_id": error.request_id}
        return PaymentAnswer(outcome, code=code, message=message, raw=raw)


def _unfit(call: PaymentCall) -> str:
    """Why this is not even asked of Stripe; empty when it may be."""
    if call.method not in TYPES:
        return "method_unknown"
    if call.method == Method.SEPA_DEBIT and call.currency != "EUR":
        return "wrong_currency"
    if not call.return_url:
        return "no_return_url"
    try:
        to_stripe(call.amount_minor, call.currency)
    except MoneyError:
        return "excess_digits"
    return ""


def _marks(call: PaymentCall, **more: str) -> dict[str, str]:
    return {REFERENCE: call.merchant_ref, KEY: call.key, **more}


def _session(call: PaymentCall) -> dict:
    currency, marks = call.currency.lower(), _marks(call, **{PAGE: "1"})
    sold = {"currency": currency, "unit_amount": to_stripe(call.amount_minor, call.currency),
            "product_data": {"name": call.description or call.merchant_ref}}  # fmt: skip
    wanted = {
        "mode": "payment",
        "client_reference_id": call.merchant_ref,
        "allowed_payment_method_types": [TYPES[Method(call.method)]],
        "line_items": [{"quantity": 1, "price_data": sold}],
        "success_url": call.return_url,
        "cancel_url": call.return_url,
        "metadata": marks,
        "payment_intent_data": {"metadata": marks, "capture_method": _capture(call)},
        "adaptive_pricing": {"enabled": False},  # the payer pays in the currency that the order is in
        "locale": LOCALES.get(call.language, "auto"),
    }
    if call.payer.email:
        wanted["customer_email"] = call.payer.email
    if call.expires_at:
        earliest, latest = (clock.now() + timedelta(minutes=minutes) for minutes in PAGE_MINUTES)
        wanted["expires_at"] = int(min(max(call.expires_at, earliest), latest).timestamp())
    return wanted


def _intent(call: PaymentCall) -> dict:
    return {
        **WHOLE,
        "amount": to_stripe(call.amount_minor, call.currency),
        "currency": call.currency.lower(),
        "payment_method": call.token,
        "allowed_payment_method_types": [TYPES[Method(call.method)]],
        "confirm": True,
        "return_url": call.return_url,
        "capture_method": _capture(call),
        "metadata": _marks(call),
        "description": call.description or call.merchant_ref,
    }


def _capture(call: PaymentCall) -> str:
    return "automatic" if call.captures_at_once else "manual"


def _since(hours: int) -> dict:
    return {"created": {"gte": int((clock.now() - timedelta(hours=hours)).timestamp())}}


def _ours(call: PaymentCall, listed: Iterable) -> dict | None:
    """The one that bears our key, else the newest with our number. :raises ValueError: there are too many to look through."""
    by_number = None
    for at, one in enumerate(listed):
        said = one.to_dict()
        if (said.get("metadata") or {}).get(KEY) == call.key:
            return said
        if by_number is None and is_of(said, call.key, call.merchant_ref):
            by_number = said
        if at >= LOOKED_THROUGH:
            raise ValueError("too many to look through")
    return by_number
