"""The accountant's month from end to end in a real browser: books and files in, three differences cleared, the month signed by two."""

import re
import shutil
import subprocess

import pytest
from python_calamine import CalamineWorkbook

from apps.reports.models import MonthClose
from apps.settlements.models import Discrepancy
from tests import cast
from tests.browser import assert_no_axe_violations
from tests.journeys import october
from tests.reports.conftest import pdf_tools  # noqa: F401  fixture
from tests.strictness import skip_or_fail

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("pdf_tools")]
BASE = "/m/sunny"


def test_a_month_from_books_to_two_signatures(page, run_jobs, tmp_path):
    shop = october.open_shop()
    lin = cast.accountant(shop, email="lin@example.com", name="林怡君", language="en")
    wang = cast.owner(shop, email="wang@example.com", name="王志明", language="en")
    page.emulate_media(reduced_motion="reduce")

    log_in(page, lin)
    bring_the_books_in(page, run_jobs, tmp_path)
    bring_the_files_in(page, run_jobs, tmp_path)
    reconcile(page, run_jobs)
    clear_the_queue(page)
    prepare(page, run_jobs, tmp_path)
    log_out(page)
    log_in(page, wang)
    pdf, xlsx = approve(page, run_jobs, tmp_path)

    close = MonthClose.objects.get()
    assert (close.state, close.prepared_by, close.approved_by) == ("approved", lin, wang)
    compare_the_two_reports(pdf, xlsx, close.figures_sha256)


