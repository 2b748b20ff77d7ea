"""All evidence of a dispute as one PDF: a cover, then each document in the order of the checklist."""

import io
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pypdf
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from apps.core import files
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.core.print_files import fonts_are_here, printer
from apps.disputes.enums import DisputeJob, EventKind
from apps.disputes.errors import BundleUnavailable, EvidenceMissing
from apps.disputes.models import Dispute, Evidence, EvidenceBundle
from apps.disputes.selectors.cases import evidence_in_order
from apps.disputes.selectors.reasons import reason_of
from apps.disputes.services.events import locked, tell
from apps.merchants.models import Merchant

LONGEST_SIDE = 2000  # pixels of a picture in the bundle: legible on paper, small enough to send
QUALITY = 82


@dataclass(frozen=True, slots=True)
class Part:
    """A document as it stands in the bundle."""

    evidence: Evidence
    number: int
    first_page: int
    pages: int


def ask_for_bundle(*, merchant: Merchant, dispute_id: int, language: str, by, now: datetime) -> Job:
    """Asks for the bundle in the background. :raises EvidenceMissing: there is nothing to put in."""
    dispute = Dispute.objects.for_merchant(merchant).get(pk=dispute_id)
    if not dispute.evidence.filter(removed_at=None).exists():
        raise EvidenceMissing
    payload = {"dispute_id": dispute.pk, "language": language}
    return enqueue(kind=DisputeJob.BUNDLE, merchant_id=merchant.pk, payload=payload, by=by, dedupe_key=f"bundle:{dispute.pk}", now=now)


def make_bundle(*, merchant: Merchant, dispute_id: int, language: str, by, now: datetime, progress) -> EvidenceBundle:
    """Draws the PDF and keeps it. :raises EvidenceMissing, BundleUnavailable: and nothing is kept."""
    dispute = Dispute.objects.for_merchant(merchant).select_related("payment__order", "channel").get(pk=dispute_id)
    documents = evidence_in_order(dispute)
    if not documents:
        raise EvidenceMissing
    with translation.override(language), timezone.override(ZoneInfo(merchant.timezone)):
        data, pages = draw_bundle(dispute, merchant, documents, language, now, progress)
    with transaction.atomic():
        dispute = locked(merchant, dispute_id)
        bundle = EvidenceBundle.objects.create(
            merchant=merchant,
            dispute=dispute,
            sha256=files.store(data),
            size=len(data),
            pages=pages,
            documents=[one.pk for one in documents],
            made_at=now,
            made_by=by,
        )
        tell(dispute, EventKind.BUNDLED, by=by, now=now, documents=len(documents), pages=pages, sha256=bundle.sha256)
    return bundle


def draw_bundle(dispute: Dispute, merchant: Merchant, documents: list[Evidence], language: str, now, progress) -> tuple[bytes, int]:
    """The bytes and the number of pages; in the language and zone that are active."""
    _check_tools()
    bodies: list[pypdf.PdfReader] = []
    for at, one in enumerate(documents):
        progress(5 + 70 * at // len(documents), one.name)
        bodies.append(_body(dispute, one, at + 1, language))
    counts = [len(body.pages) for body in bodies]
    cover = _draw("pdf/evidence.html", _cover_context(dispute, merchant, _parts(documents, counts, 1), language, now))
    ahead = len(cover.pages)
    if ahead != 1:  # a long list runs on to a second page and moves every number
        cover = _draw("pdf/evidence.html", _cover_context(dispute, merchant, _parts(documents, counts, ahead), language, now))
    writer = pypdf.PdfWriter()
    for number, body in enumerate([cover, *bodies]):
        first = len(writer.pages)
        writer.append(body, import_outline=False)
        title = documents[number - 1].get_type_display() if number else _("Cover")
        writer.add_outline_item(title=str(title), page_number=first)
    _make_harmless(writer)
    writer.add_metadata({"/Title": f"{_('Evidence')} {dispute}", "/Author": merchant.name, "/Producer": "Hezhang"})
    out = io.BytesIO()
    writer.write(out)
    progress(95, "")
    return out.getvalue(), len(writer.pages)


def _check_tools() -> None:
    if printer() is None:
        raise BundleUnavailable(reason=_("the system library Pango is missing"))
    if not fonts_are_here():
        raise BundleUnavailable(reason=_("the Chinese fonts are not here yet; bin/assets.py fonts fetches them"))


def _parts(documents: list[Evidence], counts: list[int], ahead: int) -> list[Part]:
    found, page = [], ahead + 1
    for number, (one, count) in enumerate(zip(documents, counts, strict=True), start=1):
        found.append(Part(one, number, page, count))
        page += count
    return found


def _cover_context(dispute: Dispute, merchant: Merchant, parts: list[Part], language: str, now: datetime) -> dict:
    return {
        "language": language,
        "dispute": dispute,
        "merchant": merchant,
        "payment": dispute.payment,
        "reason": reason_of(dispute.reason_code, dispute.family),
        "parts": parts,
        "now": now,
    }


def _body(dispute: Dispute, one: Evidence, number: int, language: str) -> pypdf.PdfReader:
    """A document as pages: a PDF as it is, a picture or a text on a page with its title."""
    data = files.read(one.sha256)
    if one.media_type == "application/pdf":
        return pypdf.PdfReader(io.BytesIO(data), strict=False)
    context = {"language": language, "dispute": dispute, "evidence": one, "number": number, "text": ""}
    if one.media_type == "text/plain":
        return _draw("pdf/evidence_page.html", {**context, "text": data.decode("utf-8-sig")})
    return _draw("pdf/evidence_page.html", {**context, "picture": True}, {"picture": (_smaller(data), "image/jpeg")})


def _smaller(data: bytes) -> bytes:
    """A picture turned upright, without what the camera wrote into it (place, device), at most LONGEST_SIDE wide or high."""
    with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as opened:
        picture = ImageOps.exif_transpose(opened)
        if picture.mode != "RGB":
            flat = Image.new("RGB", picture.size, "white")
            picture = picture.convert("RGBA")
            flat.paste(picture, mask=picture.getchannel("A"))
            picture = flat
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _draw(template: str, context: dict, given: dict | None = None) -> pypdf.PdfReader:
    html = render_to_string(template, context)
    return pypdf.PdfReader(io.BytesIO(printer().draw(html, given)))


def _make_harmless(writer: pypdf.PdfWriter) -> None:
    """What a page may start or link to is left out: scripts, forms, attachments and addresses of other people's documents."""
    for page in writer.pages:
        for name in ("/Annots", "/AA"):
            if name in page:
                del page[name]
    for name in ("/OpenAction", "/AA", "/AcroForm"):
        if name in writer.root_object:
            del writer.root_object[name]
