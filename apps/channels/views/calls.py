"""What was said between us and a channel's provider: calls, notices, and how it does at present."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from apps.channels.models import ProviderCall, WebhookEvent
from apps.channels.notice_results import result_words
from apps.channels.selectors.calls import calls_of, code_sentence, health_of, notices_of, shown_body
from apps.channels.tables import OPERATIONS, CallTable, NoticeTable, notice_chip, outcome_chip
from apps.channels.views.shared import channel_for, channel_page
from apps.core import clock
from apps.core.paging import keyset_page
from apps.merchants.access import needs


@require_safe
@needs("view_money")
def index(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """The last day hour by hour, and every call, newest first; `?show=trouble` only those that went wrong."""
    channel = channel_for(request, code)
    trouble = request.GET.get("show") == "trouble"
    page = keyset_page(calls_of(channel, only_trouble=trouble), request.GET, fields=("started_at", "id"))
    context = {"health": health_of(channel, clock.now()), "page": page, "table": CallTable(page.rows), "trouble": trouble, "part": "calls"}
    return render(request, "channels/calls.html", channel_page(request, channel, "channels:calls", **context))


@require_safe
@needs("view_money")
def call(request: HttpRequest, merchant_slug: str, code: str, pk: int) -> HttpResponse:
    """One call as it is on record, secrets left out when it was written."""
    channel = channel_for(request, code)
    row = get_object_or_404(ProviderCall.objects.for_merchant(request.merchant).filter(channel=channel), pk=pk)
    exchanges = [{"status": "", "answer": "", "error": ""} | one for one in row.raw.get("exchanges", [])]
    context = {"call": row, "said": code_sentence(channel, row.code), "exchanges": exchanges, "chip": outcome_chip(row)}
    context["operation"] = OPERATIONS.get(row.operation, row.operation)
    context["record"] = json.dumps(row.raw, indent=2, ensure_ascii=False) if row.raw else ""
    return render(request, "channels/call.html", channel_page(request, channel, "channels:calls", **context))


@require_safe
@needs("view_money")
def notices(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """Every notice that came, newest first; of forged ones the newest."""
    channel = channel_for(request, code)
    trouble = request.GET.get("show") == "trouble"
    page = keyset_page(notices_of(channel, only_trouble=trouble), request.GET, fields=("received_at", "id"))
    context = {
        "health": health_of(channel, clock.now()),
        "page": page,
        "table": NoticeTable(page.rows),
        "trouble": trouble,
        "part": "notices",
    }
    return render(request, "channels/calls.html", channel_page(request, channel, "channels:calls", **context))


@require_safe
@needs("view_money")
def notice(request: HttpRequest, merchant_slug: str, code: str, pk: int) -> HttpResponse:
    """One notice as it came."""
    channel = channel_for(request, code)
    row = get_object_or_404(WebhookEvent.objects.for_merchant(request.merchant).filter(channel=channel), pk=pk)
    context = {"notice": row, "chip": notice_chip(row), "body": shown_body(channel, row), "result": result_words(row.result)}
    return render(request, "channels/notice.html", channel_page(request, channel, "channels:calls", **context))
