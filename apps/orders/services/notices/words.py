"""A notice in our words as JSON and back: for one that could not be done, so that it need not be proved a second time."""

import json
from dataclasses import asdict
from datetime import datetime

from apps.channels.dispute_notices import DisputeNotice
from apps.channels.gateways import DisputeTold, Outcome, RefundNotice
from apps.channels.paying import ActionKind, PayerAction, PaymentNotice, PaymentOutcome
from apps.channels.storefronts import OrderTold

Told = PaymentNotice | RefundNotice | DisputeTold | OrderTold
MOMENTS = ("occurred_at", "opened_at", "evidence_due_at", "expires_at")


def about(told: Told) -> str:
    """The number by which its payment or refund is found again."""
    if isinstance(told, DisputeTold):
        return (told.dispute.merchant_ref or told.dispute.provider_ref)[:100]
    if isinstance(told, OrderTold):
        return told.order_no[:100]
    if isinstance(told, RefundNotice):
        return (told.key or told.provider_refund_ref or told.merchant_ref)[:100]
    return (told.merchant_ref or told.key or told.provider_ref)[:100]


def kept_body(told: Told, body: bytes) -> bytes:
    """What is kept of a notice's bytes: all, but of a storefront's, which holds the buyer's name and address, only what names the order."""
    return json.dumps(asdict(told), ensure_ascii=False).encode() if isinstance(told, OrderTold) else body


def as_json(told: Told) -> dict:
    """Everything it says."""
    return {"type": type(told).__name__, **_plain(asdict(told))}


def from_json(kept: dict) -> Told:
    """The same notice again."""
    said = dict(kept)
    kind = said.pop("type")
    if kind == DisputeTold.__name__:
        return DisputeTold(said["event_id"], DisputeNotice(**_timed(said["dispute"])))
    if kind == OrderTold.__name__:
        return OrderTold(**said)
    if kind == RefundNotice.__name__:
        return RefundNotice(**{**_timed(said), "outcome": Outcome(said["outcome"])})
    action = said.pop("action")
    if action:
        action = PayerAction(**{**_timed(action), "kind": ActionKind(action["kind"])})
    return PaymentNotice(**{**_timed(said), "outcome": PaymentOutcome(said["outcome"])}, action=action)


def _plain(value):
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def _timed(said: dict) -> dict:
    return {name: datetime.fromisoformat(value) if name in MOMENTS and value else value for name, value in said.items()}
