"""Razorpay's notices in our words. https://razorpay.com/docs/webhooks/payment-links.md, /webhooks/refunds, /webhooks/disputes

A notice is a snapshot of the moment it tells of, and its entity may already be further than its name says: the entity counts.
"""

import hashlib
import hmac
import logging
from datetime import UTC, datetime

from apps.channels.dispute_notices import DisputeNotice
from apps.channels.gateways import DisputeTold, Outcome, RefundNotice
from apps.channels.paying import PaymentNotice, PaymentOutcome
from apps.channels.providers.razorpay.payments import KEY, PAYMENTS

logger = logging.getLogger(__name__)
LINKS = {
    "payment_link.paid": PaymentOutcome.PAID,
    "payment_link.expired": PaymentOutcome.EXPIRED,
    "payment_link.cancelled": PaymentOutcome.CANCELLED,
}
REFUNDS = {"processed": Outcome.SUCCEEDED, "created": Outcome.PENDING, "pending": Outcome.PENDING, "failed": Outcome.DECLINED}
DISPUTES = {"open": "needs_response", "under_review": "under_review", "won": "won", "lost": "lost"}
INQUIRIES = ("fraud", "retrieval")  # phases in which no money has moved


def is_genuine(signature: str, secret: str, text: bytes) -> bool:
    """Whether the signature is ours to believe: HMAC-SHA256 in hexadecimal over the raw bytes."""
    right = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(signature.encode(), right.encode())


def told_by(event: dict, event_id: str) -> list[PaymentNotice | RefundNotice | DisputeTold]:
    """[] for what does not concern us. :raises KeyError, TypeError, ValueError, AttributeError: it makes no sense."""
    kind, payload = str(event["event"]), event["payload"]
    event_id = event_id or f"{kind}:{event['created_at']}:{_id_in(payload)}"
    if kind in LINKS:
        return _link(event, payload, event_id)
    if kind.startswith("payment.dispute."):
        return _dispute(payload["dispute"]["entity"], event_id)
    if kind in ("payment.captured", "payment.authorized", "payment.failed"):
        return _payment(event, payload["payment"]["entity"], event_id)
    if kind.startswith("refund."):
        return [_refund(event, payload["refund"]["entity"], event_id)]
    return []


def _link(event: dict, payload: dict, event_id: str) -> list[PaymentNotice]:
    link, outcome = payload["payment_link"]["entity"], LINKS[str(event["event"])]
    notes = _notes(link)
    if not notes.get(KEY):
        return []
    paid = payload["payment"]["entity"] if outcome == PaymentOutcome.PAID else link
    return [
        PaymentNotice(
            event_id=event_id,
            outcome=outcome,
            amount_minor=int(paid["amount"]),
            currency=str(paid["currency"]),
            merchant_ref=str(link["reference_id"]),
            key=str(notes[KEY]),
            provider_ref=str(paid["id"]),
            occurred_at=_moment(event["created_at"]),
            code=str(link["status"]),
        )
    ]


def _payment(event: dict, payment: dict, event_id: str) -> list[PaymentNotice]:
    """Only those that bear our key. A failed one is no end: the page lets the payer try again until it closes."""
    notes, state = _notes(payment), str(payment["status"])
    if not notes.get(KEY):
        return []
    outcome = PAYMENTS.get(state, PaymentOutcome.UNKNOWN)
    has_failed = outcome == PaymentOutcome.DECLINED
    return [
        PaymentNotice(
            event_id=event_id,
            outcome=PaymentOutcome.PENDING if has_failed else outcome,
            amount_minor=int(payment["amount"]),
            currency=str(payment["currency"]),
            merchant_ref=str(notes.get("merchant_ref") or ""),
            key=str(notes[KEY]),
            provider_ref="" if has_failed else str(payment["id"]),
            occurred_at=_moment(event["created_at"]),
            code=str(payment.get("error_reason") or state),
            message=str(payment.get("error_description") or "")[:300],
        )
    ]


def _refund(event: dict, refund: dict, event_id: str) -> RefundNotice:
    status = str(refund["status"])
    if status not in REFUNDS:
        logger.warning("provider.unknown_code provider=razorpay code=%s", status)
    return RefundNotice(
        event_id=event_id,
        outcome=REFUNDS.get(status, Outcome.UNKNOWN),
        amount_minor=int(refund["amount"]),
        currency=str(refund["currency"]),
        key=str(_notes(refund).get(KEY) or ""),
        provider_ref=str(refund["payment_id"]),
        provider_refund_ref=str(refund["id"]),
        occurred_at=_moment(event["created_at"]),
        code=status,
    )


def _dispute(dispute: dict, event_id: str) -> list[DisputeTold]:
    """[] for a closed one: it does not say for whom."""
    state, phase = DISPUTES.get(str(dispute["status"])), str(dispute["phase"])
    if state is None:
        return []
    is_inquiry = phase in INQUIRIES
    due = dispute.get("respond_by")
    notice = DisputeNotice(
        provider_dispute_ref=str(dispute["id"]),
        state="inquiry" if is_inquiry and state == "needs_response" else state,
        amount_minor=int(dispute["amount"]),
        currency=str(dispute["currency"]),
        opened_at=_moment(dispute["created_at"]),
        kind="inquiry" if is_inquiry else "chargeback",
        provider_ref=str(dispute["payment_id"]),
        reason_code=str(dispute.get("reason_code") or ""),
        evidence_due_at=_moment(due) if due else None,
    )
    return [DisputeTold(event_id, notice)]


def _notes(about: dict) -> dict:
    """Notes are an object, or an empty list where there are none."""
    notes = about.get("notes")
    return notes if isinstance(notes, dict) else {}


def _id_in(payload: dict) -> str:
    return next((str(part["entity"]["id"]) for part in payload.values()), "")


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
