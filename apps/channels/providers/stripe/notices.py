"""What Stripe tells of refunds and disputes, in our words.

https://docs.stripe.com/api/events/types, /api/refunds/object, /api/disputes/object
"""

import logging
from datetime import UTC, datetime

from apps.channels.dispute_notices import DisputeNotice
from apps.channels.gateways import DisputeTold, Outcome, RefundNotice
from apps.channels.providers.stripe.amounts import from_stripe

logger = logging.getLogger(__name__)
KEY = "hezhang_key"  # where our key stands in the metadata of a refund, beside `refund_no`, by which its statement line is paired
REFUNDS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
DISPUTES = (
    "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
    "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
)  # fmt: skip
# `succeeded` means sent to the bank; it can fail days later, which a notice tells.
OUTCOMES = {
    "succeeded": Outcome.SUCCEEDED,
    "pending": Outcome.PENDING,
    "requires_action": Outcome.PENDING,
    "failed": Outcome.DECLINED,
    "canceled": Outcome.DECLINED,
}
DISPUTE_STATES = {
    "warning_needs_response": ("inquiry", "inquiry"),
    "warning_under_review": ("inquiry", "under_review"),
    "warning_closed": ("inquiry", "won"),  # the bank let the inquiry rest: no money was taken
    "needs_response": ("chargeback", "needs_response"),
    "under_review": ("chargeback", "under_review"),
    "appeal_needs_response": ("chargeback", "needs_response"),
    "appeal_under_review": ("chargeback", "under_review"),
    "won": ("chargeback", "won"),
    "lost": ("chargeback", "lost"),
    "prevented": ("inquiry", "accepted"),  # refunded before it became a dispute
}


def told_by(event: dict) -> list[RefundNotice | DisputeTold]:
    """What a verified event tells; [] for what does not concern us.

    :raises KeyError, TypeError, ValueError, AttributeError: it is no event, or its refund or dispute makes no sense.
    """
    if event.get("object") == "v2.core.event":
        return []
    event_id, kind, said = str(event["id"]), event["type"], event["data"]["object"]
    if kind in REFUNDS:
        return [refund_told(event_id, said)]
    if kind == "charge.refunded":  # older versions of the API list the refunds within the charge; newer ones tell each by itself
        listed = (said.get("refunds") or {}).get("data") or []
        return [refund_told(f"{event_id}:{refund['id']}", refund) for refund in listed]
    return [dispute_told(event_id, said)] if kind in DISPUTES else []


def moment(seconds: object) -> datetime | None:
    """None for what is no moment, and for 0, Stripe's way of saying that there is none."""
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) and seconds else None


def refund_told(event_id: str, said: dict) -> RefundNotice:
    """:raises KeyError, TypeError, ValueError: it is no refund."""
    currency, status = said["currency"].upper(), said["status"]
    if status not in OUTCOMES:
        logger.warning("provider.unknown_code provider=stripe code=%s", status)
    return RefundNotice(
        event_id=event_id,
        outcome=OUTCOMES.get(status, Outcome.UNKNOWN),
        amount_minor=_amount(said["amount"], currency),
        currency=currency,
        key=str((said.get("metadata") or {}).get(KEY, "")),
        provider_ref=_id(said.get("payment_intent")) or _id(said.get("charge")),
        provider_refund_ref=said["id"],
        occurred_at=moment(said["created"]),
        code=str(said.get("failure_reason") or status),
    )


def dispute_told(event_id: str, said: dict) -> DisputeTold:
    """:raises KeyError, TypeError, ValueError: it is no dispute, or its status is not known here."""
    currency, (kind, state) = said["currency"].upper(), DISPUTE_STATES[said["status"]]
    details = said.get("evidence_details") or {}
    card = (said.get("payment_method_details") or {}).get("card") or {}
    dispute = DisputeNotice(
        provider_dispute_ref=said["id"],
        state=state,
        amount_minor=_amount(said["amount"], currency),
        currency=currency,
        opened_at=datetime.fromtimestamp(said["created"], UTC),
        kind=kind,
        provider_ref=_id(said.get("payment_intent")) or _id(said.get("charge")),
        reason_code=str(card.get("network_reason_code") or said.get("network_reason_code") or said.get("reason") or ""),
        evidence_due_at=moment(details.get("due_by")),
        fee_minor=_fee(said, currency),
    )
    return DisputeTold(event_id, dispute)


def _fee(said: dict, currency: str) -> int | None:
    """What Stripe kept for the dispute so far; None where nothing is booked in the dispute's own currency."""
    fees = [row["fee"] for row in said.get("balance_transactions") or [] if row["currency"].upper() == currency]
    return max(0, _amount(sum(fees), currency)) if fees else None


def _amount(units: object, currency: str) -> int:
    if not isinstance(units, int) or isinstance(units, bool):
        raise ValueError("not an amount")
    return from_stripe(units, currency)


def _id(value: object) -> str:
    """An id, whether or not Stripe expanded what it names."""
    return str(value.get("id", "")) if isinstance(value, dict) else str(value or "")
