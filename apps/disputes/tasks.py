"""Jobs of this app, and what the clock rings for."""

from datetime import timedelta

from apps.core import clock
from apps.core.jobs.registry import job
from apps.disputes.enums import DisputeJob
from apps.disputes.services.bundle import make_bundle
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
