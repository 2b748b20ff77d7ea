import io
import zipfile

import pypdf
import pytest
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from apps.core import files
from apps.core.documents import DocumentBroken, DocumentEmpty, DocumentKindUnknown, DocumentTooLarge, examine, safe_name
from apps.disputes.errors import DisputeClosed, EvidenceMissing, EvidenceTooMuch, EvidenceTwice
from apps.disputes.models import Evidence, EvidenceBundle
from apps.disputes.selectors.cases import checklist_of, evidence_in_order
from apps.disputes.services import evidence as service
from apps.disputes.services.bundle import ask_for_bundle
from apps.disputes.services.evidence import add_evidence, remove_evidence
from apps.disputes.services.moving import move_dispute
from apps.merchants.models import Merchant
from apps.reports.practice.throwaway import delete_merchant
from tests import cast
from tests.disputes.conftest import pdf, picture
from tests.reports.conftest import pdf_tools  # noqa: F401  fixture

pytestmark = pytest.mark.django_db


def locked_pdf() -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "kind", "kept", "pages"),
    [
        ("parcel.pdf", pdf(3), "application/pdf", "parcel.pdf", 3),
        ("photo.JPG", picture("JPEG"), "image/jpeg", "photo.jpg", None),
        ("really a pdf.pdf", picture("PNG"), "image/png", "really_a_pdf.png", None),
        ("mail.exe", b"Dear Ms Chen,\nyour parcel is here.\n", "text/plain", "mail.txt", None),
        ("對話.txt", "\ufeff陳小姐您好".encode(), "text/plain", "對話.txt", None),
    ],
)
def test_what_a_file_is_decides_and_not_its_name(name, data, kind, kept, pages):
    found = examine(name, data)

    assert (found.media_type, found.name, found.pages) == (kind, kept, pages)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", DocumentEmpty),
        (b"%PDF-1.7\n" + b"0" * 10_485_760, DocumentTooLarge),
        (b"%PDF-1.7 this is no pdf", DocumentBroken),
        (locked_pdf(), DocumentBroken),
        (picture("PNG")[:50], DocumentBroken),
        (b"\xff\xd8\xff\xe0 broken", DocumentBroken),
        (zipped(), DocumentKindUnknown),
        (b"MZ\x90\x00\x03", DocumentKindUnknown),
        (b"<html><script>alert(1)</script>", DocumentKindUnknown),
        (b"  <svg xmlns='x'/>", DocumentKindUnknown),
        (b"   \n", DocumentKindUnknown),
        (b"a\x00b", DocumentKindUnknown),
        (picture("GIF"), DocumentKindUnknown),
    ],
    ids=["empty", "large", "no pdf", "locked", "cut png", "cut jpeg", "zip", "program", "html", "svg", "blank", "nul", "gif"],
)
def test_what_cannot_be_evidence_is_refused_and_nothing_is_kept(shop, opened, lin, data, error):
    dispute = opened()

    with pytest.raises(error):
        add_evidence(merchant=shop, dispute_id=dispute.pk, type="order", name="receipt.pdf", data=data, by=lin, now=cast.NOW)

    assert not Evidence.objects.exists()


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_opened(monkeypatch):
    monkeypatch.setattr("apps.core.documents.MOST_PIXELS", 100)

    with pytest.raises(DocumentBroken):
        examine("photo.png", picture())


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.pdf"), ("C:\\Users\\lin\\receipt.pdf", "receipt.pdf"), (".htaccess", "htaccess.pdf"),

        ('a"b;c\r\nX: y.pdf', "a_b_c_X_y.pdf"), ("", "document.pdf"), ("x" * 300 + ".pdf", "x" * 100 + ".pdf"),
        ("發票 2026.pdf", "發票_2026.pdf"),
    ],
)  # fmt: skip
def test_names_are_made_safe(name, safe):
    assert safe_name(name, ".pdf") == safe


def test_a_document_ticks_the_checklist(shop, opened, lin):
    dispute = opened()
    assert [(point.type, point.is_there) for point in checklist_of(dispute, [])][:2] == [("order", False), ("identity", False)]

    added = add_evidence(merchant=shop, dispute_id=dispute.pk, type="identity", name="3ds.png", data=picture(), by=lin, now=cast.NOW)

    assert files.read(added.sha256) == picture()
    found = {point.type: (point.is_there, point.is_needed) for point in checklist_of(dispute, evidence_in_order(dispute))}
    assert (found["identity"], found["order"], found["messages"]) == ((True, True), (False, True), (False, False))


