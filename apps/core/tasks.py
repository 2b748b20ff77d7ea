"""Doorbells of the job queue. They carry ids only, may be lost or come twice, and never fail because of the work itself."""

from celery import shared_task

from apps.core.jobs import runner, sweep


@shared_task(name="core.run_job", max_retries=0)
def run_job(*, job_id: int) -> None:
    """Runs a job if it is still to be run. No time limit here: the job's own lease and limit hold in every kind of worker pool."""
    runner.run(job_id=job_id)


@shared_task(name="core.ring_due_jobs", max_retries=0)
def ring_due_jobs() -> None:
    """Every 20 seconds by the schedule."""
    sweep.ring_due()
