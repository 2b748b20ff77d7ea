"""The one way to write history."""

from collections.abc import Iterable
from datetime import datetime

from apps.audit import origin
from apps.audit.chain import content_hash, plain
from apps.audit.models import AuditEvent

SYSTEM = "Hezhang"
BATCH = 500


def event(
    *,
    merchant_id: int | None,
    action: str,
    subject=None,
    by,
    now: datetime,
    reason: str = "",
    before: dict | None = None,
    after: dict | None = None,
    subject_type: str = "",
    subject_id: str = "",
    subject_label: str = "",
) -> AuditEvent:
    """An event that is not saved yet, with its content hashed; for `record_many`.

    `by` is a user or None for the system; `subject` any saved row, in place of which its kind, key and words may be given.
    """
    if subject is not None:
        subject_type, subject_id, subject_label = subject._meta.model_name, str(subject.pk), str(subject)
    place = origin.present()
    content = {
        "merchant_id": merchant_id,
        "happened_at": now,
        "actor_id": str(by.pk) if by else "",
        "actor_label": str(by) if by else SYSTEM,
        "action": str(action),
        "subject_type": subject_type,
        "subject_id": subject_id,
        "subject_label": subject_label[:200],
        "reason": str(reason),
        "before": plain(before or {}),
        "after": plain(after or {}),
        "ip": place.ip,
        "user_agent": place.user_agent,
    }
    return AuditEvent(**content, content_hash=content_hash(content))


def record(
    *,
    merchant_id: int | None,
    action: str,
    subject,
    by,
    now: datetime,
    reason: str = "",
    before: dict | None = None,
    after: dict | None = None,
) -> AuditEvent:
    """Appends one event in the caller's transaction: one statement. `by` is a user or None for the system; `subject` any saved row."""
    one = event(merchant_id=merchant_id, action=action, subject=subject, by=by, now=now, reason=reason, before=before, after=after)
    one.save(force_insert=True)
    return one


def record_many(events: Iterable[AuditEvent]) -> None:
    """Appends what `event` made, in that order, by few statements."""
    AuditEvent.objects.bulk_create(events, batch_size=BATCH)
