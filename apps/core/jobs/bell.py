"""Rings the broker for a job. A ring that gets lost is repeated by the sweep, so it may fail without harm."""

import logging

from celery import current_app
from kombu.exceptions import KombuError

logger = logging.getLogger(__name__)


def ring(*, job_id: int, queue: str) -> None:
    """Sends the message now, once; a broker that is away is logged, not raised."""
    try:
        # By name: services may ring, but they do not import tasks.
        current_app.send_task("core.run_job", kwargs={"job_id": job_id}, queue=queue, retry=False)
    except (KombuError, OSError) as error:
        logger.warning("job.ring_failed job=%s reason=%s", job_id, type(error).__name__)
