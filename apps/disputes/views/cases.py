"""The list of disputes, one case, a new one by hand or from a statement line, and what disputes cost."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.exports import export_response
from apps.core.figures import count_text
from apps.core.paging import KeysetPage, keyset_page
from apps.core.panels import Tab
from apps.core.ui import render_page
from apps.disputes.enums import Origin
from apps.disputes.errors import DisputeKnown
from apps.disputes.forms.cases import DisputeFilter, NewDisputeForm
from apps.disputes.forms.figures import PeriodForm
from apps.disputes.selectors import cases, figures
from apps.disputes.services.lines import open_from_line, reconcile_soon
from apps.disputes.services.opening import open_dispute
from apps.disputes.tables.cases import DisputeTable, disputes_export
from apps.disputes.views.shared import dispute_for, say, show_case, to_case
from apps.merchants.access import has_right, needs
from apps.orders.models import Payment
from apps.settlements.models import StatementLine

MOST_OPEN = 300  # shown by deadline at once; a shop with more has other worries, and the filter


@require_safe
@needs("view_money")
def dispute_list(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Disputes by deadline, or all of them, newest first."""
    now, view = clock.now(), request.GET.get("view", "open")
    view = view if view in cases.VIEWS else "open"
    rows = cases.disputes_of(request.merchant).filter(cases.VIEWS[view])
    found = DisputeFilter(request.GET, queryset=rows, merchant=request.merchant, now=now)
    if "export" in request.GET:
        return export_response(request, disputes_export(request.merchant, found))
    if view in ("open", "waiting"):
        page = KeysetPage(list(cases.by_deadline(found.qs)[:MOST_OPEN]), "", "")
    else:
        page = keyset_page(found.qs, request.GET, fields=("opened_at", "id"))
    context = {
        "filter": found,
        "page": page,
        "table": DisputeTable(page.rows, slug=merchant_slug, now=now),
        "tabs": _tabs(request, view),
        "view": view,
        "can_act": has_right(request.membership, "answer_disputes"),
    }
    return render_page(request, "disputes/disputes.html", "disputes/_disputes.html", context)


def _tabs(request: HttpRequest, current: str) -> list[Tab]:
    names = {
        "open": pgettext("disputes", "Open"),
        "waiting": _("Waiting for us"),
        "review": _("Under review"),
        "closed": _("Ended"),
        "all": _("All"),
    }
    counts = cases.counts_of(request.merchant)
    return [Tab(label, f"?view={name}", name == current, count_text(counts[name])) for name, label in names.items()]


@require_safe
@needs("view_money")
def case(request: HttpRequest, merchant_slug: str, public_id: str) -> HttpResponse:
    """Everything about one dispute."""
    return show_case(request, dispute_for(request, public_id))


@needs("answer_disputes")
def new(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """A dispute by hand; `?payment=` names the payment beforehand."""
    form = NewDisputeForm(request.POST or None, merchant=request.merchant, initial=_suggested(request))
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            dispute = _open(request, form)
        except DisputeKnown as error:
            problem = str(error)
        except HezhangError as error:
            form.add_error(None, str(error))
        else:
            say(request, _("The dispute is on record and its money is held."))
            return to_case(dispute, merchant_slug)
    failed = bool(form.errors or problem)
    return render(request, "disputes/new.html", {"form": form, "problem": problem}, status=422 if failed else 200)


def _suggested(request: HttpRequest) -> dict:
    first = {"opened_on": timezone.localtime(clock.now()).date()}
    wanted = request.GET.get("payment", "")
    if wanted.isdecimal():
        payment = Payment.objects.for_merchant(request.merchant).filter(pk=int(wanted)).first()
        first["reference"] = payment.merchant_ref if payment else ""
    return first


def _open(request: HttpRequest, form: NewDisputeForm):
    said, now = form.cleaned_data, clock.now()
    dispute = open_dispute(
        merchant=request.merchant,
        channel=form.payment.channel,
        payment=form.payment,
        amount_minor=said["amount_minor"],
        currency=form.payment.currency,
        opened_at=form.opened_at(),
        origin=Origin.HAND,
        by=request.user,
        now=now,
        kind=said["kind"],
        reason_code=said["reason_code"],
        family=said["family"],
        provider_dispute_ref=said["provider_dispute_ref"],
        fee_minor=said["fee_minor"],
        evidence_due_at=said["evidence_due_at"],
        note=said["note"],
    )
    reconcile_soon(merchant=request.merchant, by=request.user, now=now)
    return dispute


@require_POST
@needs("answer_disputes")
def from_line(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Opens the dispute of a chargeback line in one click; a line that has one leads to it."""
    line = get_object_or_404(StatementLine.objects.for_merchant(request.merchant), pk=pk)
    try:
        dispute = open_from_line(merchant=request.merchant, line_id=line.pk, by=request.user, now=clock.now())
    except DisputeKnown:
        dispute = cases.known_for_line(request.merchant, line)
        return to_case(dispute, merchant_slug) if dispute else redirect("disputes:disputes", merchant_slug)
    except HezhangError as error:
        return render(request, "disputes/refused.html", {"problem": str(error)}, status=422)
    say(request, _("The dispute is on record and its money is held. Its line is paired with it by the next reconciliation."))
    return to_case(dispute, merchant_slug)


@require_safe
@needs("view_money")
def cost(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Win rate and cost by reason, channel, payment product and storefront, of disputes opened in a period (a year back unless asked)."""
    form = PeriodForm(request.GET or None, today=timezone.localtime(clock.now()).date())
    first, last = form.days()
    zone = request.merchant.timezone
    begin: datetime = clock.start_of_day(first, zone)
    rows = figures.opened_between(request.merchant, begin, clock.start_of_day(last + timedelta(days=1), zone))
    groups = [
        (_("By reason"), _("Reason"), figures.rows_by(rows, "reason")),
        (_("By channel"), _("Channel"), figures.rows_by(rows, "channel")),
        (_("By payment product"), _("Payment method"), figures.rows_by(rows, "method")),
        (_("By storefront"), _("Storefront"), figures.rows_by(rows, "storefront")),
    ]
    context = {"form": form, "first": first, "last": last, "total": figures.total_of(rows), "groups": groups}
    context["back"] = reverse("disputes:disputes", args=[merchant_slug])
    return render(request, "disputes/figures.html", context)
