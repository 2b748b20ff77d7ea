"""The review queue, one request, how far it is on its way, and its attachments."""

from io import BytesIO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from apps.core import files
from apps.merchants.access import needs
from apps.orders.models import RefundAttachment
from apps.orders.selectors import refund_desk
from apps.orders.views.refunds_shared import progress_context, refund_of, show_queue, show_refund

SHOWN_IN_PLACE = ("image/jpeg", "image/png", "image/webp")


@require_safe
@needs("view_money")
def queue(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """What waits for me, what I asked for, what is under way; the address holds the filter."""
    return show_queue(request)


@require_safe
@needs("view_money")
def refund(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """One request; beside the queue on wide screens, a page of its own on narrow ones."""
    return show_refund(request, refund_of(request, pk))


@require_safe
@needs("view_money")
def progress(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """The line of steps alone, which asks for itself again while the answer is out; `?looks=` counts how often it did."""
    found = get_object_or_404(refund_desk.requests_of(request.merchant), pk=pk)
    text = request.GET.get("looks", "")
    looks = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
    return render(request, "orders/_refund_progress.html", progress_context(request, found, looks))


@require_safe
@needs("view_money")
def attachment(request: HttpRequest, merchant_slug: str, pk: int, attachment_pk: int) -> HttpResponse:
    """A file that came with a request: pictures are shown, everything else is downloaded."""
    rows = RefundAttachment.objects.for_merchant(request.merchant)
    found = get_object_or_404(rows, pk=attachment_pk, refund_id=pk, refund__request__isnull=False)
    in_place = found.content_type in SHOWN_IN_PLACE
    return FileResponse(BytesIO(files.read(found.sha256)), as_attachment=not in_place, filename=found.name, content_type=found.content_type)
