"""Finds what the broker forgot: jobs nobody took, and jobs whose worker died."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import translation

from apps.core import clock
from apps.core.jobs.bell import ring
from apps.core.jobs.registry import kind_of
from apps.core.jobs.runner import MAX_ATTEMPTS, broken_sentence, reader_language
from apps.core.models import OPEN_JOB_STATES, Job, JobState

# The pause between two rings for a job that waits in a long queue, so that the broker does not fill with copies.
RING_AGAIN = timedelta(seconds=60)


def ring_due(*, now: datetime | None = None, limit: int = 100) -> list[int]:
    """Rings again for what is due and gives up on what died too often. Returns the ids rung for, oldest first."""
    now = now or clock.now()
    due = list(Job.objects.filter(Q(lease_until__lt=now) | Q(lease_until=None), state__in=OPEN_JOB_STATES).order_by("pk")[:limit])
    spent = [job for job in due if job.attempts >= MAX_ATTEMPTS]
    for job in spent:
        _give_up(job, now=now)
    rung = [job for job in due if job.attempts < MAX_ATTEMPTS]
    # Only the waiting ones: moving the lease of a running job would hide it from the worker that is to take it over.
    Job.objects.filter(pk__in=[job.pk for job in rung], state=JobState.QUEUED).update(lease_until=now + RING_AGAIN)
    for job in rung:
        ring(job_id=job.pk, queue=kind_of(job.kind).queue)
    return [job.pk for job in rung]


def _give_up(job: Job, *, now: datetime) -> None:
    with translation.override(reader_language(job)):
        sentence = broken_sentence(job)
    Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts, lease_until=job.lease_until).update(
        state=JobState.FAILED, error=sentence, finished_at=now, lease_until=None
    )