def log_in(page, user) -> None:
    page.goto("/")
    page.fill("[name=username]", user.email)
    page.fill("[name=password]", cast.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{BASE}/**")


def log_out(page) -> None:
    page.get_by_label("My account").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login/")


def keep(folder, name: str, data: bytes):
    (folder / name).write_bytes(data)
    return folder / name


def facts(page) -> dict[str, str]:
    """A list of facts: label → value."""
    return dict(zip(page.locator("main dl.facts dt").all_inner_texts(), page.locator("main dl.facts dd").all_inner_texts(), strict=True))


def bring_the_books_in(page, run_jobs, tmp_path) -> None:
    page.goto(f"{BASE}/orders/import/")
    page.set_input_files("input[type=file]", keep(tmp_path, "payments.csv", october.books()))
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_url(re.compile(r"/orders/import/\d+/$"))
    run_jobs()
    page.reload()
    assert facts(page) == {"Rows in the file": "6", "New": "6", "Changed": "0", "Same": "0", "Rejected": "0"}

    page.get_by_role("button", name="Bring in 6 rows").click()
    page.wait_for_url(lambda url: not url.endswith("/confirm/"))
    run_jobs()
    page.goto(f"{BASE}/orders/payments/")
    assert page.locator("main tbody tr").count() == 6


def bring_the_files_in(page, run_jobs, tmp_path) -> None:
    named = {**october.stripe_reports(), "bank_october.csv": october.bank_file(), "spoiled.csv": october.broken_report()}
    page.goto(f"{BASE}/statements/?month=2025-10")
    page.set_input_files("#upload input[type=file]", [keep(tmp_path, name, data) for name, data in named.items()])
    page.locator("#upload").get_by_role("button", name="Upload").click()
    page.locator("#waiting").wait_for()

    refused = page.locator("#waiting tr.is-refused")
    assert refused.count() == 1
    assert refused.locator("a.title").inner_text() == "spoiled.csv"
    assert "1 row cannot be read, so nothing of the file was imported." in refused.inner_text()
    good = page.locator("#waiting tbody tr:not(.is-refused)")
    assert {row.locator("a.title").inner_text(): row.locator("td.num").inner_text() for row in good.all()} == {
        "payouts_october.csv": "4",
        "payouts_november.csv": "1",
        "bank_october.csv": "3",
    }
    assert_no_axe_violations(page)

    page.get_by_role("button", name="Import 3 files").click()
    page.wait_for_load_state()
    run_jobs()
    page.goto(f"{BASE}/statements/?month=2025-10")
    said = page.locator(".month-grid a[aria-label]").evaluate_all("cells => cells.map(one => one.getAttribute('aria-label'))")
    assert said == [
        "Stripe, 6 Oct 2025: statement in · totals agree · 1 difference · paid out",
        "Stripe, 7 Oct 2025: statement in · totals agree · 2 differences · paid out",
        "Stripe, 8 Oct 2025: statement in · totals agree · all matched · paid out",
        "Stripe, 9 Oct 2025: statement in · totals agree · all matched · paid out",
        "Stripe, 30 Oct 2025: statement in · totals agree · all matched · payout due 3 Nov 2025",
    ]
    assert_no_axe_violations(page)
    page.locator(".month-grid a[aria-label]").nth(1).click()
    page.wait_for_url(f"**{BASE}/discrepancies/?*")
    assert page.locator("#desk-list tr[data-href]").count() == 2


def reconcile(page, run_jobs) -> None:
    page.goto(f"{BASE}/discrepancies/")
    page.get_by_role("button", name="Reconcile now").click()
    page.wait_for_load_state()
    run_jobs()
    page.goto(f"{BASE}/discrepancies/")
    rows = page.locator("#desk-list tr[data-href]")
    assert sorted(row.locator("td.num").all_inner_texts() for row in rows.all()) == [
        ["60.00", "70.00", "+10.00"],
        ["80.00", "none", "−80.00"],
        ["−1.75", "−2.50", "−0.75"],
    ]
    assert list(Discrepancy.objects.order_by("order_no").values_list("order_no", "kind", "expected_minor", "actual_minor", "state")) == [
        ("S2", "fee_mismatch", -175, -250, "open"),
        ("S3", "missing_at_provider", 8000, 0, "open"),
        ("S4", "amount_mismatch", 6000, 7000, "open"),
    ]


def open_item(page, order_no: str) -> None:
    page.goto(f"{BASE}/discrepancies/")
    page.locator("tr[data-href]", has_text=order_no).locator("a.title").click()
    page.locator("#headline").wait_for()


def clear_the_queue(page) -> None:
    # The first by keyboard alone: move to it, open the form, say how and why.
    page.goto(f"{BASE}/discrepancies/")
    page.keyboard.press("j")
    while "S3" not in page.evaluate("document.activeElement.closest('tr').innerText"):
        page.keyboard.press("j")
    page.keyboard.press("r")
    page.locator("#act-resolve[open]").wait_for()
    page.locator("#one_resolution").select_option("explained")
    page.fill("#one_reason", "The customer paid in cash.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("[data-toast]").wait_for()

    # The second by the button of the first suggestion.
    open_item(page, "S2")
    assert_no_axe_violations(page)
    page.locator("ol.advice").get_by_role("button", name="Claim it").click()
    page.locator("[data-toast]").wait_for()

    # The third is written off by hand.
    open_item(page, "S4")
    page.locator("#act-resolve summary").click()
    page.locator("#one_resolution").select_option("written_off")
    page.fill("#one_reason", "The customer tipped.")
    page.locator("#act-resolve button").click()
    page.locator("[data-toast]").wait_for()

    page.goto(f"{BASE}/discrepancies/")
    assert page.locator(".cleared h2").inner_text().split("\n")[-1] == "All cleared"
    assert "3 differences were closed today." in page.locator(".cleared").inner_text()
    assert "Open differences 0 = 0: every line up to" in page.locator(".cleared .proof").inner_text()
    assert_no_axe_violations(page)
    assert list(Discrepancy.objects.order_by("order_no").values_list("order_no", "state", "resolution")) == [
        ("S2", "resolved", "claimed"),
        ("S3", "resolved", "explained"),
        ("S4", "written_off", "written_off"),
    ]


def download(page, name: str, folder):
    with page.expect_download() as found:
        page.get_by_role("link", name=name, exact=True).click()
    found.value.save_as(folder / found.value.suggested_filename)
    return folder / found.value.suggested_filename


def prepare(page, run_jobs, tmp_path) -> None:
    page.goto(f"{BASE}/reports/")
    page.get_by_role("link", name="October 2025").click()
    page.get_by_role("button", name="Make a draft").click()
    page.get_by_role("progressbar").wait_for()
    run_jobs()
    page.get_by_role("link", name="PDF draft").wait_for()
    assert "Draft" in text_of(download(page, "PDF draft", tmp_path))

    page.get_by_role("button", name="Prepare the month").click()
    page.get_by_role("progressbar").wait_for()
    run_jobs()
    page.get_by_text("You prepared this month, so another person approves it.").wait_for()
    assert page.get_by_role("button", name="Approve and close").count() == 0


def approve(page, run_jobs, tmp_path):
    page.goto(f"{BASE}/reports/2025-10/")
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Approve and close").click()
    page.get_by_role("progressbar").wait_for()
    run_jobs()
    page.get_by_text("This month is read-only").wait_for()
    assert page.locator(".equation .value").all_inner_texts() == ["0.00", "460.00", "0.00", "15.59", "0.00", "0.00", "405.87", "38.54"]
    return download(page, "PDF", tmp_path), download(page, "Excel", tmp_path)


def text_of(pdf) -> str:
    """What a person reads in the PDF, blanks folded."""
    if not shutil.which("pdftotext"):
        skip_or_fail("pdftotext is not installed (poppler-utils)")
    assert pdf.read_bytes().startswith(b"%PDF")
    said = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    return " ".join(said.split())


def compare_the_two_reports(pdf, xlsx, sha256: str) -> None:
    assert (pdf.name, xlsx.name) == ("sunny-2025-10.pdf", "sunny-2025-10.xlsx")
    text = text_of(pdf)
    assert "0.00 + 460.00 − 0.00 − 15.59 − 0.00 + 0.00 = 405.87 + 38.54" in text
    assert "Stripe 0.00 460.00 0.00 −15.59 0.00 0.00 405.87 38.54 =" in text
    assert f"SHA-256 {sha256}" in text
    assert "林怡君" in text
    assert "王志明" in text

    summary = CalamineWorkbook.from_path(str(xlsx)).get_sheet_by_name("Summary").to_python(skip_empty_area=False)
    assert summary[1][0] == f"SHA-256 {sha256}"
    assert summary[4] == ["stripe", "Stripe", "USD", 0, 460, 0, -15.59, 0, 0, 405.87, 38.54, 0, 0]
    payments = CalamineWorkbook.from_path(str(xlsx)).get_sheet_by_name("Payments").to_python(skip_empty_area=False)
    head, *rows = [row for row in payments if row[0] != ""]
    assert sum(row[head.index("Gross")] for row in rows) == 460
    assert round(sum(row[head.index("Fee")] for row in rows), 2) == -15.59
