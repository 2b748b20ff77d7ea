"""Letters as jobs: a mail server that is slow or away keeps nobody waiting."""

from datetime import datetime, timedelta

from apps.core.jobs.registry import job
from apps.merchants.enums import MailKind
from apps.merchants.models import User
from apps.merchants.services.letters import send_security_letter


@job(MailKind.SECURITY, limit=timedelta(minutes=5))
def security_mail(job, progress) -> None:
    """payload: `user_id`, `action` of services.letters.SECURITY_WORDS, `at` (ISO moment)."""
    user = User.objects.filter(pk=job.payload["user_id"], is_active=True).first()
    if user:
        send_security_letter(user=user, action=job.payload["action"], moment=datetime.fromisoformat(job.payload["at"]))
