"""Stripe as a gateway, through its official library.

Our key travels twice: as Idempotency-Key, which Stripe keeps for a day, and in the refund's metadata, by which it is found again for
ever. https://docs.stripe.com/api/refunds, /api/idempotent_requests, /webhooks/signature, /error-low-level
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime

import stamina
import stripe

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
from apps.channels.providers.stripe.notices import OURS, OUTCOMES, dispute_told, minor_of_stripe, moment, refund_told, units_of_stripe

TIMEOUT = 25.0  # seconds for one request; the caller's lease is longer
TOLERANCE = 300  # seconds a signature stays good: Stripe's own figure
ASKS = 3  # tries of one question; a refund is sent once
REFUNDS_OF_ONE_PAYMENT = 200  # more than that are not looked through
DISPUTES = ("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed")
DISPUTES_MONEY = ("charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated")
REFUNDS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
logger = logging.getLogger(__name__)


class StripeGateway:
    """`credentials` hold `secret_key` and `webhook_secret`."""

    def __init__(self, account: Account):
        addresses = {"api": account.base_url} if account.base_url else {}
        http = stripe.RequestsClient(timeout=TIMEOUT)
        key = account.credentials["secret_key"]
        self.api = stripe.StripeClient(key, base_addresses=addresses, http_client=http, max_network_retries=0).v1
        self.webhook_secret = account.credentials.get("webhook_secret", "")

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`. The reason stays with us: `fraudulent` would put the customer on Stripe's lists."""
        wanted = {**_payment(call), "amount": units_of_stripe(call.amount_minor, call.currency), "metadata": {OURS: call.key}}
        return _answered(call, lambda: self.api.refunds.create(wanted, {"idempotency_key": call.key}))

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """Looks through the refunds of the payment for the one that carries our key."""

        @stamina.retry(on=_is_passing, attempts=ASKS, timeout=TIMEOUT, wait_initial=0.5, wait_max=3)
        def ask():
            if call.provider_refund_ref:
                return self.api.refunds.retrieve(call.provider_refund_ref)
            page = self.api.refunds.list({**_payment(call), "limit": 100})
            for at, refund in enumerate(page.auto_paging_iter()):
                if (refund.to_dict().get("metadata") or {}).get(OURS) == call.key:
                    return refund
                if at >= REFUNDS_OF_ONE_PAYMENT:
                    raise LookupError("too many refunds of one payment")
            return None

        return _answered(call, ask, is_question=True)

    def read_notices(self, headers: dict[str, str], body: bytes) -> list[RefundNotice | DisputeTold]:
        """See `Gateway`. The signature covers the raw bytes and their moment."""
        try:
            stripe.WebhookSignature.verify_header(body.decode(), headers.get("stripe-signature"), self.webhook_secret, TOLERANCE)
        except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
            raise NoticeForged from error
        try:
            event = json.loads(body)
            kind, said = event["type"], event["data"]["object"]
            if kind in REFUNDS:
                return [refund_told(event["id"], event["created"], said)]
            if kind in DISPUTES or kind in DISPUTES_MONEY:
                return [dispute_told(event["id"], said)]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoticeUnreadable from error
        return []

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`; Stripe looks at the status alone."""
        return Acknowledgement()


def _payment(call: RefundCall) -> dict[str, str]:
    """By the intent where we know it, else by the charge."""
    return {"payment_intent" if call.provider_ref.startswith("pi_") else "charge": call.provider_ref}


def _answered(call: RefundCall, ask: Callable, *, is_question: bool = False) -> RefundAnswer:
    """What the library returned or raised, in our words. Whatever is not plainly an end is UNKNOWN."""
    try:
        refund = ask()
    except stripe.StripeError as error:
        return _failed(call, error, is_question=is_question)
    except LookupError as error:
        return RefundAnswer(Outcome.UNKNOWN, code="too_many_refunds", message=str(error), raw={"key": call.key})
    if refund is None:
        return RefundAnswer(Outcome.NOT_FOUND, code="not_found", raw={"key": call.key})
    return _read(call, refund.to_dict())


def _read(call: RefundCall, said: dict) -> RefundAnswer:
    names = ("id", "status", "amount", "currency", "failure_reason", "created", "payment_intent", "charge")
    raw = {"key": call.key, **{name: said.get(name) for name in names if isinstance(said.get(name), str | int)}}
    ref, status, currency = str(said.get("id", "")), str(said.get("status")), str(said.get("currency", "")).upper()
    if currency != call.currency or minor_of_stripe(said.get("amount"), currency) != call.amount_minor:
        logger.warning("stripe.refund.differs key=%s ref=%s", call.key, ref)
        return RefundAnswer(Outcome.UNKNOWN, ref, "amount_differs", "this key belongs to another amount", raw=raw)
    outcome = OUTCOMES.get(status, Outcome.UNKNOWN)
    if outcome == Outcome.UNKNOWN:
        logger.warning("stripe.refund.status_unknown key=%s status=%s", call.key, status)
    done_at = moment(said.get("created")) if outcome == Outcome.SUCCEEDED else None
    return RefundAnswer(outcome, ref, str(said.get("failure_reason") or status), done_at=done_at, raw=raw)


def _failed(call: RefundCall, error: stripe.StripeError, *, is_question: bool) -> RefundAnswer:
    code = str(error.code or type(error).__name__)
    message = "no answer" if isinstance(error, stripe.APIConnectionError) else str(error.user_message or type(error).__name__)[:300]
    raw = {"key": call.key, "http_status": error.http_status, "code": code, "request_id": error.request_id}
    # Refused before anything was done. A reused key, a busy key and a speed limit are not: another call may have acted.
    refused = isinstance(error, stripe.InvalidRequestError | stripe.CardError | stripe.AuthenticationError | stripe.PermissionError)
    if is_question:  # even a payment that is not there: perhaps these are another account's keys
        return RefundAnswer(Outcome.UNKNOWN, code=code, message=message, raw=raw)
    if refused and error.http_status in (400, 401, 402, 403, 404):
        return RefundAnswer(Outcome.DECLINED, code=code, message=message, raw=raw)
    logger.warning("stripe.refund.unknown key=%s code=%s http=%s", call.key, code, error.http_status)
    return RefundAnswer(Outcome.UNKNOWN, code=code, message=message, raw=raw)


def _is_passing(error: Exception) -> bool:
    """Worth asking again at once."""
    if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
        return True
    return isinstance(error, stripe.APIError) and (error.http_status or 500) >= 500


def signed(body: bytes, secret: str, at: datetime) -> str:
    """The header that a notice of these bytes carries, sent at that moment; for practice and tests."""
    stamp = int(at.astimezone(UTC).timestamp())
    return f"t={stamp},v1={stripe.WebhookSignature._compute_signature(f'{stamp}.{body.decode()}', secret)}"
