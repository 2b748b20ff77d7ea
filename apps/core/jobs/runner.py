"""Runs one job: claim by a guarded update, work under a lease that a heartbeat renews, and one guarded last word.

An attempt is known by (job, attempts). Whoever finds that pair changed has lost the job and writes nothing more to it.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.jobs.errors import JobStopped
from apps.core.jobs.progress import LEASE, Progress
from apps.core.jobs.registry import kind_of
from apps.core.models import Job, JobState

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=20)  # times the attempt


def claim(*, job_id: int, now: datetime) -> Job | None:
    """Takes a job that waits, or whose lease ran out. None when another worker has it, it ended, or it had its attempts."""
    due = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lt=now)
    taken = Job.objects.filter(due, pk=job_id, attempts__lt=MAX_ATTEMPTS).update(
        state=JobState.RUNNING,
        attempts=F("attempts") + 1,
        lease_until=now + LEASE,
        started_at=Coalesce(F("started_at"), now),
        percent=0,
        step="",
    )
    # Nobody else can have changed it since: the lease is fresh.
    return Job.objects.select_related("requested_by").get(pk=job_id) if taken else None


def run(*, job_id: int) -> Job | None:
    """Claims and runs one job to its end, to a retry or to a stop.

    Returns its row as it then stands, or None when it was not ours to claim.
    """
    job = claim(job_id=job_id, now=clock.now())
    if job is None:
        return None
    logger.info("job.started job=%s kind=%s attempt=%s", job.pk, job.kind, job.attempts)
    with translation.override(reader_language(job)):
        _work(job)
    job.refresh_from_db()
    logger.info("job.left job=%s kind=%s attempt=%s state=%s", job.pk, job.kind, job.attempts, job.state)
    return job


def reader_language(job: Job) -> str:
    """The language in which this job's steps and errors are written: that of whoever asked for it."""
    return getattr(job.requested_by, "language", "") or settings.LANGUAGE_CODE


def broken_sentence(job: Job) -> str:
    """What a person reads when the fault is ours; the details are in the log under the job's number."""
    return _("Something went wrong on our side. Please start it again; if it fails again, tell support job number %(number)s.") % {
        "number": job.pk
    }


def _work(job: Job) -> None:
    try:
        kind = kind_of(job.kind)
        with Progress(job=job, limit=kind.limit) as progress:
            result = kind.handler(job, progress)
    except JobStopped:
        return
    except HezhangError as error:
        _end(job, state=JobState.FAILED, error=str(error))
    except Exception:
        logger.exception("Unable to finish job=%s kind=%s attempt=%s", job.pk, job.kind, job.attempts)
        _retry_or_fail(job)
    else:
        _end(job, state=JobState.DONE, percent=100, step="", result=result or {})


def _end(job: Job, **values) -> None:
    _mine(job).update(finished_at=clock.now(), lease_until=None, **values)


def _retry_or_fail(job: Job) -> None:
    """A retry stays `running` under a lease that runs out soon: the sweep then finds it like the job of a dead worker."""
    if job.attempts >= MAX_ATTEMPTS:
        _end(job, state=JobState.FAILED, error=broken_sentence(job))
        return
    _mine(job).update(lease_until=clock.now() + RETRY_AFTER * job.attempts, step=_("waiting to try again"))


def _mine(job: Job):
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts)
