"""The Excel report: rows and totals, cached values against formulas worked out again by hand, text that cannot become a formula."""

import re
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from apps.reports.errors import DetailsMoved
from apps.reports.figures import payment_lines
from apps.reports.figures.month_figures import month_figures, sha256_of
from apps.reports.month.stamp import Stamp
from apps.reports.month.workbook import write_workbook
from tests.reports.small_month import NOW, OCTOBER, line_of, make_small_month

pytestmark = pytest.mark.django_db
SHEETS = ["Summary", "Payments", "Fees", "Refunds", "Other movements", "Payouts", "Receivable", "Bank lines", "Differences", "About"]
TERMS = ["Opening receivable", "Sales", "Refunds", "Fees", "Disputes", "Adjustments", "Payouts", "Closing receivable"]


def write(world, path: Path, *, figures=None, **options) -> dict:
    figures = figures or month_figures(world.shop, OCTOBER)
    stamp = Stamp("approved", sha256=sha256_of(figures))
    made = {"merchant": world.shop, "month": OCTOBER, "figures": figures, "stamp": stamp, "language": "en", "now": NOW}
    return write_workbook(path=path, **made, **options)


def rows_of(path: Path, sheet: str) -> list[list]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


@pytest.mark.parametrize("batch", [1, 2, 100_000])
def test_workbook_has_every_row_and_totals_that_tie(tmp_path, monkeypatch, batch):
    monkeypatch.setattr(payment_lines, "BATCH", batch)
    world, path = make_small_month(), tmp_path / "october.xlsx"

    counts = write(world, path)

    assert counts == {"payments": 3, "refunds": 1, "others": 2, "payouts": 4, "receivable": 3, "bank": 2, "differences": 1}
    assert CalamineWorkbook.from_path(str(path)).sheet_names == SHEETS
    summary = rows_of(path, "Summary")
    assert summary[3] == ["Channel code", "Channel", "Currency", *TERMS, "Check, must be 0", "Difference to the PDF, must be 0"]
    assert summary[4][3:] == [972.5, 2800, -500, -82, -300, 11, 2416.5, 485, 0, 0]
    assert summary[5][3:] == [0, 50, 0, -1.75, 0, 0, 0, 48.25, 0, 0]
    assert summary[6][11] == 0
    assert [row[:11] for row in summary[9:11]] == [row[:11] for row in summary[4:6]]


def test_payment_rows_say_what_the_plan_wanted(tmp_path):
    world, path = make_small_month(), tmp_path / "october.xlsx"
    line_of(world.ecpay, date(2026, 10, 30), gross=10000, fee=-500, merchant_ref="A9")

    write(world, path)

    head, *rows = rows_of(path, "Payments")
    found = [
        {name: row[head.index(name)] for name in ("Our reference", "Gross", "Fee", "Fee by the plan", "Fee difference")} for row in rows
    ]
    assert found[2] == {"Our reference": "A9", "Gross": 100, "Fee": -5, "Fee by the plan": -2.75, "Fee difference": -2.25}
    assert found[3] == {"Our reference": "B1", "Gross": 50, "Fee": -1.75, "Fee by the plan": "", "Fee difference": ""}
    fees = rows_of(path, "Fees")[1:]
    assert fees == [
        ["ecpay", "TWD", "Credit card", 3, 2900, -79.75, -82, -2.25],
        ["stripe", "USD", "Credit card", 1, 50, 0, -1.75, 0],
    ]


def test_cached_values_equal_the_formulas_worked_out_by_hand(tmp_path):
    world, path = make_small_month(), tmp_path / "october.xlsx"
    line_of(world.ecpay, date(2026, 10, 30), gross=10000, fee=-500, other=-7)
    write(world, path, max_rows=2)

    book = openpyxl.load_workbook(path)
    cached = openpyxl.load_workbook(path, data_only=True)

    assert book.sheetnames[1:3] == ["Payments", "Payments 2"]
    checked = 0
    for name in ("Summary", "Fees"):
        for row in book[name].iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith("="):
                    assert work_out(cell.value, book[name], cached) == pytest.approx(cached[name][cell.coordinate].value, abs=1e-9)
                    checked += 1
    assert checked == 2 * 10 + 1 + 2 * 5


def work_out(formula: str, sheet, cached) -> float:
    """The few functions our formulas use, over the cells as written."""

    def values(reference: str) -> list:
        name, span = re.fullmatch(r"(?:'([^']+)'!)?(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)", reference).groups()
        cells = (cached[name] if name else cached[sheet.title])[span.replace("$", "")]
        return [cell.value for row in cells for cell in row] if isinstance(cells, tuple) else [cells.value]

    def conditional(match) -> str:
        kind, *parts = [match.group(1), *match.group(2).split(",")]
        summed, pairs = (values(parts[0]), parts[1:]) if kind == "SUMIFS" else (None, parts)
        hits = [True] * len(values(pairs[0]))
        for column, wanted in zip(pairs[::2], pairs[1::2], strict=True):
            target = values(wanted)[0]
            hits = [hit and value == target for hit, value in zip(hits, values(column), strict=True)]
        return repr(float(sum((value or 0) for value, hit in zip(summed or [1] * len(hits), hits, strict=True) if hit)))

    def absolute(match) -> str:
        first, _minus, second = match.group(1).partition("-")
        others = values(second) if second else [0] * len(values(first))
        return repr(float(sum(abs((a or 0) - (b or 0)) for a, b in zip(values(first), others, strict=True))))

    text = re.sub(r"(SUMIFS|COUNTIFS)\(([^()]*)\)", conditional, formula.removeprefix("="))
    text = re.sub(r"SUMPRODUCT\(ABS\(([^()]*)\)\)", absolute, text)
    text = re.sub(r"\b[A-Z]+\d+\b", lambda match: repr(float(values(match.group())[0] or 0)), text)
    return eval(text.replace("ROUND", "round"))  # digits and signs that this test wrote itself


def test_text_cells_are_neutralised_and_about_says_what_the_file_is(tmp_path):
    world, path = make_small_month(), tmp_path / "october.xlsx"
    figures = month_figures(world.shop, OCTOBER)

    write(world, path)

    head, row = rows_of(path, "Differences")
    assert row[head.index("Reason")] == "'=SUM(1) 測試交易"
    about = dict(row[:2] for row in rows_of(path, "About"))
    assert about["Merchant"] == "晴天選物 (qingtian)"
    assert about["Filter"] == "business dates 2026-10-01 to 2026-10-31, all channels"
    assert (about["Currencies"], about["Time zone"], about["State"]) == ("TWD, USD", "Asia/Taipei", "Closed")
    assert (about["SHA-256"], about["Written at"]) == (sha256_of(figures), "2026-11-03 16:20:00 +0800")
    assert (about["Rows of Payments"], about["Fees TWD"], about["Closing receivable USD"]) == ("3", "-82.00", "48.25")


def test_workbook_refuses_rows_that_no_longer_tie(tmp_path):
    world = make_small_month()
    figures = month_figures(world.shop, OCTOBER)
    line_of(world.ecpay, date(2026, 10, 30), gross=1)

    with pytest.raises(DetailsMoved):
        write(world, tmp_path / "october.xlsx", figures=figures)
