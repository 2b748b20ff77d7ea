"""Stripe as a gateway, through its official library.

Our key travels twice: as Idempotency-Key, which Stripe keeps for a day, and in the refund's metadata, by which it is found again for
ever. An error about the content of a request (400, 402, 404) had no effect; 409, 429, 5xx and silence say nothing about what happened.
https://docs.stripe.com/api/refunds, /api/idempotent_requests, /webhooks/signature, /error-low-level
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime

import stamina
import stripe
from django.utils.translation import gettext_noop

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
from apps.channels.providers.stripe.amounts import to_stripe
from apps.channels.providers.stripe.errors import ASK_FOR, ASKS, BROKEN, TIMEOUTS, code_of, is_passing, is_refusal, sentence_of
from apps.channels.providers.stripe.notices import KEY, OUTCOMES, moment, told_by
from apps.channels.providers.stripe.payment_notices import payments_told
from apps.channels.providers.stripe.payments import StripePayments
from apps.channels.providers.stripe.reports import StripeReports
from apps.core.money import MoneyError

TOLERANCE = 300  # seconds a signature stays good: Stripe's own figure
REFUNDS_OF_ONE_PAYMENT = 1000  # more than that are not looked through
PAYMENT_PARAMS = {"pi_": "payment_intent", "ch_": "charge", "py_": "charge"}
LOGGED = ("id", "status", "amount", "currency", "failure_reason", "created", "payment_intent", "charge")
NO_PAYMENT_ID = gettext_noop("The books have no Stripe number of this payment (pi_… or ch_…), so nothing was sent.")
NO_SUCH_AMOUNT = gettext_noop("Stripe cannot express this amount in its currency, so nothing was sent.")
logger = logging.getLogger(__name__)


class StripeGateway(StripePayments, StripeReports):
    """`credentials` hold `secret_key` and `webhook_secret`."""

    def __init__(self, account: Account):
        addresses = {"api": account.base_url} if account.base_url else {}
        http = stripe.RequestsClient(timeout=TIMEOUTS)
        self.secret_key = account.credentials["secret_key"]
        self.webhook_secret = account.credentials.get("webhook_secret", "")
        self.base_url, self.is_live = account.base_url, account.is_live
        self.api = stripe.StripeClient(self.secret_key, base_addresses=addresses, http_client=http, max_network_retries=0).v1

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`. The reason stays with us: `fraudulent` would put the customer on Stripe's lists."""
        payment = _payment(call)
        if not payment:
            return RefundAnswer(Outcome.DECLINED, code="no_payment_id", message=NO_PAYMENT_ID, raw={"key": call.key})
        try:
            amount = to_stripe(call.amount_minor, call.currency)
        except MoneyError:
            return RefundAnswer(Outcome.DECLINED, code="excess_digits", message=NO_SUCH_AMOUNT, raw={"key": call.key})
        wanted = {**payment, "amount": amount, "metadata": {"refund_no": call.refund_no, KEY: call.key}}
        return self._answered(call, lambda: self.api.refunds.create(wanted, {"idempotency_key": call.key}), self._refused)

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """By Stripe's number where it is known, else by our key among the payment's refunds. NOT_FOUND only after the last page."""
        if not call.provider_refund_ref and not _payment(call):
            return RefundAnswer(Outcome.UNKNOWN, code="no_payment_id", message=NO_PAYMENT_ID, raw={"key": call.key})

        @stamina.retry(on=is_passing, attempts=ASKS, timeout=ASK_FOR, wait_initial=0.5, wait_max=3)
        def ask() -> stripe.Refund | None:
            return self._by_ref(call) if call.provider_refund_ref else self._by_key(call)

        # An error answers no question, not even that the payment is not there: perhaps these are another account's keys.
        return self._answered(call, ask, self._unknown)

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice | RefundNotice | DisputeTold]:
        """See `Gateway`. The signature covers the raw bytes and their moment."""
        try:
            _prove(headers.get("stripe-signature", ""), body, self.webhook_secret, at)
        except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
            raise NoticeForged from error
        try:
            event = json.loads(body)
            return payments_told(event) or told_by(event)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise NoticeUnreadable(f"{type(error).__name__}: {error}"[:200]) from error

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`; Stripe looks at the status alone."""
        return Acknowledgement()

    def _by_ref(self, call: RefundCall) -> stripe.Refund:
        return self.api.refunds.retrieve(call.provider_refund_ref)

    def _by_key(self, call: RefundCall) -> stripe.Refund | None:
        for at, refund in enumerate(self.api.refunds.list({**_payment(call), "limit": 100}).auto_paging_iter()):
            if (refund.to_dict().get("metadata") or {}).get(KEY) == call.key:
                return refund
            if at >= REFUNDS_OF_ONE_PAYMENT:
                raise ValueError("too many refunds of one payment")
        return None

    def _answered(
        self, call: RefundCall, ask: Callable, on_error: Callable[[RefundCall, stripe.StripeError], RefundAnswer]
    ) -> RefundAnswer:
        """What the library returned or raised, in our words. Whatever is not plainly an end is UNKNOWN."""
        try:
            refund = ask()
            if refund is None:
                return RefundAnswer(Outcome.NOT_FOUND, code="not_found", raw={"key": call.key})
            return _read(call, refund.to_dict())
        except stripe.StripeError as error:
            return on_error(call, error)
        except BROKEN as error:
            logger.warning("stripe.refund.unreadable key=%s why=%s", call.key, type(error).__name__)
            return RefundAnswer(Outcome.UNKNOWN, code="unreadable", message=type(error).__name__, raw={"key": call.key})

    def _refused(self, call: RefundCall, error: stripe.StripeError) -> RefundAnswer:
        """A refusal is final, unless the refund exists under our key: a repeated call can be refused because the first one worked."""
        if not is_refusal(error):
            return self._unknown(call, error)
        if error.http_status in (400, 402):
            known = self.query_refund(call)
            if known.outcome != Outcome.NOT_FOUND:
                return known
        return self._failed(call, error, Outcome.DECLINED)

    def _unknown(self, call: RefundCall, error: stripe.StripeError) -> RefundAnswer:
        logger.warning("stripe.refund.unknown key=%s code=%s http=%s", call.key, code_of(error), error.http_status)
        return self._failed(call, error, Outcome.UNKNOWN)

    def _failed(self, call: RefundCall, error: stripe.StripeError, outcome: Outcome) -> RefundAnswer:
        """Stripe's own sentence, without our secret."""
        message = sentence_of(error, self.secret_key)
        raw = {
            "key": call.key,
            "http_status": error.http_status,
            "code": code_of(error),
            "message": message,
            "request_id": error.request_id,
        }
        return RefundAnswer(outcome, code=code_of(error), message=message, raw=raw)


def _prove(signature: str, body: bytes, secret: str, at: datetime) -> None:
    """The library proves the signature; its age as of a moment it cannot judge, only as of now.

    :raises stripe.SignatureVerificationError: missing, wrong or too old. :raises UnicodeDecodeError: no text.
    """
    stripe.WebhookSignature.verify_header(body.decode(), signature, secret)
    stamp, _signatures = stripe.WebhookSignature._get_timestamp_and_signatures(signature, "v1")
    if stamp < at.timestamp() - TOLERANCE:
        raise stripe.SignatureVerificationError("too old", signature)


def _payment(call: RefundCall) -> dict[str, str]:
    """By the intent where we know it, else by the charge; {} where the reference is neither's number."""
    name = PAYMENT_PARAMS.get(call.provider_ref[:3])
    return {name: call.provider_ref} if name else {}


def _read(call: RefundCall, said: dict) -> RefundAnswer:
    raw = {"key": call.key, **{name: said.get(name) for name in LOGGED if isinstance(said.get(name), str | int)}}
    ref, status, key = str(said.get("id") or ""), str(said.get("status")), (said.get("metadata") or {}).get(KEY)
    about = (str(said.get("currency")).upper(), said.get("amount"))
    if about != (call.currency, to_stripe(call.amount_minor, call.currency)) or key not in (None, call.key) or not ref:
        logger.warning("stripe.refund.differs key=%s ref=%s", call.key, ref)
        return RefundAnswer(Outcome.UNKNOWN, ref, "answer_differs", "this key belongs to another refund", raw=raw)
    outcome = OUTCOMES.get(status, Outcome.UNKNOWN)
    if outcome == Outcome.UNKNOWN:
        logger.warning("provider.unknown_code provider=stripe key=%s code=%s", call.key, status)
    done_at = moment(said.get("created")) if outcome == Outcome.SUCCEEDED else None
    return RefundAnswer(outcome, ref, str(said.get("failure_reason") or status), done_at=done_at, raw=raw)


def signed(body: bytes, secret: str, at: datetime) -> str:
    """The header that a notice of these bytes carries, sent at that moment; for practice and tests."""
    stamp = int(at.astimezone(UTC).timestamp())
    return f"t={stamp},v1={stripe.WebhookSignature._compute_signature(f'{stamp}.{body.decode()}', secret)}"
