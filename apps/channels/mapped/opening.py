"""What a console delivers, as one delimited text: a text file, a workbook, or either of them in a ZIP or GZIP. No Django here."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import PurePath

import python_calamine as calamine

from apps.channels import archives
from apps.channels.contracts import FileRefused, Refusal

MAX_CELLS = 4_000_000  # of a workbook: some 200,000 rows of 20 columns; beyond it the CSV is asked for
_TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm")
_WORKBOOK = "xl/workbook.xml"


@dataclass(frozen=True, slots=True)
class Opened:
    """The delimited text; of a workbook `encoding` and `delimiter` are ours and known, else empty. `sheets` names its sheets."""

    data: bytes
    encoding: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()


def opened(data: bytes, sheet: str = "") -> Opened:
    """The table inside; row n of a workbook is line n of the text.

    :raises FileRefused: BAD_ARCHIVE (broken, encrypted, too large, or several tables) or BAD_FORMAT when it has no such sheet.
    """
    data = archives.gunzip(data)
    if not archives.is_zip(data):
        return Opened(data)
    if _WORKBOOK in archives.names(data):
        archives.members(data)  # proves that it unpacks to no more than it may
        return _workbook(data, sheet)
    tables = [
        content for name, content in archives.members(data) if PurePath(name).suffix.lower() in _TABLES and not name.startswith("__MACOSX/")
    ]
    if len(tables) != 1:
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="several" if tables else "broken")
    if archives.is_zip(tables[0]):
        archives.members(tables[0])
        return _workbook(tables[0], sheet)
    return Opened(tables[0])


def _workbook(data: bytes, sheet: str) -> Opened:
    try:
        book = calamine.load_workbook(io.BytesIO(data))
        if sheet and sheet not in book.sheet_names:
            raise FileRefused(Refusal.BAD_FORMAT, row=1, reason=f"no sheet {sheet}: {', '.join(book.sheet_names)}"[:200])
        table = book.get_sheet_by_name(sheet) if sheet else book.get_sheet_by_index(0)
        height, width = table.end or (0, 0)
        if (height + 1) * (width + 1) > MAX_CELLS:
            raise FileRefused(Refusal.BAD_ARCHIVE, reason="too_large")
        rows = table.to_python(skip_empty_area=False)
    except (calamine.CalamineError, ValueError, OSError) as error:
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="broken") from error
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_text(cell) for cell in row] for row in rows)
    return Opened(out.getvalue().encode(), "utf-8", ",", tuple(book.sheet_names))


def _text(cell) -> str:
    """A cell as the sheet shows it: fifteen digits are all that a workbook keeps of a number."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 10**15 else f"{cell:.15g}"
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date | time | timedelta):
        return str(cell)
    return " ".join(str(cell).splitlines())
