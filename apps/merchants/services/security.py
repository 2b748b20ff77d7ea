"""What happens to a person's access is told to every merchant they are in, and to themselves by e-mail."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.audit.services import record
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.merchants.enums import MailKind
from apps.merchants.models import Membership, User

PASSWORD_LETTERS = 3  # an hour, to one person


@transaction.atomic
def ask_for_password_letter(*, email: str, now: datetime) -> None:
    """Sends the link that sets a new password to whoever has this e-mail; nothing is said when nobody has it, or after three an hour."""
    user = User.objects.select_for_update().filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        return
    sent = Job.objects.filter(kind=MailKind.PASSWORD, payload={"user_id": user.pk}, created_at__gt=now - timedelta(hours=1)).count()
    if sent < PASSWORD_LETTERS:
        enqueue(kind=MailKind.PASSWORD, merchant_id=None, payload={"user_id": user.pk}, now=now)
        note_for_person(user=user, action="password.link_sent", by=None, now=now)


@transaction.atomic
def note_for_person(
    *,
    user: User,
    action: str,
    by: User | None,
    now: datetime,
    reason: str = "",
    before: dict | None = None,
    after: dict | None = None,
    tell: bool = False,
) -> None:
    """Records the event in each merchant that the person is in (on the platform's own trail for those in none); `tell` mails them too.

    Both are written or neither, inside the caller's transaction where there is one.
    """
    rows = Membership.objects.filter(user=user, deactivated_at=None).order_by("merchant_id")
    merchants = list(rows.values_list("merchant_id", flat=True))
    for merchant_id in merchants or [None]:
        record(
            merchant_id=merchant_id,
            action=action,
            subject=user,
            by=by,
            now=now,
            reason=reason,
            before=before or {},
            after=after or {},
        )
    if tell:
        enqueue(kind=MailKind.SECURITY, merchant_id=None, payload={"user_id": user.pk, "action": action, "at": now.isoformat()}, now=now)
