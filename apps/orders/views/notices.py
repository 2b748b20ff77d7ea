"""Where providers tell us what happened: one address for each channel, outside of any session; and a person who lets one be read again."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.channels.models import WebhookEvent
from apps.channels.services.gateway import GatewayMissing
from apps.core import clock
from apps.core.errors import HezhangError
from apps.merchants.access import needs
from apps.orders.services.notices.bell import bell
from apps.orders.services.notices.intake import take_notice_at
from apps.orders.services.notices.replaying import replay_notice

LIMIT = 256 * 1024  # bytes; the largest notice any provider documents is far below


@csrf_exempt
@require_POST
def notice(request: HttpRequest, public_id: str) -> HttpResponse:
    """Takes the bytes as they are: their signature is what proves the sender. A channel that does not exist or cannot be called is 404."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()):
        return HttpResponse(status=400)
    if len(length) > len(str(LIMIT)) or int(length) > LIMIT:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        taken = take_notice_at(public_id=public_id, headers=headers, body=request.body, now=clock.now())
    except GatewayMissing as error:
        raise Http404 from error
    if taken is None:
        raise Http404
    if taken.kept:
        bell.pull()
    if taken.acknowledgement is None:
        return HttpResponse(status=taken.status)
    return HttpResponse(taken.acknowledgement.body, content_type=taken.acknowledgement.content_type)


@require_POST
@needs("edit_channels")
def replay(request: HttpRequest, merchant_slug: str, code: str, pk: int) -> HttpResponse:
    """Does a notice that was kept and never done."""
    rows = WebhookEvent.objects.for_merchant(request.merchant).filter(channel__code=code)
    event = get_object_or_404(rows, pk=pk)
    try:
        event = replay_notice(merchant=request.merchant, notice_id=event.pk, by=request.user, now=clock.now())
    except HezhangError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The notice was read again: %(state)s.") % {"state": event.get_state_display()})
    return redirect("channels:notice", merchant_slug, code, pk)
