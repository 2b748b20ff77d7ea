"""Stopping a merchant's background work, on the record."""

from datetime import datetime

from django.db import transaction

from apps.audit.services import record
from apps.core.jobs.services import cancel_job
from apps.core.models import Job
from apps.merchants.models import Merchant, User


@transaction.atomic
def stop_job(*, merchant: Merchant, job_id: int, by: User, now: datetime) -> Job:
    """Cancels a job of this merchant.

    :raises JobHasEnded: nothing changed.
    :raises Job.DoesNotExist: for a job of another merchant.
    """
    job = cancel_job(job_id=job_id, merchant_id=merchant.pk, now=now)
    record(merchant_id=merchant.pk, action="job.cancelled", subject=job, by=by, now=now)
    return job
