"""What was said to the provider about a refund, and what it answered: the calls as they were logged, secrets left out."""

import json

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.channels.models import ProviderCall
from apps.core.figures import when_text
from apps.core.panels import Step
from apps.orders.models import Refund

SHOWN = 20
OUTCOMES = {
    "succeeded": ("done", "circle-check"),
    "pending": ("done", "clock"),
    "declined": ("fault", "alert-circle"),
    "not_found": ("fault", "help-circle"),
    "unknown": ("fault", "hourglass"),
}


def calls_of(refund: Refund) -> list[Step]:
    """Oldest first; one query."""
    rows = ProviderCall.objects.for_merchant(refund.merchant_id).filter(key=refund.request.idempotency_key)
    return [_step(call) for call in rows.order_by("started_at", "pk")[:SHOWN]]


def _step(call: ProviderCall) -> Step:
    state, icon = OUTCOMES.get(call.outcome, ("expected", "loader"))
    title = _("Asked what became of it") if call.operation == "query_refund" else _("Sent to the provider")
    said = " · ".join(part for part in (outcome_words(call.outcome), call.code, call.message) if part)
    raw = json.dumps(call.raw, ensure_ascii=False, indent=1, sort_keys=True) if call.raw else ""
    return Step(when_text(call.started_at), title, state, said, icon=icon, raw=raw)


def outcome_words(outcome: str) -> str:
    """What the provider's answer means, in plain words; a call without an answer is still out or was cut off."""
    return {
        "succeeded": _("done"),
        "pending": _("accepted, not done yet"),
        "declined": pgettext("provider", "refused"),
        "not_found": _("the provider does not know it"),
        "unknown": _("no clear answer"),
    }.get(outcome, _("no answer yet"))
