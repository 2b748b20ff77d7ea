"""Excel workbooks of the books as the CSV they stand for."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from zipfile import BadZipFile

import python_calamine as calamine

from apps.orders.errors import BooksBadWorkbook, BooksEmpty, BooksTooLarge

LIMIT_BYTES = 64 * 1024 * 1024  # a workbook unpacks to many times its size
_ZIP = b"PK\x03\x04"


def as_csv(name: str, data: bytes) -> bytes:
    """The bytes as they are for text; the first sheet of a workbook as CSV with the same row numbers.

    :raises BooksRefused: when a workbook is too large or cannot be opened.
    """
    if not data.startswith(_ZIP) and not name.lower().endswith((".xlsx", ".xlsm")):
        return data
    if len(data) > LIMIT_BYTES:
        raise BooksTooLarge(limit_mb=LIMIT_BYTES // 1024 // 1024)
    try:
        rows = calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (calamine.CalamineError, BadZipFile, ValueError, OSError) as error:
        raise BooksBadWorkbook from error
    if not rows:
        raise BooksEmpty
    out = io.StringIO()
    width = max((at + 1 for at, cell in enumerate(rows[0]) if cell != ""), default=0)
    # Formatted but empty columns at the right come along as blanks; cells beyond the header that say something stay, to be refused.
    csv.writer(out, lineterminator="\n").writerows([_text(cell) for at, cell in enumerate(row) if at < width or cell != ""] for row in rows)
    return out.getvalue().encode()


def _text(cell) -> str:
    """Numbers without the float's tail; a date stays without offset, and the check says so."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell).replace("\r\n", "\n").replace("\n", "\x02")  # a line break inside a cell: told as a control character
