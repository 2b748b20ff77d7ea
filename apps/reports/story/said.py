"""Calls and notices as items of an order's time line."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.channels.models import NoticeState, ProviderCall, WebhookEvent
from apps.channels.notice_results import result_words
from apps.channels.selectors.calls import code_words
from apps.reports.story.calls import Spoken

QUESTIONS = ("query_payment", "query_refund")
QUIET = ("unknown", "not_found", "declined", "")  # outcomes that the reader's eye should stop at
UNDONE = (NoticeState.RECEIVED, NoticeState.UNREADABLE, NoticeState.FORGED)


@dataclass(frozen=True, slots=True)
class Said:
    """One call or notice in words; `state` is done or fault."""

    at: datetime
    title: str
    detail: str
    state: str
    icon: str
    href: str


def said_items(spoken: Spoken, slug: str) -> list[Said]:
    """Every call and notice of an order."""
    return [*(_call(one, slug) for one in spoken.calls), *(_notice(one, slug) for one in spoken.notices)]


def _call(call: ProviderCall, slug: str) -> Said:
    names = {"channel": call.channel.label}
    title = {
        "create_payment": _("%(channel)s was told of the payment"),
        "query_payment": _("%(channel)s was asked about the payment"),
        "finish_payment": _("%(channel)s was asked to finish the payment"),
        "capture_payment": _("%(channel)s was asked to take the money"),
        "cancel_payment": _("%(channel)s was asked to call the payment off"),
        "refund": _("%(channel)s was asked for the refund"),
        "query_refund": _("%(channel)s was asked about the refund"),
    }.get(call.operation, _("%(channel)s was called"))
    detail = " · ".join(part for part in (_outcome(call.outcome), code_words(call.channel, call.code), call.message) if part)
    state = "fault" if call.outcome in QUIET else "done"
    href = reverse("channels:call", args=[slug, call.channel.code, call.pk])
    return Said(call.started_at, title % names, detail, state, "help-circle" if call.operation in QUESTIONS else "send", href)


def _outcome(outcome: str) -> str:
    return {
        "paid": _("paid"),
        "succeeded": _("done"),
        "authorized": _("authorized"),
        "approved": _("the payer agreed"),
        "pending": _("waiting"),
        "declined": pgettext("provider", "refused"),
        "expired": _("expired"),
        "cancelled": _("cancelled"),
        "not_found": _("the provider does not know it"),
        "unknown": _("no clear answer"),
    }.get(outcome, _("no answer yet"))


def _notice(event: WebhookEvent, slug: str) -> Said:
    state = "fault" if event.state in UNDONE else "done"
    title = _("Notice of %(channel)s") % {"channel": event.channel.label}
    href = reverse("channels:notice", args=[slug, event.channel.code, event.pk])
    detail = " · ".join(part for part in (event.get_state_display(), result_words(event.result)) if part)
    return Said(event.received_at, title, detail, state, "bell", href)
