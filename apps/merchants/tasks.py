"""Letters as jobs: a mail server that is slow or away keeps nobody waiting."""

from datetime import datetime, timedelta

from celery import shared_task

from apps.audit.reading import chain_facts
from apps.audit.signing import trusted_keys
from apps.audit.verifying import verify_chain
from apps.core import clock
from apps.core.jobs.registry import job
from apps.merchants.enums import AUDIT_KIND, MailKind
from apps.merchants.models import Invitation, User
from apps.merchants.models.sessions import SessionStore
from apps.merchants.services.letters import send_invitation_letter, send_password_letter, send_security_letter
from apps.merchants.services.notice_letters import send_notice_letter
from apps.merchants.services.support import end_expired


@job(MailKind.SECURITY, limit=timedelta(minutes=5))
def security_mail(job, progress) -> None:
    """payload: `user_id`, `action` of services.letters.SECURITY_WORDS, `at` (ISO moment)."""
    user = User.objects.filter(pk=job.payload["user_id"], is_active=True).first()
    if user:
        send_security_letter(user=user, action=job.payload["action"], moment=datetime.fromisoformat(job.payload["at"]))


@job(MailKind.INVITATION, limit=timedelta(minutes=5))
def invitation_mail(job, progress) -> None:
    """payload: `invitation_id`, `nonce`. Nothing is sent for one that was taken back, accepted or sent anew since."""
    found = Invitation.objects.select_related("merchant", "invited_by").filter(pk=job.payload["invitation_id"], nonce=job.payload["nonce"])
    invitation = found.filter(accepted_at=None, revoked_at=None).first()
    if invitation:
        send_invitation_letter(invitation=invitation)


@job(MailKind.PASSWORD, limit=timedelta(minutes=5))
def password_mail(job, progress) -> None:
    """payload: `user_id`. The link is made here, so that it stands in no row."""
    user = User.objects.filter(pk=job.payload["user_id"], is_active=True).first()
    if user:
        send_password_letter(user=user)


@job(MailKind.NOTICES, limit=timedelta(minutes=30))
def notice_mail(job, progress) -> dict:
    """payload: `notifications`, keys of inbox rows. A letter that was sent is not sent again when the job is."""
    keys = job.payload["notifications"]
    sent = 0
    for place, key in enumerate(keys):
        progress(place * 100 // len(keys))
        sent += send_notice_letter(notification_id=key, now=clock.now())
    return {"sent": sent}


@shared_task(name="merchants.end_support", max_retries=0)
def end_support() -> None:
    """Every minute by the schedule: writes down which looks of platform support time has ended."""
    end_expired(now=clock.now())


@job(AUDIT_KIND, limit=timedelta(hours=2))
def verify_audit(job, progress) -> dict:
    """Walks the merchant's chain; the result says how many events hold, or names the first that does not."""
    report = verify_chain(chain_facts(job.merchant_id), trusted_keys())
    breaks = [str(one) for one in report.breaks]
    return {"events": report.events, "checkpoints": report.checkpoints, "last_hash": report.last_hash, "breaks": breaks}


@shared_task(name="merchants.forget_sessions", max_retries=0)
def forget_sessions() -> None:
    """Once a day by the schedule: rows of sessions that have run out."""
    SessionStore.clear_expired()
