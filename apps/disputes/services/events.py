"""The time line of a dispute, written in the caller's transaction."""

from datetime import datetime

from apps.audit.services import record
from apps.disputes.enums import EventKind
from apps.disputes.models import Dispute, DisputeEvent
from apps.disputes.states import CLOSED
from apps.orders.enums import EventType
from apps.orders.services.webhooks import send_event


def tell(dispute: Dispute, kind: EventKind, *, by, now: datetime, text: str = "", audited: bool = True, **detail) -> DisputeEvent:
    """One event on the dispute, and one in the audit trail unless the product itself only looked."""
    event = DisputeEvent.objects.create(
        merchant_id=dispute.merchant_id, dispute=dispute, happened_at=now, kind=kind, by=by, text=text, detail=detail
    )
    if audited:
        record(merchant_id=dispute.merchant_id, action=f"dispute.{kind}", subject=dispute, by=by, now=now, reason=text, after=detail)
    told = _told_outside(dispute, kind)
    if told:
        send_event(merchant=dispute.merchant, type=told, payload={"dispute": _payload(dispute)}, now=now)
    return event


def _told_outside(dispute: Dispute, kind: EventKind) -> EventType | None:
    """What the shop's own systems hear of this, if anything."""
    if kind == EventKind.MOVED:
        return EventType.DISPUTE_CLOSED if dispute.state in CLOSED else None
    return {EventKind.OPENED: EventType.DISPUTE_OPENED, EventKind.REMINDED: EventType.DISPUTE_DUE}.get(kind)


def _payload(dispute: Dispute) -> dict:
    due = dispute.evidence_due_at
    return {
        "id": dispute.public_id,
        "state": str(dispute.state),
        "amount_minor": dispute.amount_minor,
        "currency": dispute.currency,
        "evidence_due_at": due.isoformat() if due else None,
    }


def locked(merchant, dispute_id: int) -> Dispute:
    """The merchant's dispute under a row lock. :raises Dispute.DoesNotExist: also for another merchant's."""
    return Dispute.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=dispute_id)
