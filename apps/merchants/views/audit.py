"""The audit trail of a merchant: search, one event, exports, and proof that the chain holds."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from apps.audit.exporting import chain_lines, event_line
from apps.audit.models import AuditChain, AuditCheckpoint, AuditEvent
from apps.audit.reading import row_of
from apps.audit.signing import public_key
from apps.core import clock
from apps.core.exports import Column, Export, Kind, export_response, filter_text
from apps.core.jobs.services import enqueue
from apps.core.models import OPEN_JOB_STATES, Job
from apps.core.paging import keyset_page
from apps.core.ui import render_page
from apps.merchants.access import has_right, needs
from apps.merchants.enums import AUDIT_KIND
from apps.merchants.tables import AuditFilter, AuditTable

BATCH = 2000
JSONL = "application/x-ndjson"
COLUMNS = (
    Column(gettext_lazy("Place"), "seq", Kind.NUMBER),
    Column(gettext_lazy("Time"), "happened_at", Kind.MOMENT),
    Column(gettext_lazy("Who"), "actor_label"),
    Column(gettext_lazy("What"), "action"),
    Column(gettext_lazy("Subject"), "subject_type"),
    Column(gettext_lazy("Number"), "subject_id"),
    Column(gettext_lazy("Words"), "subject_label"),
    Column(gettext_lazy("Reason"), "reason"),
    Column(gettext_lazy("Before"), "before"),
    Column(gettext_lazy("After"), "after"),
    Column(gettext_lazy("Address"), "ip"),
    Column(gettext_lazy("Browser"), "user_agent"),
    Column(gettext_lazy("Hash"), "hash"),
)


def _mine(request: HttpRequest):
    return AuditEvent.objects.for_merchant(request.merchant)


@require_safe
@needs("view_audit")
def audit(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    found = AuditFilter(request.GET, queryset=_mine(request), merchant=request.merchant)
    if "export" in request.GET and has_right(request.membership, "download_reports"):
        return _export(request, found)
    page = keyset_page(found.qs, request.GET, fields=("id",))
    context = {
        "filter": found,
        "page": page,
        "table": AuditTable(page.rows, merchant=request.merchant),
        "last": Job.objects.for_merchant(request.merchant).filter(kind=AUDIT_KIND).order_by("-pk").first(),
        "open_states": OPEN_JOB_STATES,
        "public_key": public_key(),
        "end": AuditChain.objects.filter(pk=request.merchant.pk).first(),
        "checkpoint": AuditCheckpoint.objects.filter(chain_id=request.merchant.pk).order_by("-day").first(),
    }
    return render_page(request, "merchants/audit.html", "merchants/_audit_list.html", context)


def _export(request: HttpRequest, found: AuditFilter) -> HttpResponse:
    """Exactly the filtered rows, oldest first."""
    rows = found.qs.order_by("id")
    if request.GET["export"] == "jsonl":
        lines = (event_line(row_of(row)) for row in rows.iterator(chunk_size=BATCH))
        return _download(lines, f"audit_{merchant_day(request)}.jsonl")
    export = Export(
        name="audit",
        title=_("Audit trail"),
        merchant=request.merchant.name,
        currency=request.merchant.currency,
        timezone=request.merchant.timezone,
        filter_text=filter_text(found.form),
        columns=COLUMNS,
        rows=rows,
    )
    return export_response(request, export)


def merchant_day(request: HttpRequest) -> str:
    return f"{clock.local_date(clock.now(), request.merchant.timezone):%Y%m%d}"


def _download(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(lines, content_type=JSONL, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@require_safe
@needs("view_audit")
def chain(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The whole chain with its checkpoints: what `verify_audit --export` takes."""
    name = f"audit_chain_{request.merchant.slug}_{merchant_day(request)}.jsonl"
    return _download(chain_lines([request.merchant.pk], now=clock.now()), name)


@require_POST
@needs("view_audit")
def verify(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    enqueue(kind=AUDIT_KIND, merchant_id=request.merchant.pk, dedupe_key="verify", by=request.user)
    return redirect("merchants:audit", merchant_slug)


@require_safe
@needs("view_audit")
def job(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    row = get_object_or_404(Job.objects.for_merchant(request.merchant), pk=pk, kind=AUDIT_KIND)
    return render(request, "merchants/_audit_job.html", {"job": row})


@require_safe
@needs("view_audit")
def event(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    row = get_object_or_404(_mine(request), pk=pk)
    names = [*row.before, *(name for name in row.after if name not in row.before)]
    changes = [(name, row.before.get(name, ""), row.after.get(name, "")) for name in names]
    return render(request, "merchants/audit_event.html", {"event": row, "changes": changes})