def test_the_same_file_twice_or_too_many_are_refused(shop, opened, lin, monkeypatch):
    dispute = opened()

    def add(data):
        return add_evidence(merchant=shop, dispute_id=dispute.pk, type="order", name="a.png", data=data, by=lin, now=cast.NOW)

    first = add(picture())
    with pytest.raises(EvidenceTwice):
        add(picture())
    monkeypatch.setattr(service, "MOST_FILES", 1)
    with pytest.raises(EvidenceTooMuch):
        add(picture(color="red"))
    remove_evidence(merchant=shop, dispute_id=dispute.pk, evidence_id=first.pk, by=lin, now=cast.NOW)
    add(picture())

    assert list(Evidence.objects.order_by("pk").values_list("removed_by", flat=True)) == [lin.pk, None]


def test_an_ended_dispute_takes_and_loses_no_document(shop, opened, lin):
    dispute = opened()
    kept = add_evidence(merchant=shop, dispute_id=dispute.pk, type="order", name="a.png", data=picture(), by=lin, now=cast.NOW)
    move_dispute(merchant=shop, dispute_id=dispute.pk, to="lost", by=lin, now=cast.NOW)

    with pytest.raises(DisputeClosed):
        add_evidence(merchant=shop, dispute_id=dispute.pk, type="order", name="b.pdf", data=pdf(), by=lin, now=cast.NOW)
    with pytest.raises(DisputeClosed):
        remove_evidence(merchant=shop, dispute_id=dispute.pk, evidence_id=kept.pk, by=lin, now=cast.NOW)

    assert evidence_in_order(dispute) == [kept]


def test_a_bundle_without_documents_is_refused(shop, opened, lin):
    with pytest.raises(EvidenceMissing):
        ask_for_bundle(merchant=shop, dispute_id=opened().pk, language="en", by=lin, now=cast.NOW)


@pytest.mark.usefixtures("pdf_tools")
def test_one_click_makes_one_pdf_of_all_evidence(shop, opened, lin, run_jobs):
    dispute = opened()
    big = picture("JPEG", (3000, 4000))
    for kind, name, data in (
        ("messages", "chat.txt", "陳小姐：包裹收到了，謝謝！".encode()), ("order", "order.pdf", pdf(2)), ("delivery", "door.jpg", big),
    ):  # fmt: skip
        add_evidence(merchant=shop, dispute_id=dispute.pk, type=kind, name=name, data=data, by=lin, now=cast.NOW)

    ask_for_bundle(merchant=shop, dispute_id=dispute.pk, language="en", by=lin, now=cast.NOW)
    [job] = run_jobs()

    assert job.state == "done"
    bundle = EvidenceBundle.objects.get()
    reader = pypdf.PdfReader(io.BytesIO(files.read(bundle.sha256)))
    assert (bundle.pages, len(reader.pages), bundle.made_by, job.result["pdf"]) == (5, 5, lin, bundle.sha256)
    cover = reader.pages[0].extract_text()
    for words in (
        "du_1",
        "A10293",
        "TWD 1,280",
        "2026-11-20 15:46",
        "somebody else used the card",
        "order.pdf",
        "door.jpg",
        "chat.txt",
        "203.0.113.7",
    ):
        assert words in cover
    assert [item.title for item in reader.outline][:2] == ["Cover", "Order confirmation or invoice"]
    assert "包裹收到了" in reader.pages[4].extract_text()
    shown = reader.pages[3].images[0].image
    assert max(shown.size) == 2000
    assert dispute.events.last().kind == "bundled"


@pytest.mark.usefixtures("pdf_tools")
def test_a_bundle_runs_nothing_that_a_document_brought(shop, opened, lin, run_jobs):
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    script = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert('x')")})
    link = DictionaryObject(
        {NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): script, NameObject("/Contents"): TextStringObject("example.com")}
    )
    writer.root_object[NameObject("/OpenAction")] = script
    writer.pages[0][NameObject("/Annots")] = ArrayObject([link])
    out = io.BytesIO()
    writer.write(out)
    dispute = opened()
    add_evidence(merchant=shop, dispute_id=dispute.pk, type="order", name="a.pdf", data=out.getvalue(), by=lin, now=cast.NOW)

    ask_for_bundle(merchant=shop, dispute_id=dispute.pk, language="zh-hant", by=lin, now=cast.NOW)
    run_jobs()

    data = files.read(EvidenceBundle.objects.get().sha256)
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert not any("/Annots" in page for page in reader.pages)
    assert "/OpenAction" not in reader.trailer["/Root"]
    assert b"app.alert" not in data
    assert b"example.com" not in data


@pytest.mark.postgres
def test_a_practice_shop_goes_with_all_its_disputes(shop, opened, lin):
    dispute = opened()
    add_evidence(merchant=shop, dispute_id=dispute.pk, type="order", name="a.png", data=picture(), by=lin, now=cast.NOW)
    EvidenceBundle.objects.create(merchant=shop, dispute=dispute, sha256="0" * 64, size=1, pages=1, made_at=cast.NOW)

    delete_merchant(shop)

    assert not Evidence.objects.exists()
    assert not EvidenceBundle.objects.exists()
    assert not Merchant.objects.filter(pk=shop.pk).exists()
