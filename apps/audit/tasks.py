"""The bell that rings for checkpoints."""

from celery import shared_task

from apps.audit.checkpoints import make_checkpoints
from apps.core import clock


@shared_task(name="audit.checkpoints", max_retries=0)
def checkpoints() -> None:
    """Every hour by the schedule; each chain is signed at most once a day."""
    make_checkpoints(now=clock.now())
