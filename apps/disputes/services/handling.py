"""What people do with a dispute besides moving it: notes, an owner, a deadline, what was not known before."""

from datetime import datetime

from django.db import transaction

from apps.disputes.enums import EventKind
from apps.disputes.errors import DisputeClosed, NothingToSay, OwnerUnknown
from apps.disputes.models import Dispute, DisputeEvent
from apps.disputes.selectors.people import people_for
from apps.disputes.selectors.reasons import reason_of
from apps.disputes.services.events import locked, tell
from apps.merchants.models import Merchant, User


def add_note(*, merchant: Merchant, dispute_id: int, text: str, by: User, now: datetime) -> DisputeEvent:
    """Adds to the time line, also after the end. :raises NothingToSay: for an empty text."""
    if not text.strip():
        raise NothingToSay
    with transaction.atomic():
        return tell(locked(merchant, dispute_id), EventKind.NOTE, by=by, now=now, text=text.strip())


def give_to(*, merchant: Merchant, dispute_id: int, owner: User | None, by: User, now: datetime) -> Dispute:
    """Gives an open dispute to a person, or to nobody. :raises OwnerUnknown: who may not answer disputes here cannot own one."""
    if owner is not None and owner.pk not in {one.pk for one in people_for(merchant)}:
        raise OwnerUnknown
    with transaction.atomic():
        dispute = locked(merchant, dispute_id)
        if not dispute.is_open:
            raise DisputeClosed
        if dispute.owner_id != getattr(owner, "pk", None):
            dispute.owner = owner
            dispute.save(update_fields=["owner"])
            tell(dispute, EventKind.CHANGED, by=by, now=now, owner=str(owner or ""))
    return dispute


def change_details(
    *,
    merchant: Merchant,
    dispute_id: int,
    reason_code: str,
    family: str,
    evidence_due_at: datetime | None,
    fee_minor: int | None,
    by,
    now: datetime,
) -> Dispute:
    """Corrects what describes an open dispute. What is unchanged leaves no event. :raises DisputeClosed: once it has ended."""
    with transaction.atomic():
        dispute = locked(merchant, dispute_id)
        if not dispute.is_open:
            raise DisputeClosed
        told = {}
        new = {
            "reason_code": reason_code.strip(),
            "family": str(reason_of(reason_code, family).family),
            "evidence_due_at": evidence_due_at,
            "fee_minor": fee_minor,
            "due_is_guess": dispute.due_is_guess and evidence_due_at == dispute.evidence_due_at,
        }
        for name, value in new.items():
            if getattr(dispute, name) != value:
                told[name] = value.isoformat() if isinstance(value, datetime) else value
                setattr(dispute, name, value)
        if told:
            dispute.save(update_fields=[*told])
            tell(dispute, EventKind.CHANGED, by=by, now=now, **told)
    return dispute
