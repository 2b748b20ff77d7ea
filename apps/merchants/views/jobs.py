"""Background work of a merchant: the ring in the top bar, the list behind it, and cancelling."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.jobs.errors import JobHasEnded
from apps.core.paging import keyset_page
from apps.merchants.access import has_right, needs
from apps.merchants.selectors import jobs_of, running_jobs_of
from apps.merchants.services.jobs import stop_job


@require_safe
@needs("view_money")
def ring(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """How far the running work is; asks again by itself, seldom while nothing runs."""
    running = running_jobs_of(request.merchant)
    percent = sum(job.percent for job in running) // len(running) if running else 0
    return render(request, "merchants/_ring.html", {"running": running, "percent": percent})


@require_safe
@needs("view_money")
def jobs(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    page = keyset_page(jobs_of(request.merchant), request.GET, fields=("pk",), size=30)
    context = {"page": page, "can_cancel": has_right(request.membership, "import_files")}
    return render(request, "merchants/jobs.html", context)


@require_POST
@needs("import_files")
def cancel(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    get_object_or_404(jobs_of(request.merchant), pk=pk)
    try:
        stop_job(merchant=request.merchant, job_id=pk, by=request.user, now=clock.now())
        messages.success(request, _("The job is cancelled. What it had not finished was not kept."))
    except JobHasEnded as error:
        messages.error(request, error.message)
    return redirect("merchants:jobs", merchant_slug)
