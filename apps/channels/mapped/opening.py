"""What a console delivers, as one delimited text: a text file, a workbook, or either of them in a ZIP or GZIP. No Django here."""

from dataclasses import dataclass
from pathlib import PurePath

from apps.channels import archives
from apps.channels.contracts import FileRefused, Refusal
from apps.channels.workbooks import Style, read_workbook

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
        return _sheet(data, sheet)
    tables = [
        content for name, content in archives.members(data) if PurePath(name).suffix.lower() in _TABLES and not name.startswith("__MACOSX/")
    ]
    if len(tables) != 1:
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="several" if tables else "broken")
    if archives.is_zip(tables[0]):
        return _sheet(tables[0], sheet)
    return Opened(tables[0])


def _sheet(data: bytes, sheet: str) -> Opened:
    book = read_workbook(data, Style(), sheet)
    return Opened(book.text.encode(), "utf-8", ",", book.sheets)
