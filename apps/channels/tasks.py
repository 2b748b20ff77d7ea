"""What the clock does about channels."""

from celery import shared_task

from apps.channels.services.expiry import remind_of_certificates
from apps.channels.services.health import watch_channels
from apps.channels.services.paper_reminders import remind_of_papers
from apps.channels.services.stopping import watch_approvals
from apps.core import clock


@shared_task(name="channels.watch", max_retries=0)
def watch() -> None:
    """Every five minutes by the schedule: calls are counted into hours, and a channel that does worse than it used to is told of."""
    watch_channels(now=clock.now())


@shared_task(name="channels.watch_papers", max_retries=0)
def watch_papers() -> None:
    """Every five minutes by the schedule: a channel that takes no new payments because its papers do not hold is told of."""
    watch_approvals(now=clock.now())


@shared_task(name="channels.remind", max_retries=0)
def remind() -> None:
    """Every six hours by the schedule: papers and certificates that end soon or have ended."""
    now = clock.now()
    remind_of_papers(now=now)
    remind_of_certificates(now=now)
