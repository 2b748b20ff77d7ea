"""disputes.csv on the page: look first, then write."""

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock, files
from apps.core.errors import HezhangError
from apps.disputes.errors import row_reason
from apps.disputes.exports import empty_book
from apps.disputes.forms.cases import FileForm
from apps.disputes.services.file_import import import_disputes, preview_disputes
from apps.disputes.views.shared import say
from apps.merchants.access import needs

SALT = "disputes.import"
KEPT = 60 * 60  # seconds a preview may be confirmed
SHOWN = 100


@needs("answer_disputes")
def upload(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The file, and what writing it would do; nothing is written here."""
    form, context = FileForm(request.POST or None, request.FILES or None), {}
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        data = file.read()
        try:
            report = preview_disputes(merchant=request.merchant, name=file.name, data=data)
        except HezhangError as error:
            form.add_error("file", str(error))
        else:
            token = signing.dumps([request.merchant.pk, file.name[:255], files.store(data)], salt=SALT)
            context = {"report": report, "token": token, "faults": _faults(report)}
    return render(request, "disputes/import.html", {"form": form, **context}, status=422 if form.errors else 200)


def _faults(report) -> list[tuple[int, str, str, str]]:
    return [(one.row_no, one.column, one.value, row_reason(one.code, one.value)) for one in report.faults[:SHOWN]]


@require_POST
@needs("answer_disputes")
def confirm(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Writes the file that was looked at; `keep_good=1` leaves its rejected rows out."""
    try:
        merchant_id, name, sha256 = signing.loads(request.POST.get("token", ""), salt=SALT, max_age=KEPT)
    except (signing.BadSignature, ValueError):
        merchant_id, name, sha256 = None, "", ""
    if merchant_id != request.merchant.pk:
        return render(request, "disputes/refused.html", {"problem": _("This preview is too old. Choose the file again.")}, status=422)
    try:
        report = import_disputes(
            merchant=request.merchant,
            name=name,
            data=files.read(sha256),
            by=request.user,
            now=clock.now(),
            keep_good=request.POST.get("keep_good") == "1",
        )
    except HezhangError as error:
        return render(request, "disputes/refused.html", {"problem": str(error)}, status=422)
    say(request, _("%(new)s new, %(changed)s changed, %(same)s the same.") % _counts(report))
    return redirect("disputes:disputes", merchant_slug)


def _counts(report) -> dict[str, int]:
    return {"new": report.rows_new, "changed": report.rows_changed, "same": report.rows_same}


@require_safe
@needs("answer_disputes")
def columns(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """An empty file with the right headings."""
    response = HttpResponse(empty_book(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="disputes.csv"'
    return response
