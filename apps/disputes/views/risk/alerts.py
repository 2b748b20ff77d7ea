"""The inbox of alerts: what was found, the rows behind it, and what people do about it."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.figures import count_text
from apps.core.paging import keyset_page
from apps.core.panels import Tab
from apps.disputes.enums import WatchKind
from apps.disputes.forms.risk import AlertFilterForm, CloseForm, IdsForm, SnoozeForm
from apps.disputes.selectors.risk import alerts as found
from apps.disputes.selectors.risk.evidence import SHOWN, rows_behind
from apps.disputes.selectors.risk.words import at_text, channel_labels, sentence
from apps.disputes.services.risk import handling
from apps.disputes.tables.risk import AlertTable, state_chip
from apps.merchants.access import has_right, needs


@require_safe
@needs("view_money")
def alerts(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Open alerts by default; the address holds the filter."""
    now, form = clock.now(), AlertFilterForm(request.GET)
    form.is_valid()
    asked = {name: form.cleaned_data.get(name, "") for name in ("view", "kind", "severity")}
    rows = found.alerts_in(request.merchant, asked["view"], now)
    rows = rows.filter(**{name: asked[name] for name in ("kind", "severity") if asked[name]})
    page = keyset_page(rows, request.GET, fields=("last_at", "id"))
    context = {
        "form": form,
        "page": page,
        "table": AlertTable(
            page.rows,
            slug=merchant_slug,
            channels=channel_labels(request.merchant),
            can_act=has_right(request.membership, "edit_alerts") and asked["view"] != found.CLOSED,
            now=now,
        ),
        "tabs": _tabs(request, asked["view"], found.counts_of(request.merchant, now)),
        "can_act": has_right(request.membership, "edit_alerts"),
        "is_filtered": any(asked.values()),
        "snooze_form": SnoozeForm(request.GET),
    }
    return render(request, "disputes/risk/alerts.html", context)


def _tabs(request: HttpRequest, view: str, counts: found.Counts) -> list[Tab]:
    start = reverse("disputes:alerts", args=[request.merchant.slug])
    kept = {name: request.GET[name] for name in ("kind", "severity") if request.GET.get(name)}
    named = [
        ("", _("Open"), counts.open),
        ("acknowledged", _("Acknowledged"), counts.acknowledged),
        ("snoozed", _("Snoozed"), counts.snoozed),
    ]
    named.append(("closed", _("Ended"), None))
    return [
        Tab(
            label,
            f"{start}?{urlencode({**kept, **({'view': key} if key else {})})}".rstrip("?"),
            view == key,
            "" if n is None else count_text(n),
        )
        for key, label, n in named
    ]


@require_safe
@needs("view_money")
def alert(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """One alert; `?finding=` opens the rows behind one of its findings, the newest without it."""
    row = get_object_or_404(found.alert_for(request.merchant), pk=pk)
    findings, channels, now = found.findings_of(row), channel_labels(request.merchant), clock.now()
    asked = request.GET.get("finding", "")
    chosen = next((one for one in findings if str(one.pk) == asked), findings[0] if findings else None)
    evidence = rows_behind(request.merchant, chosen) if chosen else []
    context = {
        "alert": row,
        "headline": sentence(row.kind, row.facts, row.currency, channels),
        "chip": state_chip(row, now),
        "findings": [(one, sentence(row.kind, one.facts, one.currency, channels), at_text(row.kind, one.at)) for one in findings],
        "first_at": at_text(row.kind, row.first_at),
        "last_at": at_text(row.kind, row.last_at),
        "chosen_at": at_text(row.kind, chosen.at) if chosen else "",
        "chosen": chosen,
        "rows": evidence,
        "is_cut": len(evidence) == SHOWN,
        "history": found.history_of(row),
        "can_act": has_right(request.membership, "edit_alerts"),
        "is_snoozed": row.snoozed_until is not None and row.snoozed_until > now,
        "watch_url": _watch_url(request, row) if has_right(request.membership, "edit_watchlist") else "",
        "snooze_choices": SnoozeForm.base_fields["days"].choices,
    }
    return render(request, "disputes/risk/alert.html", context)


def _watch_url(request: HttpRequest, row) -> str:
    """Where the buyer of the alert is put on the watch-list, with who it is; empty where it names none."""
    who = next(((kind, row.facts[name]) for name, kind in (("buyer", WatchKind.CUSTOMER), ("ip", WatchKind.IP)) if name in row.facts), None)
    if who is None:
        return ""
    query = urlencode({"kind": str(who[0]), "value": who[1]})
    return f"{reverse('disputes:watchlist', args=[request.merchant.slug])}?{query}#add"


@require_POST
@needs("edit_alerts")
def acknowledge(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    form = IdsForm(request.POST)
    if form.is_valid():
        return _act(request, form, handling.acknowledge, _acknowledged)
    return _back(request, _("Choose an alert first."))


@require_POST
@needs("edit_alerts")
def snooze(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    form, now = SnoozeForm(request.POST), clock.now()
    if form.is_valid():
        days = form.cleaned_data["days"]
        until = now + timedelta(days=days) if days else None
        return _act(request, form, handling.snooze, _snoozed if days else _back_again, until=until)
    return _back(request, _("Choose an alert first."))


@require_POST
@needs("edit_alerts")
def close(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    form = CloseForm(request.POST)
    if form.is_valid():
        return _act(request, form, handling.close, _closed, reason=form.cleaned_data["reason"])
    return _back(request, _("Give a reason.") if "reason" in form.errors else _("Choose an alert first."))


def _acknowledged(n: int) -> str:
    return ngettext("%(n)s alert acknowledged", "%(n)s alerts acknowledged", n)


def _snoozed(n: int) -> str:
    return ngettext("%(n)s alert snoozed", "%(n)s alerts snoozed", n)


def _back_again(n: int) -> str:
    return ngettext("%(n)s alert is back", "%(n)s alerts are back", n)


def _closed(n: int) -> str:
    return ngettext("%(n)s alert closed", "%(n)s alerts closed", n)


def _act(request: HttpRequest, form: IdsForm, service, words, **more) -> HttpResponse:
    """Runs a service on the chosen alerts; what it refuses is said where one comes back to."""
    try:
        done = service(merchant=request.merchant, ids=form.cleaned_data["ids"], by=request.user, now=clock.now(), **more)
    except HezhangError as error:
        return _back(request, str(error))
    messages.success(request, words(len(done)) % {"n": len(done)})
    return _back(request)


def _back(request: HttpRequest, problem: str = "") -> HttpResponse:
    """To the alert it was done from, else to the list."""
    if problem:
        messages.error(request, problem)
    stay = request.POST.get("stay", "")
    if stay.isascii() and stay.isdecimal():
        return redirect("disputes:alert", request.merchant.slug, int(stay))
    return redirect("disputes:alerts", request.merchant.slug)
