"""The journal: balances at the end of a day, entries, the rows behind one, and a month for another program."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.exports import export_response
from apps.core.jobs.services import enqueue
from apps.core.paging import keyset_page
from apps.core.panels import Tab
from apps.core.ui import render_page
from apps.merchants.access import has_right, needs
from apps.settlements.enums import JobKind
from apps.settlements.forms.journal import BalanceForm, EntryFilter, ExportForm
from apps.settlements.ledger.formats.registry import FORMATS
from apps.settlements.selectors import journal as books
from apps.settlements.selectors.journal_book import book_of
from apps.settlements.selectors.journal_rows import behind, page_of, rows_of
from apps.settlements.tables.journal import EntryTable, entries_export


def _tabs(slug: str, current: str) -> list[Tab]:
    names = {"reports:months": _("Months"), "settlements:journal": _("Balances"), "settlements:journal_entries": _("Entries")}
    return [Tab(label, reverse(name, args=[slug]), name.endswith(f":{current}")) for name, label in names.items()]


@require_safe
@needs("view_money")
def balances(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Every account at the end of a day, today unless another is asked for."""
    today = clock.local_date(clock.now(), request.merchant.timezone)
    form = BalanceForm(request.GET or None)
    at = (form.is_valid() and form.cleaned_data["at"]) or today
    context = {
        "form": form if form.is_bound else BalanceForm(initial={"at": at}),
        "at": at,
        "groups": books.by_currency(books.balances(request.merchant, at=at)),
        "export_form": ExportForm(initial={"month": at}, auto_id="export_%s"),
        "run": books.last_run(request.merchant),
        "is_behind": books.is_behind(request.merchant),
        "can_refresh": has_right(request.membership, "reconcile"),
        "tabs": _tabs(merchant_slug, "journal"),
    }
    return render(request, "settlements/journal.html", context)


@require_safe
@needs("view_money")
def entries(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Entries, the latest first; `?account=` shows those of one account."""
    found = EntryFilter(request.GET, queryset=books.entries_of_journal(request.merchant), merchant=request.merchant)
    if "export" in request.GET:
        return export_response(request, entries_export(request.merchant, found))
    page = keyset_page(found.qs, request.GET, fields=("entered_on", "id"))
    table = EntryTable(books.with_postings(page.rows, found.chosen_account), slug=merchant_slug)
    context = {
        "filter": found,
        "page": page,
        "table": table,
        "tabs": _tabs(merchant_slug, "journal_entries"),
        "title": _("Journal"),
    }
    return render_page(request, "settlements/payouts.html", "settlements/_payouts.html", context)


@require_safe
@needs("view_money")
def entry(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """One entry with its postings, what reversed it or was reversed by it, and the rows behind it."""
    found = get_object_or_404(books.entries_of_journal(request.merchant), pk=pk)
    found.merchant = request.merchant
    rows = rows_of(found)
    page = None if rows is None else keyset_page(rows, request.GET, fields=("id",))
    context = {
        "entry": found,
        "reversed_by": getattr(found, "reversed_by", None),
        "text": books.entry_text(found),
        "postings": books.postings_of(found),
        "page": page,
        "rows": behind(found, page.rows) if page else [],
        "source_href": page_of(found),
    }
    return render(request, "settlements/journal_entry.html", context)


@require_safe
@needs("download_reports")
def export(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """A month as a file of another program, written while it is read."""
    form = ExportForm(request.GET)
    if not form.is_valid():
        messages.error(request, _("Choose a month and a format."))
        return redirect("settlements:journal", merchant_slug)
    format = FORMATS[form.cleaned_data["format"]]
    first, last = form.days()
    book = book_of(request.merchant, first=first, last=last, names={}, with_opening=format.with_opening)
    response = StreamingHttpResponse(format.write(book), content_type=format.content_type)
    name = f"journal_{merchant_slug}_{first:%Y-%m}_{form.cleaned_data['format']}.{format.suffix}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@needs("reconcile")
def refresh(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Brings the journal up to date now instead of within the minute."""
    enqueue(kind=JobKind.JOURNAL, merchant_id=request.merchant.pk, by=request.user, dedupe_key="journal")
    messages.success(request, _("The journal is being brought up to date."))
    return redirect("settlements:journal", merchant_slug)
