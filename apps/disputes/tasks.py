"""Jobs of this app, and what the clock rings for."""

from datetime import timedelta

from celery import shared_task

from apps.core import clock
from apps.core.jobs.registry import job
from apps.core.jobs.services import enqueue
from apps.disputes.enums import DisputeJob, RiskJob
from apps.disputes.selectors.risk.due import merchants_to_look
from apps.disputes.services.bundle import make_bundle
from apps.disputes.services.reminders import remind
from apps.disputes.services.risk.looking import look
from apps.disputes.services.risk.ruling import run_dry
from apps.disputes.services.risk.telling import tell_due
from apps.merchants.models import Merchant


@job(DisputeJob.BUNDLE, queue="reports", limit=timedelta(minutes=10))
def bundle(job, progress) -> dict:
    """payload: dispute_id, language. The result names the file by its hash."""
    made = make_bundle(
        merchant=Merchant.objects.get(pk=job.merchant_id),
        dispute_id=job.payload["dispute_id"],
        language=job.payload["language"],
        by=job.requested_by,
        now=clock.now(),
        progress=progress,
    )
    return {"bundle_id": made.pk, "pdf": made.sha256, "pages": made.pages}


@shared_task(name="disputes.remind", max_retries=0)
def remind_of_disputes() -> None:
    """Every ten minutes by the schedule: reminders of deadlines, each once."""
    remind(now=clock.now())


@job(RiskJob.LOOK, queue="reports", limit=timedelta(minutes=10))
def look_for_risk(job, progress) -> dict:
    """Every rule of the merchant that is on; then people are told of what is due."""
    merchant = Merchant.objects.get(pk=job.merchant_id)
    counts = look(merchant=merchant, now=clock.now(), progress=progress)
    return {**counts, "told": tell_due(merchant=merchant, now=clock.now())}


@job(RiskJob.DRY_RUN, queue="reports", limit=timedelta(minutes=5))
def dry_run(job, progress) -> dict:
    """payload: dry_run, its key."""
    merchant = Merchant.objects.get(pk=job.merchant_id)
    tried = run_dry(merchant=merchant, dry_run_id=job.payload["dry_run"], now=clock.now(), progress=progress)
    return {"found": tried.found, "alerts": tried.alerts, "money": tried.money}


@shared_task(name="disputes.watch_risk", max_retries=0)
def watch_risk() -> None:
    """Every minute by the schedule: rings where books or statements came in since the last look, where it is an hour ago, and where the
    quiet hours of an alert have ended."""
    for merchant_id in merchants_to_look(clock.now()):
        enqueue(kind=RiskJob.LOOK, merchant_id=merchant_id, dedupe_key="look")
