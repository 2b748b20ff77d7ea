"""Claim sheets: what a provider took too much, and the files that ask for it back."""

from datetime import date, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock, files
from apps.core.models import OPEN_JOB_STATES, Job
from apps.merchants.access import has_right, needs
from apps.reports.errors import ReportError
from apps.reports.figures.claims import claim_of, claims_by_channel
from apps.reports.forms import ClaimForm
from apps.reports.models import ClaimSheet
from apps.reports.services.claims import CLAIM_JOB, ask_for_claim, mark_claimed

TYPES = {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
SHOWN = 100  # rows on the page; the files have all
KEPT = 24


@require_safe
@needs("view_money")
def claims(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """What can be claimed from each channel in a period (last month unless asked), the rows of one of them, and the sheets made so far."""
    first, last = _period(request)
    form = ClaimForm(request.GET or None, merchant=request.merchant, initial={"first": first, "last": last})
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else None
    channel = chosen and chosen["channel"]
    context = {
        "form": form,
        "first": chosen["first"] if chosen else first,
        "last": chosen["last"] if chosen else last,
        "channel": channel,
        "claim": claim_of(channel, chosen["first"], chosen["last"], most=SHOWN) if channel else None,
        "shown": SHOWN,
        "job": Job.objects.for_merchant(request.merchant).filter(kind=CLAIM_JOB, state__in=OPEN_JOB_STATES).order_by("-pk").first(),
        "sheets": ClaimSheet.objects.for_merchant(request.merchant)
        .select_related("channel", "made_by", "claimed_by")
        .order_by("-pk")[:KEPT],
        "can_make": has_right(request.membership, "download_reports"),
        "can_mark": has_right(request.membership, "resolve"),
    }
    context["by_channel"] = claims_by_channel(request.merchant, context["first"], context["last"])
    return render(request, "reports/claims.html", context)


def _period(request: HttpRequest) -> tuple[date, date]:
    """The month before this one, in the merchant's zone."""
    last = clock.local_date(clock.now(), request.merchant.timezone).replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


@require_POST
@needs("download_reports")
def make(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Asks for the PDF and the Excel file."""
    form = ClaimForm(request.POST, merchant=request.merchant)
    if not form.is_valid():
        messages.error(request, _("Choose a channel and a period."))
        return redirect("reports:claims", merchant_slug)
    asked = form.cleaned_data
    try:
        ask_for_claim(**asked, language=get_language() or request.user.language, by=request.user, now=clock.now())
    except ReportError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The claim sheet is being made."))
    query = urlencode({"channel": asked["channel"].code, "first": asked["first"], "last": asked["last"]})
    return redirect(f"{reverse('reports:claims', args=[merchant_slug])}?{query}")


@require_safe
@needs("view_money")
def job(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """How far a sheet is."""
    found = get_object_or_404(Job.objects.for_merchant(request.merchant), pk=pk, kind=CLAIM_JOB)
    return render(request, "reports/_claim_job.html", {"job": found})


@require_POST
@needs("resolve")
def mark_sent(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """The sheet went out: what it lists is resolved as claimed."""
    sheet = get_object_or_404(ClaimSheet.objects.for_merchant(request.merchant), pk=pk)
    try:
        count = mark_claimed(merchant=request.merchant, sheet_id=sheet.pk, by=request.user, now=clock.now())
    except ReportError as error:
        messages.error(request, str(error))
    else:
        text = ngettext("%(n)s difference is resolved as claimed.", "%(n)s differences are resolved as claimed.", count)
        messages.success(request, text % {"n": count})
    return redirect("reports:claims", merchant_slug)


@require_safe
@needs("download_reports")
def download(request: HttpRequest, merchant_slug: str, pk: int, suffix: str) -> HttpResponse:
    """One of the two files as it was made."""
    sheet = get_object_or_404(ClaimSheet.objects.for_merchant(request.merchant).select_related("channel"), pk=pk)
    if suffix not in TYPES:
        raise Http404
    response = HttpResponse(files.read(sheet.pdf_path if suffix == "pdf" else sheet.xlsx_path), content_type=TYPES[suffix])
    name = f"{request.merchant.slug}-claim-{sheet.channel.code}-{sheet.first_day:%Y%m%d}-{sheet.last_day:%Y%m%d}.{suffix}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
