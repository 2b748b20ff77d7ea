"""What people do with a discrepancy. Each act locks the row, checks, changes, and leaves an audit event with who, when and why."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from apps.audit.models import AuditEvent
from apps.audit.services import event, record_many
from apps.merchants.models import Merchant, User
from apps.settlements.enums import DiscrepancyState as State
from apps.settlements.enums import Resolution
from apps.settlements.errors import AlreadyClosed, NotClosed, ReasonMissing
from apps.settlements.models import Discrepancy, DiscrepancyComment
from apps.settlements.services.signers import check_signed, check_signer, standing
from apps.settlements.states import CLOSED_BY_PERSON

WRITE_OFFS = frozenset({Resolution.WRITTEN_OFF})
SIGNED = WRITE_OFFS | {Resolution.MATCHED}  # how a difference can have been closed that took two people


def lock(merchant: Merchant, ids: Iterable[int]) -> list[Discrepancy]:
    """The rows of this merchant among `ids`, locked in one order so that two people never wait for each other."""
    rows = Discrepancy.objects.for_merchant(merchant).select_for_update(of=("self",)).filter(pk__in=list(ids))
    return list(rows.order_by("pk"))


def _event(item: Discrepancy, action: str, by: User | None, now: datetime, reason: str = "", **after) -> AuditEvent:
    return event(merchant_id=item.merchant_id, action=f"discrepancy.{action}", subject=item, by=by, now=now, reason=reason, after=after)


def assign(*, merchant: Merchant, ids: Iterable[int], owner: User | None, by: User, now: datetime) -> list[Discrepancy]:
    """Gives open discrepancies to a member, or to nobody. Closed ones among them are left as they are and not returned."""
    with transaction.atomic():
        items = [item for item in lock(merchant, ids) if item.is_open and item.owner_id != getattr(owner, "pk", None)]
        events = []
        for item in items:
            before = str(item.owner or "")
            item.owner = owner
            item.state = State.INVESTIGATING if owner else State.OPEN
            item.save(update_fields=["owner", "state"])
            events.append(_event(item, "assigned", by, now, owner=str(owner or ""), before=before))
        record_many(events)
    return items


def resolve(*, merchant: Merchant, ids: Iterable[int], resolution: Resolution, reason: str, by: User, now: datetime) -> list[Discrepancy]:
    """Closes discrepancies for good, with how and why; a write-off ends as `written_off`, all else as `resolved`.

    :raises ReasonMissing: without a reason. :raises AlreadyClosed: when any of them is closed; then none is changed.
    :raises NeedsSecondPerson: a write-off above the merchant's limit that nobody approved (`second_signatures.write_off` asks for it).
    """
    if not reason.strip():
        raise ReasonMissing
    state = State.WRITTEN_OFF if resolution in WRITE_OFFS else State.RESOLVED
    with transaction.atomic():
        items = lock(merchant, ids)
        if any(not item.is_open for item in items):
            raise AlreadyClosed
        if state == State.WRITTEN_OFF:
            check_signed(merchant, items)
        kept = {"resolution": str(resolution)}
        for item in items:
            item.state, item.resolution, item.reason, item.closed_at, item.closed_by = state, resolution, reason.strip(), now, by
            item.save(update_fields=["state", "resolution", "reason", "closed_at", "closed_by"])
        record_many(
            _event(item, state, by, now, reason.strip(), **kept, difference=item.difference_minor, currency=item.currency) for item in items
        )
    return items


def reopen(*, merchant: Merchant, ids: Iterable[int], by: User, now: datetime, reason: str = "") -> list[Discrepancy]:
    """Undo: what a person closed is open again. What cleared by itself cannot be undone, since the facts agree.

    :raises NotClosed: when any of them was not closed by a person; then none is changed.
    :raises NotASigner: what a second person approved is opened by who may approve; then none is changed.
    """
    with transaction.atomic():
        items = lock(merchant, ids)
        if not items or any(item.state not in CLOSED_BY_PERSON for item in items):
            raise NotClosed
        if any(standing(merchant, item.pk) for item in items if item.resolution in SIGNED):
            check_signer(merchant, by)
        events = []
        for item in items:
            was = item.state
            item.state = State.INVESTIGATING if item.owner_id else State.OPEN
            item.resolution, item.reason, item.closed_at, item.closed_by = "", "", None, None
            item.save(update_fields=["state", "resolution", "reason", "closed_at", "closed_by"])
            events.append(_event(item, "reopened", by, now, reason.strip(), was=was))
        record_many(events)
    return items


def comment(*, merchant: Merchant, discrepancy: Discrepancy, text: str, by: User, now: datetime) -> DiscrepancyComment:
    """Adds to the discussion. :raises ReasonMissing: when there is nothing to say."""
    if not text.strip():
        raise ReasonMissing
    return DiscrepancyComment.objects.create(merchant=merchant, discrepancy=discrepancy, written_at=now, written_by=by, text=text.strip())
