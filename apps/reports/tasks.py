"""Jobs of this app."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from celery import shared_task

from apps.channels.models import Channel
from apps.core import clock
from apps.core.jobs.registry import job
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.merchants.models import Merchant
from apps.orders.models import TouchedDay
from apps.reports.figures.months import Month
from apps.reports.selectors import MONTH_JOB
from apps.reports.services.claims import CLAIM_JOB, make_claim
from apps.reports.services.month_work import work_on_month
from apps.reports.services.proving import PROOF_JOB, prove_books
from apps.reports.services.rollup import ROLLUP_JOB, fresh_rollup

PROOF_HOUR = 4  # o'clock in the merchant's zone, after the pass of the night


@job(MONTH_JOB, queue="reports")
def month_report(job, progress):
    """Payload: `month` (2026-10) and `action` (draft, prepare or approve). The result names the files by hash."""
    close = work_on_month(
        action=job.payload["action"],
        merchant=Merchant.objects.get(pk=job.merchant_id),
        month=Month.parse(job.payload["month"]),
        by=job.requested_by,
        language=job.requested_by.language,
        now=clock.now(),
        progress=progress,
    )
    return {"pdf": close.pdf_path, "xlsx": close.xlsx_path}


@job(ROLLUP_JOB, queue="reports")
def rollup(job, progress):
    """The daily figures of a merchant: the days that changed are made anew. The result names the terms they were made by."""
    return {"facts": fresh_rollup(merchant=Merchant.objects.get(pk=job.merchant_id), now=clock.now()).facts}


@shared_task(name="reports.watch_figures", max_retries=0)
def watch_figures() -> None:
    """Every minute by the schedule: rings for each merchant whose days changed, so that figures are made before somebody looks."""
    for merchant_id in TouchedDay.objects.order_by("merchant_id").values_list("merchant_id", flat=True).distinct():
        enqueue(kind=ROLLUP_JOB, merchant_id=merchant_id, dedupe_key="rollup")


@job(PROOF_JOB, queue="reports", limit=timedelta(minutes=30))
def prove_job(job, progress):
    """Every proof of a merchant's books. The result names those that failed."""
    proofs = prove_books(merchant=Merchant.objects.get(pk=job.merchant_id), now=clock.now())
    return {"failed": [proof.code for proof in proofs if not proof.holds]}


@shared_task(name="reports.watch_proofs", max_retries=0)
def watch_proofs() -> None:
    """Every ten minutes by the schedule: rings once a night for each merchant, when its clock shows four."""
    now = clock.now()
    for merchant in Merchant.objects.only("pk", "timezone"):
        local = now.astimezone(ZoneInfo(merchant.timezone))
        night = f"night:{local.date().isoformat()}"
        if local.hour == PROOF_HOUR and not Job.objects.for_merchant(merchant).filter(kind=PROOF_JOB, dedupe_key=night).exists():
            enqueue(kind=PROOF_JOB, merchant_id=merchant.pk, dedupe_key=night)


@job(CLAIM_JOB, queue="reports", limit=timedelta(minutes=15))
def claim_sheet(job, progress):
    """Payload: `channel`, `first` and `last` (business dates), `language`. The result names the sheet."""
    asked = job.payload
    sheet = make_claim(
        channel=Channel.objects.for_merchant(job.merchant_id).select_related("merchant").get(pk=asked["channel"]),
        first=date.fromisoformat(asked["first"]),
        last=date.fromisoformat(asked["last"]),
        language=asked["language"],
        by=job.requested_by,
        now=clock.now(),
        progress=progress,
    )
    return {"claim_id": sheet.pk, "pdf": sheet.pdf_path, "xlsx": sheet.xlsx_path}
