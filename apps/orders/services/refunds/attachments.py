"""Files that come with a request: photos, return slips, chats."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from apps.audit.services import record
from apps.core import files
from apps.merchants.models import Merchant, User
from apps.orders.enums import RefundState
from apps.orders.errors import AlreadyDecided, AttachmentRefused
from apps.orders.ingest.attachments import MOST, examine
from apps.orders.models import Refund, RefundAttachment
from apps.orders.services.refunds.trail import lock_refund, role_with


def add_attachment(*, merchant: Merchant, refund_id: int, name: str, data: bytes, by: User, now: datetime) -> RefundAttachment:
    """Adds a file to a request that is not decided yet. The same bytes again return the row that is there.

    :raises Refund.DoesNotExist, NotAllowed, AlreadyDecided, AttachmentRefused: nothing was kept.
    """
    role_with(merchant, by, "request_refund", "approve_refund")
    with transaction.atomic():
        _payment, refund = lock_refund(merchant, refund_id)
        if refund.state != RefundState.REQUESTED or not hasattr(refund, "request"):
            raise AlreadyDecided(refund.state, refund.get_state_display())
        return attach(refund, [(name, data)], by=by, now=now)[0]


def attach(refund: Refund, attachments: Iterable[tuple[str, bytes]], *, by: User, now: datetime) -> list[RefundAttachment]:
    """Inside the caller's transaction. All are looked at before any is kept. :raises AttachmentRefused: nothing was kept."""
    good = [examine(name, data) for name, data in attachments]
    if not good:
        return []
    known = {row.sha256: row for row in RefundAttachment.objects.for_merchant(refund.merchant_id).filter(refund=refund)}
    kept = []
    for one in good:
        sha256 = files.store(one.data)
        if sha256 not in known:
            known[sha256] = RefundAttachment.objects.create(
                merchant_id=refund.merchant_id,
                refund=refund,
                name=one.name,
                content_type=one.content_type,
                size=len(one.data),
                sha256=sha256,
                added_by=by,
                added_at=now,
            )
            after = {"name": one.name, "size": len(one.data), "sha256": sha256}
            record(merchant_id=refund.merchant_id, action="refund.attached", subject=refund, by=by, now=now, after=after)
        kept.append(known[sha256])
    if len(known) > MOST:
        raise AttachmentRefused("too_many", limit=MOST)
    return kept
