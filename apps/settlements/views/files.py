"""Statements: the completeness grid, files brought in by hand, one file with its rows."""

from datetime import date, timedelta
from io import BytesIO

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock, files
from apps.core.errors import HezhangError
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.core.paging import keyset_page
from apps.merchants.access import has_right, needs
from apps.settlements.enums import JobKind, StatementState
from apps.settlements.forms.files import UploadForm, WithdrawForm
from apps.settlements.models import BankStatement, Statement
from apps.settlements.selectors import files as selected
from apps.settlements.selectors import layouts
from apps.settlements.selectors.grid import grid_of
from apps.settlements.selectors.look_first import look_first
from apps.settlements.services.following import STOPPED
from apps.settlements.services.intake import withdraw_file
from apps.settlements.services.uploads import drop_upload, receive_upload
from apps.settlements.tables.files import BankRowTable, FlowTable, LineTable

WAITING = [StatementState.PARSED, StatementState.REJECTED]
RECENT = [StatementState.POSTED, StatementState.WITHDRAWN]


def file_for(request: HttpRequest, lane: str, pk: int) -> Statement | BankStatement:
    """A file of this merchant. :raises Http404: for another merchant's, and for a lane that does not exist."""
    if lane not in selected.LANES:
        raise Http404
    owner = "bank_account" if lane == "bank" else "channel"
    rows = (
        selected.LANES[lane]
        .objects.for_merchant(request.merchant)
        .select_related(owner, "merchant", "created_by", "withdrawn_by", "mapping_version")
    )
    return get_object_or_404(rows, pk=pk)


@require_safe
@needs("view_money")
def statements(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The month's grid (`?month=2026-11`), what waits to be imported, and what came in lately."""
    today = clock.local_date(clock.now(), request.merchant.timezone)
    first = _month(request.GET.get("month", ""), today)
    waiting = selected.files_of(request.merchant, WAITING, limit=60)
    context = {
        "first": first,
        "previous": first - timedelta(days=1),
        "following": first + timedelta(days=31),
        "today": today,
        "grid": grid_of(request.merchant, first, today),
        "looks": look_first(request.merchant),
        "waiting": waiting,
        "importable": sum(row.state == StatementState.PARSED for row in waiting),
        "recent": selected.files_of(request.merchant, RECENT),
        "job": _running_import(request.merchant),
        "can_import": has_right(request.membership, "import_files"),
    }
    return render(request, "settlements/statements.html", context)


def _running_import(merchant) -> Job | None:
    return Job.objects.for_merchant(merchant).filter(kind=JobKind.IMPORT, state__in=["queued", "running"]).order_by("-pk").first()


def _month(text: str, today: date) -> date:
    """The first day of the month asked for; this month where nothing sensible is."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)


@require_POST
@needs("import_files")
def upload(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Reads the files and shows what they are; nothing is imported yet."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        for error in form.errors.get("files", []):
            messages.error(request, error)
    else:
        try:
            for file in form.cleaned_data["files"]:
                receive_upload(merchant=request.merchant, name=file.name, data=file.read(), by=request.user, now=clock.now())
        except HezhangError as error:
            messages.error(request, error.message)
    return redirect("settlements:statements", merchant_slug)


@require_POST
@needs("import_files")
def post_files(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Imports everything that waits, as a job; pressing twice is pressing once."""
    enqueue(kind=JobKind.IMPORT, merchant_id=request.merchant.pk, by=request.user, dedupe_key="import")
    return redirect("settlements:statements", merchant_slug)


@require_safe
@needs("view_money")
def job(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """The progress of a job of this merchant, as the part that asks for itself until it ends."""
    found = get_object_or_404(Job.objects.for_merchant(request.merchant), pk=pk)
    return render(request, "settlements/_job.html", {"job": found})


@require_POST
@needs("import_files")
def drop(request: HttpRequest, merchant_slug: str, lane: str, pk: int) -> HttpResponse:
    drop_upload(preview=file_for(request, lane, pk))
    return redirect("settlements:statements", merchant_slug)


@require_safe
@needs("view_money")
def file(request: HttpRequest, merchant_slug: str, lane: str, pk: int) -> HttpResponse:
    """One file: what it says of itself, its totals, its rows, its refusal row by row."""
    found = file_for(request, lane, pk)
    page = keyset_page(selected.lines_of(found), request.GET, fields=("id",))
    table = (BankRowTable if lane == "bank" else FlowTable if selected.is_flow(found) else LineTable)(page.rows)
    context = {
        "file": found,
        "lane": lane,
        "row": selected.file_row(found),
        "totals": selected.totals_of(found),
        "notes": selected.notes_of(found),
        "balances": selected.balances_of(found),
        "is_flow": selected.is_flow(found),
        "rejected": selected.rejected_rows(found),
        "page": page,
        "table": table,
        "change": layouts.change_of(found) if found.state == StatementState.REJECTED else None,
        "doors": layouts.doors_of(found) if found.state == StatementState.REJECTED else [],
        "can_map": has_right(request.membership, "edit_mappings"),
        "can_force": found.refusal in STOPPED and found.state == StatementState.REJECTED and has_right(request.membership, "force_import"),
        "can_withdraw": found.state == StatementState.POSTED and has_right(request.membership, "withdraw_files"),
    }
    return render(request, "settlements/file.html", context)


@require_safe
@needs("download_reports")
def download(request: HttpRequest, merchant_slug: str, lane: str, pk: int) -> HttpResponse:
    """The bytes exactly as delivered."""
    found = file_for(request, lane, pk)
    try:
        data = files.read(found.sha256)
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(BytesIO(data), as_attachment=True, filename=found.name, content_type="application/octet-stream")


@require_POST
@needs("withdraw_files")
def withdraw(request: HttpRequest, merchant_slug: str, lane: str, pk: int) -> HttpResponse:
    """Takes a file back as a whole, then reconciles anew."""
    found, form = file_for(request, lane, pk), WithdrawForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give a reason: it stays on record."))
        return redirect("settlements:file", merchant_slug, lane, pk)
    try:
        withdraw_file(file=found, reason=form.cleaned_data["reason"], by=request.user, now=clock.now())
    except HezhangError as error:
        messages.error(request, error.message)
        return redirect("settlements:file", merchant_slug, lane, pk)
    enqueue(kind=JobKind.RECONCILE, merchant_id=request.merchant.pk, by=request.user, dedupe_key="reconcile")
    rows = found.lines_new
    messages.success(
        request, ngettext("The file and its %(n)s row are withdrawn.", "The file and its %(n)s rows are withdrawn.", rows) % {"n": rows}
    )
    return redirect("settlements:file", merchant_slug, lane, pk)
