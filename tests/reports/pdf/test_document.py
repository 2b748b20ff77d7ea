"""The PDF: its figures are in the text, its Chinese fonts are inside, drafts look like drafts, and it loads nothing but ours."""

import re
import shutil
import subprocess

import pytest

from apps.core.print_files import printer
from apps.reports.errors import PdfUnavailable
from apps.reports.figures.month_figures import month_figures, sha256_of
from apps.reports.month.stamp import Signature, Stamp
from apps.reports.pdf import document, own_files
from tests import cast
from tests.reports.small_month import NOW, OCTOBER, make_small_month
from tests.strictness import skip_or_fail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pdf_tools")]


def poppler(tool: str, *arguments: str) -> str:
    """pdftotext and pdffonts read what a person's viewer would."""
    if not shutil.which(tool):
        skip_or_fail(f"{tool} is not installed (poppler-utils)")
    return subprocess.run([tool, *arguments], check=True, capture_output=True, text=True).stdout


def render(world, path, *, is_draft=False, language="en"):
    figures = month_figures(world.shop, OCTOBER)
    signed = {"prepared": Signature("林怡君", "accountant", NOW), "approved": Signature("王志明", "owner", NOW)}
    stamp = Stamp() if is_draft else Stamp("approved", **signed, sha256=sha256_of(figures))
    path.write_bytes(document.render_pdf(merchant=world.shop, month=OCTOBER, figures=figures, stamp=stamp, language=language, now=NOW))
    return stamp, " ".join(poppler("pdftotext", "-layout", str(path), "-").split())


def test_pdf_holds_the_figures_the_names_and_the_hash_on_every_page(tmp_path):
    world = make_small_month()

    stamp, text = render(world, tmp_path / "october.pdf")

    assert "972.50 + 2,800 − 500 − 82 − 300 + 11 = 2,416.50 + 485" in text
    assert "綠界 972.50 2,800 −500 −82 −300 +11 2,416.50 485 =" in text
    assert "Stripe 0.00 50.00 0.00 −1.75 0.00 0.00 0.00 48.25 =" in text
    assert "綠界 4,733 985 2,416.50 500 109.50 300 0 −12 434 =" in text
    assert "林怡君" in text
    assert "王志明" in text
    pages = re.findall(r"\b(\d) ?/ ?(3)\b", text)
    assert pages == [(str(number), "3") for number in (1, 2, 3)]
    assert text.count(f"SHA-256 {stamp.sha256}") == 3
    assert "TWD −333" in text
    assert "Draft" not in text


def test_pdf_embeds_the_fonts_of_its_language(tmp_path):
    world = make_small_month()
    render(world, tmp_path / "tc.pdf", language="zh-hant")
    render(world, tmp_path / "sc.pdf", language="zh-hans")

    for name, script in (("tc", "TC"), ("sc", "SC")):
        rows = [line.split() for line in poppler("pdffonts", str(tmp_path / f"{name}.pdf")).splitlines()[2:]]
        fonts = {row[0].split("+")[1] for row in rows}
        assert fonts == {"Inter", "Inter-Bold", f"Noto-{script}", f"Noto-{script}-Bold"}
        assert {row[-5] for row in rows} == {"yes"}


def test_a_draft_says_so_has_no_hash_and_names_what_is_open(tmp_path):
    world = make_small_month()
    cast.make_discrepancy(world.ecpay, order_no="A10293", business_date=OCTOBER.last)

    _stamp, text = render(world, tmp_path / "draft.pdf", is_draft=True)

    assert "Draft" in text
    assert "SHA-256" not in text
    assert "not prepared yet" in text
    assert "A10293" in text


def test_at_most_500_rows_are_named_and_the_rest_is_counted(monkeypatch, tmp_path):
    assert sum(document.MOST.values()) == 500
    world = make_small_month()
    monkeypatch.setitem(document.MOST, "payouts", 1)

    _stamp, text = render(world, tmp_path / "october.pdf")

    assert "3 more are in the Excel report." in text


def test_a_month_in_which_nothing_moved_prints(tmp_path):
    shop = cast.make_merchant()
    figures = month_figures(shop, OCTOBER)

    html = document.report_html(merchant=shop, month=OCTOBER, figures=figures, stamp=Stamp(), language="en", now=NOW)

    assert "Nothing moved in this month." in html


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "https://example.com/a.png", "own:fonts/../../settings.py", "own:static/js/frame.js", "own:media/x"]
)
def test_pdf_loads_only_its_own_files(address):
    with pytest.raises(ValueError, match=address):
        printer().OwnFiles().fetch(address)


def test_missing_fonts_are_a_sentence(settings, tmp_path):
    settings.FONTS_ROOT = tmp_path

    with pytest.raises(PdfUnavailable):
        document.render_pdf(merchant=None, month=OCTOBER, figures={}, stamp=Stamp(), language="en", now=NOW)


def test_missing_pango_is_a_sentence(monkeypatch):
    monkeypatch.setattr(own_files, "printer", lambda: None)

    with pytest.raises(PdfUnavailable):
        document.render_pdf(merchant=None, month=OCTOBER, figures={}, stamp=Stamp(), language="en", now=NOW)
