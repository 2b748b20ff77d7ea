"""Workbooks and archives are read as the text they stand for; hostile ones cost nothing."""

import io
import zipfile
from datetime import datetime

import pytest
import xlsxwriter

from apps.channels import workbooks
from apps.channels.contracts import FileRefused, Refusal, StatementFile
from apps.channels.mapped.opening import opened
from apps.channels.mapped.statement import parse, text

MAPPING = {
    "time": "時間",
    "merchant_ref": "訂單",
    "gross": "金額",
    "net": "淨額",
    "footer_starts": "合計",
    "encoding": "big5",
    "delimiter": ";",
}
ROWS = [["門市報表"], ["時間", "訂單", "金額", "淨額"], [datetime(2026, 9, 1, 10, 30), "A1", 1280.5, 1280.5], ["合計", "", 1280.5, 1280.5]]


def workbook(rows, *names: str) -> bytes:
    """A workbook whose last sheet holds the rows."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for name in names or ("Sheet1",):
            sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_datetime(at, column, cell, day) if isinstance(cell, datetime) else sheet.write(at, column, cell)
    return out.getvalue()


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return out.getvalue()


def refusal(data: bytes, sheet: str = "") -> tuple:
    with pytest.raises(FileRefused) as refused:
        opened(data, sheet)
    return refused.value.code, refused.value.params.get("reason")


def file_of(data: bytes, **mapping) -> StatementFile:
    return StatementFile("x.xlsx", data, "Asia/Taipei", "TWD", "", {**MAPPING, **mapping})


def test_a_workbook_is_read_like_its_text_and_rows_keep_their_numbers():
    data = workbook(ROWS)

    found = parse(file_of(data))

    assert found.lines.select("row_no", "merchant_ref", "gross", "net").rows() == [(3, "A1", 128_050, 128_050)]
    assert [(total.stated, total.agrees) for total in found.totals] == [(128_050, True), (128_050, True)]
    assert text("x.xlsx", data).splitlines()[2] == "2026-09-01 10:30:00,A1,1280.5,1280.5"
    assert parse(file_of(packed(a_xlsx=data))).lines.equals(found.lines)


def test_the_sheet_is_the_one_the_mapping_names():
    data = workbook(ROWS, "說明", "明細")

    assert parse(file_of(data, sheet="明細")).lines.height == 1
    assert refusal(data, "別的") == (Refusal.BAD_FORMAT, "no sheet 別的: 說明, 明細")


def test_a_zip_with_one_table_is_that_table_and_with_several_is_refused():
    assert opened(packed(a_csv=b"x,y\n", read_md=b"hello")).data == b"x,y\n"
    assert refusal(packed(a_csv=b"x", b_csv=b"y")) == (Refusal.BAD_ARCHIVE, "several")
    assert refusal(packed(read_md=b"hello")) == (Refusal.BAD_ARCHIVE, "broken")
    assert refusal(workbook(ROWS)[:300]) == (Refusal.BAD_ARCHIVE, "broken")


def test_a_workbook_beyond_the_cap_is_refused(monkeypatch):
    monkeypatch.setattr(workbooks, "MAX_CELLS", 10)

    assert refusal(workbook(ROWS)) == (Refusal.BAD_ARCHIVE, "too_large")


def test_numbers_are_written_as_the_sheet_shows_them():
    data = workbook([["a", "b", "c", "d"], [0.1 + 0.2, 20260901, 1e20, True]])

    assert opened(data).data == b"a,b,c,d\n0.3,20260901,1e+20,TRUE\n"
