"""Payouts and bank: the list, one payout as an account, bank lines, and ties made or undone by hand."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.exports import export_response
from apps.core.paging import keyset_page
from apps.core.panels import Tab
from apps.core.ui import render_page
from apps.merchants.access import has_right, needs
from apps.settlements.enums import BankLineKind
from apps.settlements.forms.payouts import BankLineFilter, PayoutFilter, TieForm, UntieForm
from apps.settlements.models import BankLine, Payout, SecondSignature
from apps.settlements.selectors import payout_account, payouts
from apps.settlements.selectors.line_kinds import memo_model
from apps.settlements.selectors.past_memos import typed
from apps.settlements.services.by_hand import untie_payout
from apps.settlements.services.candidates import deposits_for
from apps.settlements.services.line_kinds import name_line
from apps.settlements.services.second_signatures import tie as tie_or_ask
from apps.settlements.tables import payouts as tables


def _today(request: HttpRequest) -> date:
    return clock.local_date(clock.now(), request.merchant.timezone)


def _payout_for(request: HttpRequest, pk: int) -> Payout:
    """A payout of this merchant. :raises Http404: for another merchant's."""
    return get_object_or_404(Payout.objects.for_merchant(request.merchant).select_related("channel__bank_account", "merchant"), pk=pk)


@require_safe
@needs("view_money")
def payout_list(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Every payout, the latest due day first."""
    today = _today(request)
    found = PayoutFilter(request.GET, queryset=payouts.payouts_of(request.merchant), merchant=request.merchant, today=today)
    if "export" in request.GET:
        return export_response(request, tables.payouts_export(request.merchant, found))
    page = keyset_page(found.qs, request.GET, fields=("due_on", "id"))
    table = tables.PayoutTable(page.rows, slug=merchant_slug, today=today)
    context = {"filter": found, "page": page, "table": table, "tabs": _tabs(merchant_slug, "payouts"), "title": _("Payouts and bank")}
    return render_page(request, "settlements/payouts.html", "settlements/_payouts.html", context)


@require_safe
@needs("view_money")
def bank_lines(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Every row of the bank statements, newest first."""
    found = BankLineFilter(request.GET, queryset=typed(payouts.bank_lines_of(request.merchant)), merchant=request.merchant)
    if "export" in request.GET:
        return export_response(request, tables.bank_lines_export(request.merchant, found))
    page = keyset_page(found.qs, request.GET, fields=("booked_on", "id"))
    can_name = has_right(request.membership, "resolve")
    table = tables.BankLineTable(page.rows, request=request, model=memo_model(request.merchant), can_name=can_name)
    context = {"filter": found, "page": page, "table": table, "tabs": _tabs(merchant_slug, "bank_lines"), "title": _("Bank lines")}
    return render_page(request, "settlements/payouts.html", "settlements/_payouts.html", context)


@require_POST
@needs("resolve")
def bank_line_kind(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Says what a bank line is: `kind` confirms what was proposed, else `other` is taken."""
    get_object_or_404(BankLine.objects.for_merchant(request.merchant).filter(is_live=True), pk=pk)
    kind = request.POST.get("kind") or request.POST.get("other", "")
    if kind in BankLineKind.values:
        name_line(merchant=request.merchant, bank_line_id=pk, kind=BankLineKind(kind), by=request.user, now=clock.now())
    else:
        messages.error(request, _("Choose what the line is."))
    query = QueryDict(request.POST.get("query", "")).urlencode()  # read and written again: nothing but a query leaves here
    return redirect(f"{reverse('settlements:bank_lines', args=[merchant_slug])}?{query}#line-{pk}")


def _tabs(slug: str, current: str) -> list[Tab]:
    names = {"payouts": _("Payouts"), "bank_lines": _("Bank lines")}
    return [Tab(label, reverse(f"settlements:{name}", args=[slug]), name == current) for name, label in names.items()]


@require_safe
@needs("view_money")
def payout(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """One payout as an account; `?view=lines` lists every movement, `?open=payment:credit_card` unfolds a group."""
    found = _payout_for(request, pk)
    if "export" in request.GET:
        return export_response(request, tables.movements_export(request.merchant, found, payouts.lines_of_payout(found)))
    account = payout_account.account_of(found, request.GET.get("open", ""), _today(request))
    context = {
        "payout": found,
        "account": account,
        "is_lines": request.GET.get("view") == "lines",
        "can_resolve": has_right(request.membership, "resolve"),
        "candidates": [] if account.ties else deposits_for(found)[: payouts.CANDIDATES],
        **_movements(request, found),
    }
    return render(request, "settlements/payout.html", context)


def _movements(request: HttpRequest, found: Payout) -> dict:
    """The page of movements, where it is asked for."""
    if request.GET.get("view") != "lines":
        return {"page": None, "table": None}
    lines = payouts.lines_of_payout(found)
    names = {"kind": request.GET.get("kind"), "method": request.GET.get("method")}
    page = keyset_page(lines.filter(**{name: value for name, value in names.items() if value}), request.GET, fields=("id",))
    return {"page": page, "table": tables.MovementTable(payouts.with_orders(page.rows), slug=request.merchant.slug)}


@require_POST
@needs("resolve")
def tie(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """A person says which bank lines carry the payout."""
    found, form = _payout_for(request, pk), TieForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a bank line and give a reason: it stays on record."))
        return redirect("settlements:payout", merchant_slug, pk)
    mine = BankLine.objects.for_merchant(request.merchant)
    lines = [get_object_or_404(mine, pk=number) for number in form.cleaned_data["bank_line"]]
    try:
        made = tie_or_ask(
            merchant=request.merchant,
            payouts=[found],
            bank_lines=lines,
            reason=form.cleaned_data["reason"],
            by=request.user,
            now=clock.now(),
        )
        if isinstance(made, SecondSignature):
            messages.info(request, _("The amounts differ by more than the limit of your shop: it waits for a second person."))
        else:
            messages.success(request, _("The payout is tied to this bank line."))
    except HezhangError as error:
        messages.error(request, error.message)
    return redirect("settlements:payout", merchant_slug, pk)


@require_POST
@needs("resolve")
def untie(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """A person says that the bank line carries something else."""
    found, form = _payout_for(request, pk), UntieForm(request.POST)
    made = next(iter(payouts.ties_of(found)), None)
    if made is None or not form.is_valid():
        messages.error(request, _("Give a reason: it stays on record.") if made else _("No bank line is tied to this payout."))
        return redirect("settlements:payout", merchant_slug, pk)
    try:
        untie_payout(merchant=request.merchant, tie=made, reason=form.cleaned_data["reason"], by=request.user, now=clock.now())
        messages.success(request, _("The tie is undone. No rule will make it again."))
    except HezhangError as error:
        messages.error(request, error.message)
    return redirect("settlements:payout", merchant_slug, pk)
