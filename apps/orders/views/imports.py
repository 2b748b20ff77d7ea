"""Bring the books in: upload, look at what would happen, confirm, see what happened."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.models import Job
from apps.core.ui import wants_partial
from apps.merchants.access import needs
from apps.orders.enums import BookJob
from apps.orders.errors import reason
from apps.orders.exports import FORMATS, empty_book, rejected_rows
from apps.orders.forms.lists import BooksForm
from apps.orders.ingest.workbook import as_csv
from apps.orders.selectors.lists import book_imports_of
from apps.orders.services.uploads import confirm_upload, rejected_of, take_upload


@needs("import_files")
def books(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The upload, and the files that came in before."""
    form = BooksForm(request.POST or None, request.FILES or None, initial={"kind": "payments"})
    if request.method == "POST" and form.is_valid():
        file, kind = form.cleaned_data["file"], form.cleaned_data["kind"]
        job = take_upload(merchant=request.merchant, kind=kind, name=file.name, data=file.read(), by=request.user, now=clock.now())
        return redirect("orders:import_job", merchant_slug, job.pk)
    context = {"form": form, "imports": book_imports_of(request.merchant)}
    return render(request, "orders/import.html", context, status=422 if form.errors else 200)


@require_safe
@needs("import_files")
def import_job(request: HttpRequest, merchant_slug: str, job_id: int) -> HttpResponse:
    """One upload: its progress, then what would happen (a check) or what happened (an import)."""
    job = _job(request, job_id)
    result = job.result
    context = {
        "job": job,
        "result": result,
        "is_check": job.kind == BookJob.CHECK,
        "rows_to_write": result.get("rows_new", 0) + result.get("rows_changed", 0),
        "faults": [(row_no, column, value, reason(code, value)) for row_no, column, code, value in result.get("faults", [])],
    }
    return render(request, "orders/_import_progress.html" if wants_partial(request) else "orders/import_job.html", context)


@require_POST
@needs("edit_books")
def confirm(request: HttpRequest, merchant_slug: str, job_id: int) -> HttpResponse:
    """Writes a checked file; `keep_good=1` leaves its rejected rows out."""
    check = get_object_or_404(Job.objects.for_merchant(request.merchant), pk=job_id, kind=BookJob.CHECK, state="done")
    keep_good = request.POST.get("keep_good") == "1"
    job = confirm_upload(merchant=request.merchant, check=check, keep_good=keep_good, by=request.user, now=clock.now())
    return redirect("orders:import_job", merchant_slug, job.pk)


@require_safe
@needs("import_files")
def rejected(request: HttpRequest, merchant_slug: str, job_id: int) -> HttpResponse:
    """The rejected rows with their reasons; `?export=csv|xlsx`."""
    job = _job(request, job_id)
    found = rejected_of(job)
    if found is None:
        raise Http404
    data, faults = found
    extension = _extension(request)
    book = as_csv(job.payload["name"], data)
    return _download(f"rejected_{job.payload['kind']}", rejected_rows(job.payload["kind"], book, faults, extension), extension)


@require_safe
@needs("import_files")
def template(request: HttpRequest, merchant_slug: str, kind: str) -> HttpResponse:
    """An empty file with the right columns; `?export=csv|xlsx`."""
    if kind not in ("payments", "refunds"):
        raise Http404
    return _download(kind, empty_book(kind, _extension(request)), _extension(request))


def _job(request: HttpRequest, job_id: int) -> Job:
    return get_object_or_404(Job.objects.for_merchant(request.merchant), pk=job_id, kind__in=BookJob.values)


def _extension(request: HttpRequest) -> str:
    wanted = request.GET.get("export", "csv")
    return wanted if wanted in FORMATS else "csv"


def _download(name: str, content: bytes | str, extension: str) -> HttpResponse:
    if isinstance(content, str):
        content = content.encode("utf-8-sig")
    response = HttpResponse(content, content_type=FORMATS[extension].CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{extension}"'
    return response
