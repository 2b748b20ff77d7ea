"""A channel's papers: what the provider wants to see, what is there, and handing it in."""

import io
from datetime import date

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.channels.models import QualificationDocument
from apps.channels.selectors.papers import papers_page
from apps.channels.services.qualification import add_paper, submit_case
from apps.channels.views.shared import channel_for, channel_page
from apps.core import clock, files
from apps.core.errors import HezhangError
from apps.merchants.access import needs


@require_safe
@needs("edit_channels")
def papers(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    channel = channel_for(request, code)
    context = {"papers": papers_page(channel, clock.now())}
    return render(request, "channels/papers.html", channel_page(request, channel, "channels:papers", **context))


@require_POST
@needs("edit_channels")
def add(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """Brings one paper in; a refusal says why and leaves what was there."""
    channel = channel_for(request, code)
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, _("Choose a file first."))
        return redirect("channels:papers", merchant_slug, code)
    try:
        add_paper(
            channel=channel, paper=request.POST.get("paper", ""), name=file.name, data=file.read(),
            expires_on=_day(request.POST.get("expires_on", "")), by=request.user, now=clock.now(),
        )  # fmt: skip
    except HezhangError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The paper is kept."))
    return redirect("channels:papers", merchant_slug, code)


@require_POST
@needs("edit_channels")
def submit(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    channel = channel_for(request, code)
    try:
        submit_case(channel=channel, by=request.user, now=clock.now())
    except HezhangError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The papers are handed in. You hear of the decision here and by e-mail."))
    return redirect("channels:papers", merchant_slug, code)


@require_safe
@needs("edit_channels")
def download(request: HttpRequest, merchant_slug: str, code: str, pk: int) -> FileResponse:
    """A paper as it was brought in, always as a download."""
    channel = channel_for(request, code)
    row = get_object_or_404(QualificationDocument.objects.for_merchant(request.merchant).filter(case__channel=channel), pk=pk)
    return paper_response(row)


def paper_response(row: QualificationDocument) -> FileResponse:
    """The bytes under the safe name they were given. :raises Http404: they are gone."""
    try:
        return FileResponse(io.BytesIO(files.read(row.sha256)), as_attachment=True, filename=row.name, content_type=row.media_type)
    except FileNotFoundError as error:
        raise Http404 from error


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
