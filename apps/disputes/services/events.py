"""The time line of a dispute, written in the caller's transaction."""

from datetime import datetime

from apps.audit.services import record
from apps.disputes.enums import EventKind
from apps.disputes.models import Dispute, DisputeEvent


def tell(dispute: Dispute, kind: EventKind, *, by, now: datetime, text: str = "", audited: bool = True, **detail) -> DisputeEvent:
    """One event on the dispute, and one in the audit trail unless the product itself only looked."""
    event = DisputeEvent.objects.create(
        merchant_id=dispute.merchant_id, dispute=dispute, happened_at=now, kind=kind, by=by, text=text, detail=detail
    )
    if audited:
        record(merchant_id=dispute.merchant_id, action=f"dispute.{kind}", subject=dispute, by=by, now=now, reason=text, after=detail)
    return event


def locked(merchant, dispute_id: int) -> Dispute:
    """The merchant's dispute under a row lock. :raises Dispute.DoesNotExist: also for another merchant's."""
    return Dispute.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=dispute_id)
