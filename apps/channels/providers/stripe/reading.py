"""Stripe's sessions and intents in our words. https://docs.stripe.com/api/checkout/sessions/object, /api/payment_intents/object

A page of Stripe's (a session) may see several cards fail before one works, so a failure there is no end while the page is open.
"""

import logging
from datetime import datetime

from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentOutcome
from apps.channels.providers.stripe.amounts import from_stripe
from apps.channels.providers.stripe.notices import KEY, moment

logger = logging.getLogger(__name__)
REFERENCE, PAGE = "merchant_ref", "hezhang_page"  # beside KEY in the metadata of a payment; the second on those paid on a page
TIMED_OUT = ("abandoned", "automatic", "expired")
STATES = {
    "succeeded": PaymentOutcome.PAID,
    "requires_capture": PaymentOutcome.AUTHORIZED,
    "processing": PaymentOutcome.PENDING,
    "requires_action": PaymentOutcome.PENDING,
    "requires_confirmation": PaymentOutcome.PENDING,
}
LOGGED = ("id", "status", "payment_status", "amount", "amount_total", "amount_received", "currency", "created", "cancellation_reason")


def is_of(said: dict, key: str, merchant_ref: str) -> bool:
    """Whether a session or an intent was opened by us for this payment."""
    marks = said.get("metadata") or {}
    return marks.get(KEY) == key or marks.get(REFERENCE) == merchant_ref


def read_session(said: dict, raw: dict) -> PaymentAnswer:
    """A page of Stripe's, with its intent expanded where there is one."""
    raw, status, intent = {**raw, "session": logged(said)}, said.get("status"), said.get("payment_intent")
    if status == "open":
        action = PayerAction(ActionKind.REDIRECT, url=str(said.get("url") or ""), expires_at=moment(said.get("expires_at")))
        why = error_of(intent) if isinstance(intent, dict) else ""
        return PaymentAnswer(PaymentOutcome.PENDING, str(said["id"]), why or "open", action=action, raw=raw)
    if isinstance(intent, dict) and (status == "complete" or intent.get("status") == "succeeded"):
        return read_intent(intent, raw)
    if status == "expired":
        return PaymentAnswer(PaymentOutcome.EXPIRED, str(said["id"]), "expired", raw=raw)
    return unknown(str(status), raw, str(said.get("id") or ""))


def read_intent(said: dict, raw: dict) -> PaymentAnswer:
    """One whose page, if it ever had one, is closed."""
    raw = {**raw, "intent": logged(said)}
    ref, status, currency = str(said["id"]), str(said.get("status")), str(said.get("currency")).upper()
    if status == "requires_payment_method":
        why = error_of(said)
        return PaymentAnswer(PaymentOutcome.DECLINED if why else PaymentOutcome.PENDING, ref, why or status, said_by(said), raw=raw)
    if status == "canceled":
        timed_out = said.get("cancellation_reason") in TIMED_OUT
        return PaymentAnswer(PaymentOutcome.EXPIRED if timed_out else PaymentOutcome.CANCELLED, ref, status, raw=raw)
    outcome = STATES.get(status)
    if outcome is None:
        return unknown(status, raw, ref)
    if outcome == PaymentOutcome.PENDING:
        return PaymentAnswer(outcome, ref, status, action=action_of(said), raw=raw)
    units = said["amount_received"] if outcome == PaymentOutcome.PAID else said["amount_capturable"]
    amount = from_stripe(units, currency)
    paid_at = paid_moment(said) if outcome == PaymentOutcome.PAID else None
    return PaymentAnswer(outcome, ref, status, amount_minor=amount, currency=currency, paid_at=paid_at, raw=raw)


def action_of(said: dict) -> PayerAction | None:
    """Where the payer's bank wants them; None when there is nowhere to go."""
    to = ((said.get("next_action") or {}).get("redirect_to_url") or {}).get("url")
    return PayerAction(ActionKind.REDIRECT, url=str(to)) if to else None


def error_of(said: dict) -> str:
    """Why the last attempt failed: the finer code where Stripe gives two."""
    error = said.get("last_payment_error") or {}
    return str(error.get("decline_code") or error.get("code") or "")


def said_by(said: dict) -> str:
    """Stripe's own sentence about the last attempt."""
    return str((said.get("last_payment_error") or {}).get("message") or "")[:300]


def paid_moment(said: dict) -> datetime | None:
    """When the charge was made; the intent's own beginning where the charge is not expanded."""
    charge = said.get("latest_charge")
    return moment(charge.get("created") if isinstance(charge, dict) else said.get("created"))


def unknown(code: str, raw: dict, ref: str = "") -> PaymentAnswer:
    """A state nobody has documented."""
    logger.warning("provider.unknown_code provider=stripe code=%s", code)
    return PaymentAnswer(PaymentOutcome.UNKNOWN, ref, code, raw=raw)


def logged(said: dict) -> dict:
    """What may stand in the record: numbers and states, no address, no name, no secret."""
    return {name: said[name] for name in LOGGED if isinstance(said.get(name), str | int)}
