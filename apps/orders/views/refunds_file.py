"""Many requests by one file: upload, look at every row, confirm, see what happened."""

import csv
import io

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock, files
from apps.core.models import Job, JobState
from apps.core.ui import wants_partial
from apps.merchants.access import needs
from apps.orders.enums import ReasonCode, RefundJob
from apps.orders.errors import reason
from apps.orders.forms.refunds import RequestFileForm
from apps.orders.ingest.refund_requests import REQUEST_COLUMNS, AskedRow, read_requests
from apps.orders.ingest.workbook import as_csv
from apps.orders.services.refunds.bulk import confirm_requests, take_requests

SHOWN_ROWS = 200


@needs("request_refund")
def upload(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The file; nothing is asked for before its rows were seen."""
    form = RequestFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        job = take_requests(merchant=request.merchant, name=file.name, data=file.read(), by=request.user, now=clock.now())
        return redirect("orders:refund_file", merchant_slug, job.pk)
    context = {"form": form, "columns": ", ".join(REQUEST_COLUMNS), "reasons": ReasonCode.choices}
    return render(request, "orders/refund_upload.html", context, status=422 if form.errors else 200)


@require_safe
@needs("request_refund")
def preview(request: HttpRequest, merchant_slug: str, job_id: int) -> HttpResponse:
    """Its progress, then every row with what would be asked (a check) or how many were asked for (the writing)."""
    job = _job(request, job_id)
    is_check, result = job.kind == RefundJob.CHECK_REQUESTS, job.result
    good = _good_rows(job, result) if is_check and job.state == JobState.DONE else []
    context = {
        "job": job,
        "result": result,
        "is_check": is_check,
        "good": good[:SHOWN_ROWS],
        "good_count": len(good),
        "reasons": {value: str(label) for value, label in ReasonCode.choices},
        "faults": [(row_no, column, value, reason(code, value)) for row_no, column, code, value in result.get("faults", [])],
    }
    return render(request, "orders/_refund_file_progress.html" if wants_partial(request) else "orders/refund_file.html", context)


def _good_rows(job: Job, result: dict) -> list[AskedRow]:
    """The rows as the file states them, those with a fault left out."""
    bad = {row_no for row_no, *_rest in result.get("faults", [])}
    rows, _faults, _count = read_requests(as_csv(job.payload["name"], files.read(job.payload["sha256"])))
    return [row for row in rows if row.row_no not in bad]


@require_POST
@needs("request_refund")
def confirm(request: HttpRequest, merchant_slug: str, job_id: int) -> HttpResponse:
    """Asks for the rows of a checked file; `keep_good=1` leaves its rejected rows out."""
    check = get_object_or_404(Job.objects.for_merchant(request.merchant), pk=job_id, kind=RefundJob.CHECK_REQUESTS, state=JobState.DONE)
    keep_good = request.POST.get("keep_good") == "1"
    job = confirm_requests(merchant=request.merchant, check=check, keep_good=keep_good, by=request.user, now=clock.now())
    return redirect("orders:refund_file", merchant_slug, job.pk)


@require_safe
@needs("request_refund")
def columns(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """An empty file with the right columns."""
    out = io.StringIO()
    csv.writer(out).writerow(REQUEST_COLUMNS)
    answer = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="refund_requests.csv"'
    return answer


def _job(request: HttpRequest, job_id: int) -> Job:
    kinds = [RefundJob.CHECK_REQUESTS, RefundJob.REQUEST]
    return get_object_or_404(Job.objects.for_merchant(request.merchant), pk=job_id, kind__in=kinds)
