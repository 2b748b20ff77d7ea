"""Evidence of a dispute: upload, download, take out, and the one PDF of all."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock, files
from apps.core.errors import HezhangError
from apps.core.models import Job
from apps.disputes.enums import DisputeJob
from apps.disputes.forms.cases import EvidenceForm
from apps.disputes.models import Evidence
from apps.disputes.services.bundle import ask_for_bundle
from apps.disputes.services.evidence import add_evidence, remove_evidence
from apps.disputes.views.shared import dispute_for, say, show_case, to_case
from apps.merchants.access import needs

LANGUAGES = ("zh-hant", "zh-hans", "en")


@require_POST
@needs("answer_disputes")
def upload(request: HttpRequest, merchant_slug: str, public_id: str) -> HttpResponse:
    """Adds a document."""
    dispute, form = dispute_for(request, public_id), EvidenceForm(request.POST, request.FILES, auto_id="evidence_%s")
    if not form.is_valid():
        return show_case(request, dispute, evidence_form=form, status=422)
    said = form.cleaned_data
    try:
        add_evidence(
            merchant=request.merchant,
            dispute_id=dispute.pk,
            type=said["type"],
            name=said["file"].name,
            data=said["file"].read(),
            by=request.user,
            now=clock.now(),
            note=said["note"],
        )
    except HezhangError as error:
        form.add_error("file", str(error))
        return show_case(request, dispute_for(request, public_id), evidence_form=form, status=422)
    return to_case(dispute, merchant_slug, "evidence")


@require_safe
@needs("view_money")
def document(request: HttpRequest, merchant_slug: str, public_id: str, pk: int) -> HttpResponse:
    """One document, always as a download: it came from outside."""
    dispute = dispute_for(request, public_id)
    found = get_object_or_404(dispute.evidence.all(), pk=pk)
    return _download(found.sha256, found.name, found.media_type)


@require_POST
@needs("answer_disputes")
def remove(request: HttpRequest, merchant_slug: str, public_id: str, pk: int) -> HttpResponse:
    """Takes a document out."""
    dispute = dispute_for(request, public_id)
    try:
        remove_evidence(merchant=request.merchant, dispute_id=dispute.pk, evidence_id=pk, by=request.user, now=clock.now())
    except Evidence.DoesNotExist as error:
        raise Http404 from error
    except HezhangError as error:
        return show_case(request, dispute_for(request, public_id), problem=str(error), status=422)
    return to_case(dispute, merchant_slug, "evidence")


@require_POST
@needs("answer_disputes")
def bundle(request: HttpRequest, merchant_slug: str, public_id: str) -> HttpResponse:
    """Asks for the one PDF in a language of the reader it goes to."""
    dispute = dispute_for(request, public_id)
    wanted = request.POST.get("language", "")
    language = wanted if wanted in LANGUAGES else get_language() or LANGUAGES[0]
    try:
        ask_for_bundle(merchant=request.merchant, dispute_id=dispute.pk, language=language, by=request.user, now=clock.now())
    except HezhangError as error:
        return show_case(request, dispute, problem=str(error), status=422)
    say(request, _("The evidence file is being made."))
    return to_case(dispute, merchant_slug, "evidence")


@require_safe
@needs("view_money")
def bundle_file(request: HttpRequest, merchant_slug: str, public_id: str, pk: int) -> HttpResponse:
    """A PDF of all evidence as it was made."""
    dispute = dispute_for(request, public_id)
    found = get_object_or_404(dispute.bundles.all(), pk=pk)
    return _download(found.sha256, f"evidence-{dispute.public_id}.pdf", "application/pdf")


@require_safe
@needs("view_money")
def job(request: HttpRequest, merchant_slug: str, public_id: str, pk: int) -> HttpResponse:
    """How far the evidence file is."""
    dispute = dispute_for(request, public_id)
    found = get_object_or_404(Job.objects.for_merchant(request.merchant), pk=pk, kind=DisputeJob.BUNDLE, payload__dispute_id=dispute.pk)
    return render(request, "disputes/_job.html", {"dispute": dispute, "job": found})


def _download(sha256: str, name: str, media_type: str) -> HttpResponse:
    response = HttpResponse(files.read(sha256), content_type=media_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
