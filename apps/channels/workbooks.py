"""Excel workbooks as the delimited text that a column mapping reads, whether a provider's console or a bank made them. No Django here.

Each row of the sheet becomes one line, so that row numbers are those Excel shows. A date is written by the mapped format and a number with
the mapped decimal mark, so the same mapping reads a sender's CSV and its workbook.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import python_calamine as calamine

from apps.channels import archives
from apps.channels.contracts import FileRefused, Refusal

MAX_CELLS = 4_000_000  # some 200,000 rows of 20 columns; beyond it the CSV is asked for
EXACT = 10**15  # fifteen digits are all that a workbook keeps of a number; longer ones show that they were rounded


@dataclass(frozen=True, slots=True)
class Style:
    """How cells are written as text. Without `date_format` a day is ISO and a moment has its seconds."""

    delimiter: str = ","
    decimal: str = "."
    date_format: str = ""


@dataclass(frozen=True, slots=True)
class Workbook:
    """One sheet as text, and the names of all sheets."""

    text: str
    sheets: tuple[str, ...]


def read_workbook(data: bytes, style: Style, sheet: str = "") -> Workbook:
    """The named sheet, or the first.

    :raises FileRefused: bad_archive (broken, too large), or bad_format when it has no such sheet.
    """
    archives.members(data)  # proves that it unpacks to no more than it may
    try:
        book = calamine.load_workbook(io.BytesIO(data))
        names = tuple(book.sheet_names)
        if sheet and sheet not in names:
            raise FileRefused(Refusal.BAD_FORMAT, row=1, reason=f"no sheet {sheet}: {', '.join(names)}"[:200])
        table = book.get_sheet_by_name(sheet) if sheet else book.get_sheet_by_index(0)
        height, width = table.end or (0, 0)
        if (height + 1) * (width + 1) > MAX_CELLS:
            raise FileRefused(Refusal.BAD_ARCHIVE, reason="too_large")
        rows = table.to_python(skip_empty_area=False)
    except FileRefused:
        raise
    except Exception as error:  # a Rust library: whatever it says of a hostile workbook, the workbook cannot be read
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="broken") from error
    return Workbook(_written(rows, style), names)


def _written(rows: list[list], style: Style) -> str:
    """The rows as lines, less empty columns at the right."""
    out = io.StringIO()
    width = max((at + 1 for row in rows for at, cell in enumerate(row) if cell != ""), default=0)
    csv.writer(out, lineterminator="\n", delimiter=style.delimiter).writerows([_text(cell, style) for cell in row[:width]] for row in rows)
    return out.getvalue()


def _text(cell, style: Style) -> str:
    """A cell as the sheet shows it; beyond its fifteen digits a number is only the tail of a binary fraction."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float | int):
        if abs(cell) >= EXACT:
            return f"{cell:.15g}"
        plain = f"{Decimal(f'{cell:.15g}'):f}"
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return plain.replace(".", style.decimal)
    if isinstance(cell, date):
        usual = "%Y-%m-%d %H:%M:%S" if isinstance(cell, datetime) else "%Y-%m-%d"
        return cell.strftime((style.date_format or usual).replace("%K", str(cell.year - 1911)))
    if isinstance(cell, time | timedelta):
        return str(cell)
    return " ".join(str(cell).splitlines())
