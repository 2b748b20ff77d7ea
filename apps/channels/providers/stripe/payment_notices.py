"""What Stripe tells of payments, in our words. https://docs.stripe.com/api/events/types

Only payments that bear our key are told: a shop may take others through the same account.
"""

from apps.channels.paying import PaymentNotice, PaymentOutcome
from apps.channels.providers.stripe.amounts import from_stripe
from apps.channels.providers.stripe.notices import KEY, moment
from apps.channels.providers.stripe.reading import PAGE, REFERENCE, TIMED_OUT, action_of, error_of, said_by

SESSIONS = {
    "checkout.session.completed": None,  # paid or not: it says so itself
    "checkout.session.async_payment_succeeded": PaymentOutcome.PAID,
    "checkout.session.async_payment_failed": PaymentOutcome.DECLINED,
    "checkout.session.expired": PaymentOutcome.EXPIRED,
}
INTENTS = {
    "payment_intent.succeeded": PaymentOutcome.PAID,
    "payment_intent.amount_capturable_updated": PaymentOutcome.AUTHORIZED,
    "payment_intent.processing": PaymentOutcome.PENDING,
    "payment_intent.requires_action": PaymentOutcome.PENDING,
    "payment_intent.payment_failed": None,  # an end only where no page lets the payer try again
    "payment_intent.canceled": None,
}
SUMS = {PaymentOutcome.PAID: "amount_received", PaymentOutcome.AUTHORIZED: "amount_capturable"}


def payments_told(event: dict) -> list[PaymentNotice]:
    """[] for what is no payment of ours. :raises KeyError, TypeError, ValueError, AttributeError: it makes no sense."""
    kind = event.get("type")
    if kind not in SESSIONS and kind not in INTENTS:
        return []
    said = event["data"]["object"]
    marks = said.get("metadata") or {}
    if not marks.get(KEY):
        return []
    return [_session(event, said, marks) if kind in SESSIONS else _intent(event, said, marks)]


def _session(event: dict, said: dict, marks: dict) -> PaymentNotice:
    outcome, intent = SESSIONS[event["type"]], said.get("payment_intent")
    if outcome is None:
        outcome = PaymentOutcome.PAID if said["payment_status"] == "paid" else PaymentOutcome.PENDING
    ref = intent["id"] if isinstance(intent, dict) else intent
    return _notice(event, said, marks, outcome=outcome, units=said["amount_total"], ref=str(ref or said["id"]), code=said["payment_status"])


def _intent(event: dict, said: dict, marks: dict) -> PaymentNotice:
    outcome, code = INTENTS[event["type"]], str(said["status"])
    if event["type"] == "payment_intent.payment_failed":
        outcome, code = PaymentOutcome.PENDING if marks.get(PAGE) else PaymentOutcome.DECLINED, error_of(said) or code
    elif event["type"] == "payment_intent.canceled":
        outcome = PaymentOutcome.EXPIRED if said.get("cancellation_reason") in TIMED_OUT else PaymentOutcome.CANCELLED
    units = said[SUMS.get(outcome, "amount")]
    return _notice(
        event, said, marks, outcome=outcome, units=units, ref=said["id"], code=code, message=said_by(said), action=action_of(said)
    )


def _notice(event: dict, said: dict, marks: dict, *, outcome: PaymentOutcome, units: int, ref: str, code: str, **more) -> PaymentNotice:
    currency = said["currency"].upper()
    return PaymentNotice(
        event_id=str(event["id"]),
        outcome=outcome,
        amount_minor=from_stripe(int(units), currency),
        currency=currency,
        merchant_ref=str(marks.get(REFERENCE) or said.get("client_reference_id") or ""),
        key=str(marks[KEY]),
        provider_ref=ref,
        occurred_at=moment(event.get("created")),
        code=code,
        **more,
    )
