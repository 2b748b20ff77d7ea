"""The overview: where the money is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.channels.approval import stopped_of
from apps.channels.selectors.calls import answering
from apps.core import clock
from apps.core.figures import month_text, span_text
from apps.core.jobs.services import enqueue
from apps.core.panels import Tab
from apps.disputes.selectors.cases import waiting_of as disputes_waiting
from apps.disputes.selectors.risk.alerts import open_count
from apps.merchants.access import has_right, needs
from apps.reports.overview import charts, strip
from apps.reports.overview.cashflow import cash_flow
from apps.reports.overview.differences import differences_of, waiting_of
from apps.reports.overview.period import Scope, scope_of
from apps.reports.overview.setup import Setup, setup_of
from apps.reports.overview.where import paid_and_refunded, total, where_by_channel
from apps.reports.services.rollup import ROLLUP_JOB, page_rollup
from apps.settlements.selectors.ageing import ageing
from apps.settlements.selectors.look_first import look_first


@require_safe
@needs("view_money")
def overview(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """One month (`?month=2026-10`), one currency, one channel or all; the first steps while there is nothing to show."""
    setup = setup_of(request.merchant)
    if setup.is_empty:
        return render(request, "reports/overview_empty.html", _first_steps(request, setup))
    now = clock.now()
    rollup, is_behind = page_rollup(merchant=request.merchant, now=now)
    if is_behind:
        enqueue(kind=ROLLUP_JOB, merchant_id=request.merchant.pk, by=request.user, dedupe_key="rollup")
    scope = scope_of(request.merchant, request.GET, clock.local_date(now, request.merchant.timezone))
    context = {"scope": scope, "rollup": rollup, "is_behind": is_behind, **_pickers(scope), **_figures(scope, now)}
    context["looks"] = look_first(request.merchant)
    return render(request, "reports/overview.html", context)


def _figures(scope: Scope, now) -> dict:
    rows, found = where_by_channel(scope), differences_of(scope, now)
    whole, flow = total(rows), cash_flow(scope)
    today = paid_and_refunded(scope, scope.today, scope.today).get("paid", (0, 0))
    return {
        "cells": strip.cells_of(scope, whole, found, paid_and_refunded(scope, *scope.previous)),
        "proof": strip.proof_of(scope, whole),
        "working": _working(scope, rows, whole),
        "flow": flow,
        "chart": charts.flow_chart(scope, flow),
        "chart_rows": charts.flow_rows(scope, flow),
        "chart_name": charts.flow_sentence(scope, flow),
        "today_count": today[0],
        "today_minor": today[1],
        "channels": answering(scope.channels, now),
        "stopped": stopped_of(scope.merchant, scope.channels, now),
        "waiting": waiting_of(scope.merchant, scope.months, scope.today, now),
        "ageing": ageing(scope.merchant, now),
        "alerts": open_count(scope.merchant, now),
        "disputes": disputes_waiting(scope.merchant),
        "fee_bars": charts.fee_bars(scope.shown, rows, found),
        "found": found,
        "loss_bars": charts.loss_bars(scope, found),
    }


def _working(scope: Scope, rows: dict, whole) -> list[tuple[str, list[int], bool]]:
    """The equation by channel and together: paid, each part, and what is missing."""
    names = [part.name for part in strip.parts_of(whole)]
    labels = {channel.pk: channel.label for channel in scope.channels}
    lines = [(labels[pk], one) for pk, one in rows.items() if one.paid or one.parts]
    found = []
    for label, one in [*sorted(lines, key=lambda line: line[0]), (_("Together"), whole)]:
        parts = {name: -getattr(one, name) if name in _COSTS else getattr(one, name) for name in names}
        found.append((label, [one.paid, *parts.values(), one.missing], one is whole))
    return found


_COSTS = ("refunds", "fees", "disputes", "reserves", "adjustments")


def _pickers(scope: Scope) -> dict:
    months = scope.months if scope.month in scope.months else [scope.month, *scope.months]
    return {
        "months": [(str(month), month_text(month.first), month == scope.month) for month in months],
        "days": span_text(scope.first, scope.last),
        "currencies": [Tab(code, scope.query(currency=code), code == scope.currency) for code in scope.currencies],
        "report_url": reverse("reports:month", args=[scope.merchant.slug, str(scope.month)]),
    }


def _first_steps(request: HttpRequest, setup: Setup) -> dict:
    rights = ("edit_channels", "import_files", "reconcile")
    return {
        "setup": setup,
        "rights": {right: has_right(request.membership, right) for right in rights},
        "cells": [
            _("Paid"),
            _("In transit at the channel"),
            _("Payout in transit"),
            _("In the bank"),
            _("Refunds"),
            _("Fees"),
            _("Differences"),
        ],
    }
