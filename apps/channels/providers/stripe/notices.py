"""What Stripe tells of refunds and disputes, in our words. https://docs.stripe.com/api/refunds/object, /api/disputes/object"""

from datetime import UTC, datetime

from apps.channels.dispute_notices import DisputeNotice
from apps.channels.gateways import DisputeTold, Outcome, RefundNotice

OURS = "refund_no"  # where our key stands in the metadata of a refund
OUTCOMES = {
    "succeeded": Outcome.SUCCEEDED,
    "pending": Outcome.PENDING,
    "requires_action": Outcome.PENDING,
    "failed": Outcome.DECLINED,
    "canceled": Outcome.DECLINED,
}
TIMES_HUNDRED = frozenset({"ISK", "UGX"})  # no minor unit in fact, two decimals at Stripe
DISPUTE_STATES = {
    "warning_needs_response": ("inquiry", "inquiry"),
    "warning_under_review": ("inquiry", "under_review"),
    "warning_closed": ("inquiry", "won"),  # the bank let the inquiry rest: no money was taken
    "needs_response": ("chargeback", "needs_response"),
    "under_review": ("chargeback", "under_review"),
    "won": ("chargeback", "won"),
    "lost": ("chargeback", "lost"),
    "prevented": ("inquiry", "accepted"),  # refunded before it became a dispute
}


def units_of_stripe(minor: int, currency: str) -> int:
    """Our minor units as Stripe counts them."""
    return minor * 100 if currency in TIMES_HUNDRED else minor


def minor_of_stripe(units: object, currency: str) -> int | None:
    """And back; None for what is no amount."""
    if not isinstance(units, int) or isinstance(units, bool) or (currency in TIMES_HUNDRED and units % 100):
        return None
    return units // 100 if currency in TIMES_HUNDRED else units


def moment(seconds: object) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None


def refund_told(event_id: str, created: int, said: dict) -> RefundNotice:
    """:raises KeyError, TypeError, ValueError: it is no refund."""
    currency = said["currency"].upper()
    return RefundNotice(
        event_id=event_id,
        outcome=OUTCOMES.get(said["status"], Outcome.UNKNOWN),
        amount_minor=_amount(said, currency),
        currency=currency,
        key=str((said.get("metadata") or {}).get(OURS, "")),
        provider_ref=_id(said.get("payment_intent")) or _id(said.get("charge")),
        provider_refund_ref=said["id"],
        occurred_at=moment(said.get("created")) or moment(created),
        code=str(said.get("failure_reason") or said["status"]),
    )


def dispute_told(event_id: str, said: dict) -> DisputeTold:
    """:raises KeyError, TypeError, ValueError: it is no dispute, or its status is not known here."""
    currency, (kind, state) = said["currency"].upper(), DISPUTE_STATES[said["status"]]
    details = said.get("evidence_details") or {}
    booked = said.get("balance_transactions") or []
    fees = [row["fee"] for row in booked if row.get("fee", 0) > 0 and row.get("currency") == said["currency"]]
    dispute = DisputeNotice(
        provider_dispute_ref=said["id"],
        state=state,
        amount_minor=_amount(said, currency),
        currency=currency,
        opened_at=datetime.fromtimestamp(said["created"], UTC),
        kind=kind,
        provider_ref=_id(said.get("payment_intent")) or _id(said.get("charge")),
        reason_code=str(said.get("network_reason_code") or said.get("reason") or ""),
        evidence_due_at=moment(details.get("due_by")),
        fee_minor=minor_of_stripe(fees[0], currency) if fees else None,
    )
    return DisputeTold(event_id, dispute)


def _amount(said: dict, currency: str) -> int:
    amount = minor_of_stripe(said["amount"], currency)
    if amount is None:
        raise ValueError("not an amount")
    return amount


def _id(value: object) -> str:
    """An id, whether or not Stripe expanded what it names."""
    return str(value.get("id", "")) if isinstance(value, dict) else str(value or "")
