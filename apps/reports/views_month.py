"""Reports: the list of months, one month with its check list and certificate, its files."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock, files
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.merchants.access import needs
from apps.reports.errors import ReportError
from apps.reports.figures.months import Month
from apps.reports.forms import ReturnForm
from apps.reports.models import CloseState
from apps.reports.month.page_context import page_context
from apps.reports.selectors import MONTH_JOB, figures_for_page, months_of
from apps.reports.services.closing import check_can_approve, check_can_prepare, close_of, return_to_draft
from apps.reports.services.report_files import file_name

TYPES = {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def month_of(text: str) -> Month:
    """:raises Http404: for what is no month."""
    try:
        return Month.parse(text)
    except ValueError as error:
        raise Http404 from error


@require_safe
@needs("view_money")
def months(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Every month since the first fact."""
    today = clock.local_date(clock.now(), request.merchant.timezone)
    return render(request, "reports/months.html", {"rows": months_of(request.merchant, today)})


@require_safe
@needs("view_money")
def month(request: HttpRequest, merchant_slug: str, month: str) -> HttpResponse:
    """One month. The figures are live until it is prepared, and frozen from then on."""
    wanted = month_of(month)
    context = page_context(request.membership, wanted, clock.now())
    return render(request, "reports/month.html", {**context, "return_form": ReturnForm()})


def _start(request: HttpRequest, wanted: Month, action: str) -> HttpResponse:
    """Puts the work in the queue; pressing twice is pressing once."""
    payload = {"month": str(wanted), "action": action}
    enqueue(kind=MONTH_JOB, merchant_id=request.merchant.pk, payload=payload, by=request.user, dedupe_key=f"{wanted}:{action}")
    return redirect("reports:month", request.merchant.slug, str(wanted))


def _refuse(request: HttpRequest, wanted: Month, error: ReportError) -> HttpResponse:
    messages.error(request, str(error))
    return redirect("reports:month", request.merchant.slug, str(wanted))


@require_POST
@needs("download_reports")
def draft(request: HttpRequest, merchant_slug: str, month: str) -> HttpResponse:
    """Both files as they are now; possible any time until the month is prepared."""
    return _start(request, month_of(month), "draft")


@require_POST
@needs("prepare_close")
def prepare(request: HttpRequest, merchant_slug: str, month: str) -> HttpResponse:
    """Says at once what stands in the way, where that is known now; the job counts and checks again."""
    wanted = month_of(month)
    shown = figures_for_page(request.merchant, wanted, close_of(request.merchant, wanted))
    try:
        if shown.counted_at is None:
            check_can_prepare(merchant=request.merchant, month=wanted, figures=shown.figures, now=clock.now())
    except ReportError as error:
        return _refuse(request, wanted, error)
    return _start(request, wanted, "prepare")


@require_POST
@needs("approve_close")
def approve(request: HttpRequest, merchant_slug: str, month: str) -> HttpResponse:
    wanted = month_of(month)
    try:
        check_can_approve(merchant=request.merchant, month=wanted, by=request.user)
    except ReportError as error:
        return _refuse(request, wanted, error)
    return _start(request, wanted, "approve")


@require_POST
@needs("approve_close")
def return_month(request: HttpRequest, merchant_slug: str, month: str) -> HttpResponse:
    """Back to draft, with a reason."""
    wanted, form = month_of(month), ReturnForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write down why the month goes back."))
        return redirect("reports:month", merchant_slug, str(wanted))
    try:
        return_to_draft(merchant=request.merchant, month=wanted, by=request.user, now=clock.now(), **form.cleaned_data)
    except ReportError as error:
        return _refuse(request, wanted, error)
    return redirect("reports:month", merchant_slug, str(wanted))


@require_safe
@needs("view_money")
def job(request: HttpRequest, merchant_slug: str, month: str, pk: int) -> HttpResponse:
    """The progress of a job on this month, as the part that asks for itself until it ends."""
    found = get_object_or_404(Job.objects.for_merchant(request.merchant), pk=pk, kind=MONTH_JOB, payload__month=str(month_of(month)))
    return render(request, "reports/_month_job.html", {"job": found, "month": month_of(month)})


@require_safe
@needs("download_reports")
def download(request: HttpRequest, merchant_slug: str, month: str, suffix: str) -> HttpResponse:
    """The newest PDF or Excel report of the month."""
    wanted = month_of(month)
    close = close_of(request.merchant, wanted)
    sha256 = {"pdf": close.pdf_path, "xlsx": close.xlsx_path}.get(suffix) if close else None
    if not sha256:
        raise Http404
    response = HttpResponse(files.read(sha256), content_type=TYPES[suffix])
    name = file_name(request.merchant, wanted, suffix, is_draft=close.state != CloseState.APPROVED)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-SHA256"] = sha256
    return response
