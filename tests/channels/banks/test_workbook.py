import io
from datetime import date, datetime

import pytest
import xlsxwriter

from apps.channels.banks.registry import bank_record, parse_bank
from apps.channels.contracts import FileRefused, Refusal, Reject
from tests.channels.banks.files import CATHAY, CATHAY_MAPPING, cathay

HEADINGS = ["交易日期", "交易時間", "摘要", "支出金額", "存入金額", "餘額", "備註", "交易序號"]
ROWS = [
    [date(2026, 9, 3), "14:34:46", "轉帳支出", 12000, None, 298000, "房租", "699000022"],
    [date(2026, 9, 14), "12:02:38", "跨行轉入", None, 3520.0, 301520, "王小明 匯款", "710000026"],
    [datetime(2026, 9, 14, 11, 55), "11:55:25", "跨行轉入", None, "3,520", 305040, "王小明 匯款", "710000025"],
    [date(2026, 9, 15), "13:21:39", "跨行轉入", None, 48552, 353592, "綠界科技撥款\nECP20260915", 711000003],
]
FOOTER = ["合計", None, None, 12000, 55592]


def workbook(*rows) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy/mm/dd"})
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(at, column, cell, day)
            elif cell is not None:
                sheet.write(at, column, cell)
    book.close()
    return out.getvalue()


def whole(*rows) -> bytes:
    return workbook(["國泰世華銀行 帳戶交易明細"], ["帳號:****1234,幣別:TWD,查詢期間:2026/09/01~2026/09/30"], HEADINGS, *rows, FOOTER)


def test_workbook_and_csv_say_the_same_by_one_mapping():
    ours, theirs = parse_bank("csv", cathay(whole(*ROWS), name="x.xlsx")), parse_bank("csv", cathay(CATHAY))

    assert ours.lines.drop("row_hash").equals(theirs.lines.drop("row_hash"))
    assert (ours.opening, ours.closing, ours.breaks, ours.account) == (theirs.opening, theirs.closing, (), "****1234")
    assert [total.agrees for total in ours.totals] == [True, True]
    assert bank_record("csv", whole(*ROWS), CATHAY_MAPPING, 4).startswith("2026/09/03,14:34:46,轉帳支出,12000,,298000")


@pytest.mark.parametrize(("cell", "amount"), [(0.1 + 0.2, 30), (1234.1, 123_410), (48552.00, 4_855_200)])
def test_tail_of_a_binary_fraction_is_no_digit(cell, amount):
    row = [date(2026, 9, 3), "", "", None, cell, None, "", ""]

    assert parse_bank("csv", cathay(whole(row), name="x.xlsx")).lines["amount"].to_list() == [amount]


def test_decimal_comma_of_the_mapping_reads_number_cells():
    book = workbook(["Dag", "Bedrag"], [date(2026, 9, 3), 1234.5], [date(2026, 9, 4), "-1.000,25"])
    mapping = {"date": "Dag", "date_format": "%d-%m-%Y", "amount": "Bedrag", "decimal": ",", "skip_rows": 0, "memo": [], "reference": "",
               "debit": "", "credit": "", "balance": "", "footer_starts": ""}  # fmt: skip

    bank = parse_bank("csv", cathay(book, name="x.xlsx", account="", currency="EUR", **mapping))

    assert bank.lines["amount"].to_list() == [123_450, -100_025]


def test_cells_that_cannot_be_read_are_rejected_with_the_row_of_the_sheet():
    bank = parse_bank("csv", cathay(whole(ROWS[0], [date(2026, 9, 4), "", "", 0.001, None, None, "", ""]), name="x.xlsx"))

    assert [(found.row_no, found.code, found.column) for found in bank.rejections] == [(5, Reject.EXCESS_DIGITS, "支出金額")]


def refusal(format, data):
    with pytest.raises(FileRefused) as refused:
        parse_bank(format, cathay(data, name="x.xlsx"))
    return refused.value.code, refused.value.params


def test_refusals():
    assert refusal("csv", workbook(["Date", "Amount"], ["2026-09-01", 1]))[0] == Refusal.OTHER_LAYOUT
    assert refusal("mt940", whole(*ROWS)) == (Refusal.UNREADABLE_FORMAT, {"found": "Excel", "reason": "xlsx", "wanted": "MT940"})
    spoiled = whole(*ROWS).replace(b"xl/workbook.xml", b"xl/workbxxk.xml")
    assert refusal("csv", spoiled) == (Refusal.BAD_ARCHIVE, {"reason": "broken"})
    assert refusal("csv", b"PK\x03\x04 nothing") == (Refusal.BAD_ARCHIVE, {"reason": "broken"})
