"""Excel workbooks of a bank as the delimited text that its column mapping reads. No Django here.

The first sheet counts. Each of its rows becomes one line, so that row numbers are those Excel shows. A date cell is written by the
mapped `date_format` and a number with the mapped decimal mark, so the same mapping reads the bank's CSV and its workbook.
"""

import csv
import io
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import python_calamine as calamine

from apps.channels import archives
from apps.channels.contracts import FileRefused, Refusal

LIMIT_MB = 64  # unpacked; a year of a busy account is a tenth of it
LIMIT_ROWS = 200_000


def as_text(data: bytes, mapping: dict) -> str:
    """The first sheet as text.

    :raises FileRefused: bad_archive when the workbook cannot be opened or unpacks to too much, bad_format when it has too many rows.
    """
    if sum(len(content) for _, content in archives.members(data)) > LIMIT_MB * 1024**2:
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="too_large")
    try:
        rows = calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=LIMIT_ROWS + 1)
    except Exception as error:  # a Rust library: whatever it says of a hostile workbook, the workbook cannot be read
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="broken") from error
    if len(rows) > LIMIT_ROWS:
        raise FileRefused(Refusal.BAD_FORMAT, row=LIMIT_ROWS + 1, reason="too_large")
    out = io.StringIO()
    delimiter = {"tab": "\t", "\\t": "\t"}.get(mapping.get("delimiter") or ",", mapping.get("delimiter") or ",")
    writer = csv.writer(out, lineterminator="\n", delimiter=delimiter)
    width = max((at + 1 for row in rows for at, cell in enumerate(row) if cell != ""), default=0)
    writer.writerows([_text(cell, mapping) for cell in row[:width]] for row in rows)
    return out.getvalue()


def _text(cell, mapping: dict) -> str:
    """A number as a person sees it: 15 digits are what Excel keeps, the rest is the tail of its binary fraction."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float | int):
        plain = f"{Decimal(f'{cell:.15g}'):f}"
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return plain.replace(".", mapping.get("decimal") or ".")
    if isinstance(cell, datetime | date):
        return cell.strftime((mapping.get("date_format") or "%Y-%m-%d").replace("%K", str(cell.year - 1911)))
    if isinstance(cell, time | timedelta):
        return str(cell)
    return " ".join(str(cell).split("\n")).replace("\r", "")
