"""Calls and notices as lists."""

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.channels.enums import METHOD_LABELS
from apps.channels.models import NoticeState, ProviderCall, WebhookEvent
from apps.channels.notice_results import result_words
from apps.core.tables import BaseTable, DateColumn, NumberColumn
from apps.core.templatetags.ui import chip_html
from apps.core.ui import Chip

OPERATIONS = {
    "create_payment": _("open a payment"),
    "query_payment": _("ask about a payment"),
    "finish_payment": _("take what the payer agreed to"),
    "capture_payment": _("capture"),
    "cancel_payment": _("call a payment off"),
    "refund": _("refund"),
    "query_refund": _("ask about a refund"),
    "fetch_statement": _("fetch a statement"),
    "read_orders": _("read orders"),
    "test_connection": _("test the connection"),
}
OUTCOMES = {
    "succeeded": (_("succeeded"), "neutral"),
    "paid": (_("paid"), "neutral"),
    "authorized": (_("authorized"), "neutral"),
    "approved": (_("payer agreed"), "neutral"),
    "pending": (_("accepted, not done"), "outline"),
    "declined": (pgettext_lazy("payment", "declined"), "outline"),
    "expired": (_("expired"), "outline"),
    "cancelled": (_("cancelled"), "outline"),
    "not_found": (_("not known there"), "outline"),
    "unknown": (_("no usable answer"), "red"),
    "fetched": (_("file fetched"), "neutral"),
    "empty": (_("nothing that day"), "neutral"),
    "not_ready": (_("not ready yet"), "outline"),
    "failed": (pgettext_lazy("provider", "refused"), "red"),
    "works": (_("works"), "neutral"),
    "wrong_creden": (_("credentials refused"), "red"),
    "not_permitte": (_("not allowed yet"), "amber"),
    "unreachable": (_("nobody answered"), "red"),
    "unclear": (_("unclear answer"), "amber"),
}
NOTICE_TONES = {NoticeState.FORGED: "red", NoticeState.UNREADABLE: "red", NoticeState.RECEIVED: "amber", NoticeState.PROCESSED: "neutral"}


def outcome_chip(call: ProviderCall) -> Chip:
    """What came of a call."""
    if call.ended_at is None:
        return Chip(str(_("cut off")), "amber")
    words, tone = OUTCOMES.get(call.outcome, (call.outcome, "outline"))
    return Chip(str(words), tone)


def notice_chip(notice: WebhookEvent) -> Chip:
    """What became of a notice."""
    return Chip(notice.get_state_display(), NOTICE_TONES.get(notice.state, "outline"))


class CallTable(BaseTable):
    started_at = DateColumn(verbose_name=_("Time"), time=True, attrs={"td": {"class": "phone-full"}})
    operation = tables.Column(verbose_name=_("Call"))
    outcome = tables.Column(verbose_name=_("Answer"), empty_values=())
    code = tables.Column(verbose_name=_("Code"), empty_values=(), attrs={"td": {"data-label": _("Code")}})
    ms = NumberColumn(verbose_name=_("Milliseconds"), phone="phone-hide")

    class Meta(BaseTable.Meta):
        model = ProviderCall
        fields = ("started_at", "operation", "outcome", "code", "ms")
        empty_text = _("No calls yet.")

    def render_operation(self, value, record):
        href = reverse("channels:call", args=[record.channel.merchant.slug, record.channel.code, record.pk])
        words = OPERATIONS.get(value, value)
        method = f" · {METHOD_LABELS.get(record.method, record.method)}" if record.method else ""
        return format_html('<a class="title" href="{}">{}</a><span class="sub">{}{}</span>', href, words, record.key, method)

    def render_outcome(self, record):
        return chip_html(outcome_chip(record))

    def render_code(self, record):
        return format_html('<span class="ident">{}</span>', record.code) if record.code else "—"


class NoticeTable(BaseTable):
    received_at = DateColumn(verbose_name=_("Time"), time=True, attrs={"td": {"class": "phone-full"}})
    event_id = tables.Column(verbose_name=_("Notice"), empty_values=())
    state = tables.Column(verbose_name=_("State"))
    result = tables.Column(verbose_name=_("What it changed"), empty_values=(), attrs={"td": {"class": "phone-hide"}})

    class Meta(BaseTable.Meta):
        model = WebhookEvent
        fields = ("received_at", "event_id", "state", "result")
        empty_text = _("No notices yet.")

    def render_event_id(self, record):
        href = reverse("channels:notice", args=[record.channel.merchant.slug, record.channel.code, record.pk])
        return format_html('<a class="title ident" href="{}">{}</a>', href, record.event_id or _("without a name"))

    def render_state(self, record):
        return chip_html(notice_chip(record))

    def render_result(self, record):
        return result_words(record.result) or "—"
