"""The one way to write history."""

from datetime import datetime

from apps.audit.models import AuditEvent


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
    """Appends one event in the caller's transaction. `by` is a user or None for the system; `subject` any saved row."""
    return AuditEvent.objects.create(
        merchant_id=merchant_id,
        happened_at=now,
        actor_id=str(by.pk) if by else "",
        actor_label=str(by) if by else "Hezhang",
        action=action,
        subject_type=subject._meta.model_name,
        subject_id=str(subject.pk),
        subject_label=str(subject)[:200],
        reason=reason,
        before=before or {},
        after=after or {},
    )
