"""Jobs of this app."""

from apps.core import clock
from apps.core.jobs.registry import job
from apps.merchants.models import Merchant
from apps.reports.figures.months import Month
from apps.reports.selectors import MONTH_JOB
from apps.reports.services.month_work import work_on_month
from apps.reports.services.rollup import ROLLUP_JOB, fresh_rollup


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
    """The daily figures of a merchant, made anew where facts are newer. The result names the facts they were made from."""
    return {"facts": fresh_rollup(merchant=Merchant.objects.get(pk=job.merchant_id), now=clock.now()).facts}
