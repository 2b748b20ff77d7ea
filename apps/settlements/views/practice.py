"""The statement of a day of practice: fetched and reconciled, or downloaded."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.channels.models import Channel, FetchState
from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.figures import day_text
from apps.core.jobs.services import enqueue
from apps.merchants.access import needs
from apps.settlements.enums import JobKind
from apps.settlements.services.practice import fetch_practice_day, practice_file


@require_POST
@needs("import_files")
def fetch(request: HttpRequest, merchant_slug: str, code: str, day: str) -> HttpResponse:
    """The statement comes in at once; the reconciliation follows as a job."""
    channel, asked = _channel(request, code), _day(day)
    try:
        fetched = fetch_practice_day(channel=channel, day=asked, by=request.user, now=clock.now())
    except HezhangError as error:
        messages.error(request, error.message)
        return redirect("orders:practice", merchant_slug)
    said = {"channel": channel.label, "day": day_text(asked), "why": fetched.message}
    if fetched.state == FetchState.FETCHED:
        enqueue(kind=JobKind.RECONCILE, merchant_id=request.merchant.pk, dedupe_key="reconcile", by=request.user)
        messages.success(request, _("The practice statement of %(channel)s for %(day)s is in; reconciliation follows now.") % said)
    elif fetched.state == FetchState.EMPTY:
        messages.info(request, _("Nothing happened at %(channel)s on %(day)s.") % said)
    else:
        messages.error(request, _("The practice statement of %(channel)s for %(day)s could not be taken in. %(why)s") % said)
    return redirect("orders:practice", merchant_slug)


@require_safe
@needs("view_money")
def download(request: HttpRequest, merchant_slug: str, code: str, day: str) -> HttpResponse:
    """The same file, for looking at and for bringing in by hand."""
    try:
        answer = practice_file(channel=_channel(request, code), day=_day(day))
    except HezhangError as error:
        messages.error(request, error.message)
        return redirect("orders:practice", merchant_slug)
    if not answer.files:
        raise Http404
    [file] = answer.files
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return HttpResponse(file.data, content_type="text/csv; charset=utf-8", headers=headers)


def _channel(request: HttpRequest, code: str) -> Channel:
    return get_object_or_404(Channel.objects.for_merchant(request.merchant).select_related("merchant"), code=code)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
