"""The watch-list of buyers."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.figures import names_text
from apps.core.paging import keyset_page
from apps.core.panels import Tab
from apps.disputes.forms.risk import ReasonForm, WatchFilterForm, WatchForm
from apps.disputes.models import Dispute, WatchlistEntry
from apps.disputes.selectors.risk.watching import active, payments_of
from apps.disputes.services.risk import watchlist as services
from apps.disputes.tables.risk import WatchTable
from apps.merchants.access import has_right, needs

PAST = "past"


@require_safe
@needs("view_money")
def watchlist(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Who is on it; `?view=past` who was."""
    return _show(request, WatchForm(initial={"value": request.GET.get("value", ""), "kind": request.GET.get("kind", "")}))


@require_POST
@needs("edit_watchlist")
def add(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    form = WatchForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    fields = {name: form.cleaned_data[name] for name in ("kind", "value", "reason")}
    try:
        entry = services.watch_buyer(
            merchant=request.merchant, **fields, expires_at=form.expires_at(request.merchant), by=request.user, now=clock.now()
        )
    except HezhangError as error:
        form.add_error(None, str(error))
        return _show(request, form, status=422)
    messages.success(request, _("%(buyer)s is on the watch-list.") % {"buyer": entry.value})
    return redirect("disputes:watchlist", merchant_slug)


@require_POST
@needs("edit_watchlist")
def from_dispute(request: HttpRequest, merchant_slug: str, public_id: str) -> HttpResponse:
    """Puts the buyer of a dispute on the list, by customer number and by address."""
    rows = Dispute.objects.for_merchant(request.merchant).select_related("payment")
    dispute = get_object_or_404(rows, public_id=public_id)
    form = ReasonForm(request.POST)
    if dispute.payment is None or not form.is_valid():
        messages.error(request, _("Give a reason."))
        return redirect("disputes:case", merchant_slug, public_id)
    added = services.watch_payer(
        merchant=request.merchant,
        payment=dispute.payment,
        reason=form.cleaned_data["reason"],
        dispute=str(dispute),
        by=request.user,
        now=clock.now(),
    )
    if added:
        messages.success(request, _("%(buyer)s is on the watch-list.") % {"buyer": names_text(entry.value for entry in added)})
    else:
        messages.info(request, _("The buyer is on the watch-list already, or the payment names nobody."))
    return redirect("disputes:case", merchant_slug, public_id)


@require_safe
@needs("view_money")
def watched(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """One buyer: why, until when, what was said against it, and the payments that meet it."""
    return _show_entry(request, _entry(request, pk))


@require_POST
@needs("edit_watchlist")
def remove(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Takes the buyer off, with a reason."""
    entry = _entry(request, pk)
    form = ReasonForm(request.POST, auto_id="remove_%s")
    return _act(request, entry, "remove_form", form, services.remove_buyer)


@require_POST
@needs("edit_watchlist")
def appeal(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Keeps what the buyer says against it."""
    entry = _entry(request, pk)
    form = ReasonForm(request.POST, auto_id="appeal_%s")
    return _act(request, entry, "appeal_form", form, services.note_appeal)


def _act(request: HttpRequest, entry: WatchlistEntry, name: str, form: ReasonForm, service) -> HttpResponse:
    if form.is_valid():
        try:
            service(merchant=request.merchant, entry_id=entry.pk, reason=form.cleaned_data["reason"], by=request.user, now=clock.now())
        except HezhangError as error:
            form.add_error(None, str(error))
    if form.errors:
        return _show_entry(request, entry, status=422, **{name: form})
    messages.success(request, _("Saved."))
    return redirect("disputes:watched", request.merchant.slug, entry.pk)


def _entry(request: HttpRequest, pk: int) -> WatchlistEntry:
    """:raises Http404: the merchant has no such entry."""
    rows = WatchlistEntry.objects.for_merchant(request.merchant).select_related("added_by", "removed_by")
    return get_object_or_404(rows, pk=pk)


def _show(request: HttpRequest, form: WatchForm, *, status: int = 200) -> HttpResponse:
    now, asked = clock.now(), WatchFilterForm(request.GET)
    asked.is_valid()
    is_past, text = asked.cleaned_data.get("view") == PAST, asked.cleaned_data.get("q", "")
    current = active(request.merchant, now)
    rows = WatchlistEntry.objects.for_merchant(request.merchant).exclude(pk__in=current.values("pk")) if is_past else current
    rows = rows.filter(Q(value__icontains=text) | Q(reason__icontains=text)) if text else rows
    page = keyset_page(rows, request.GET, fields=("added_at", "id"))
    start = reverse("disputes:watchlist", args=[request.merchant.slug])
    context = {
        "form": form,
        "filter_form": asked,
        "page": page,
        "table": WatchTable(page.rows, slug=request.merchant.slug),
        "tabs": [Tab(_("On the list"), start, not is_past), Tab(_("Earlier"), f"{start}?view={PAST}", is_past)],
        "can_edit": has_right(request.membership, "edit_watchlist"),
        "is_filtered": bool(text or is_past),
    }
    return render(request, "disputes/risk/watchlist.html", context, status=status)


def _show_entry(request: HttpRequest, entry: WatchlistEntry, *, status: int = 200, **forms) -> HttpResponse:
    context = {
        "entry": entry,
        "is_active": active(request.merchant, clock.now()).filter(pk=entry.pk).exists(),
        "payments": payments_of(request.merchant, entry),
        "can_edit": has_right(request.membership, "edit_watchlist"),
        "remove_form": ReasonForm(auto_id="remove_%s"),
        "appeal_form": ReasonForm(auto_id="appeal_%s", initial={"reason": entry.appeal}),
        **forms,
    }
    return render(request, "disputes/risk/watched.html", context, status=status)
