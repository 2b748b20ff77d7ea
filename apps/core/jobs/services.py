"""Jobs come in here, and leave early here when somebody cancels."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction

from apps.core import clock
from apps.core.jobs.bell import ring
from apps.core.jobs.errors import JobHasEnded
from apps.core.jobs.registry import kind_of
from apps.core.jobs.sweep import RING_AGAIN
from apps.core.models import OPEN_JOB_STATES, Job, JobState


def enqueue(
    *, kind: str, merchant_id: int | None, payload: dict[str, Any] | None = None, by=None, dedupe_key: str = "", now: datetime | None = None
) -> Job:
    """Writes the job's row and rings for it once the surrounding transaction is committed.

    With a `dedupe_key`, a job of this kind, merchant and key that still waits is returned instead of a second one. One that
    already runs does not count: it may have looked before the caller's change. Platform jobs (no merchant) are never merged.

    :raises UnknownKind: when nobody handles this kind.
    """
    queue = kind_of(kind).queue
    now = now or clock.now()
    job = Job(kind=kind, merchant_id=merchant_id, payload=payload or {}, dedupe_key=dedupe_key, requested_by=by, created_at=now)
    job.lease_until = now + RING_AGAIN  # for a waiting job: when the sweep should ring again
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        waiting = _waiting_twin(job)
        if waiting is None:
            raise
        return waiting
    transaction.on_commit(partial(ring, job_id=job.pk, queue=queue), robust=True)
    return job


def _waiting_twin(job: Job) -> Job | None:
    if not job.dedupe_key:
        return None
    return Job.objects.filter(kind=job.kind, merchant_id=job.merchant_id, dedupe_key=job.dedupe_key, state=JobState.QUEUED).first()


def cancel_job(*, job_id: int, merchant_id: int | None, now: datetime | None = None) -> Job:
    """Ends a waiting job at once; a running one stops at its next progress call. The caller checks the right and audits.

    :raises Job.DoesNotExist: also for another merchant's job.
    :raises JobHasEnded: nothing was left to cancel.
    """
    job = Job.objects.get(pk=job_id, merchant_id=merchant_id)
    ended = Job.objects.filter(pk=job.pk, state__in=OPEN_JOB_STATES).update(
        state=JobState.CANCELLED, finished_at=now or clock.now(), lease_until=None
    )
    if not ended:
        raise JobHasEnded
    job.refresh_from_db()
    return job


def cancel_waiting(*, merchant_id: int, by, now: datetime) -> int:
    """Ends what a person asked for in a merchant and nobody has begun; returns how much it was.

    Any of it can be asked for again, and the schedule does so itself for what must not be lost.
    """
    waiting = Job.objects.filter(merchant_id=merchant_id, requested_by=by, state=JobState.QUEUED)
    return waiting.update(state=JobState.CANCELLED, finished_at=now, lease_until=None)
