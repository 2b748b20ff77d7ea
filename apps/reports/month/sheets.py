"""Sheets written row by row in constant memory, split before the limit of a spreadsheet, every text cell made harmless."""

from dataclasses import dataclass
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from apps.core import money
from apps.core.exports import neutral

MAX_ROWS = 1_000_000  # data rows a sheet; the format itself ends at 1,048,576
DATE, TIME, MONEY, COUNT, TEXT = "date", "time", "money", "count", "text"
_FORMATS = {DATE: "yyyy-mm-dd", TIME: "yyyy-mm-dd hh:mm:ss", COUNT: "#,##0"}


@dataclass(frozen=True, slots=True)
class Column:
    """`key` names the column in formulas, `title` is what people read."""

    key: str
    title: str
    kind: str = TEXT
    width: int = 16


class Book:
    """An xlsx file under way. Close it; nothing is readable before."""

    def __init__(self, path: Path, *, max_rows: int = MAX_ROWS):
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.workbook = xlsxwriter.Workbook(str(path), options)
        self.max_rows = max_rows
        self._formats: dict[tuple, object] = {}

    def style(self, **properties):
        """A cell format, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(properties)
        return self._formats[key]

    def money_style(self, currency: str, **properties):
        digits = money.exponent(currency)
        return self.style(num_format="#,##0" + ("." + "0" * digits if digits else ""), **properties)

    def sheet(self, name: str):
        return self.workbook.add_worksheet(name[:31])

    def close(self) -> None:
        self.workbook.close()


class SplitSheet:
    """A list that goes on in a second sheet when one is full. Rows are dicts by column key; `currency` formats the money."""

    def __init__(self, book: Book, name: str, columns: list[Column]):
        self.book, self.name, self.columns = book, name, columns
        self.parts: list[tuple[str, int]] = []  # sheet name, data rows
        self.rows = 0
        self._styles: dict[tuple[str, str], object] = {}
        self._letters = {column.key: xl_col_to_name(at) for at, column in enumerate(columns)}
        self._start_part()

    def write(self, row: dict) -> None:
        name, filled = self.parts[-1]
        if filled == self.book.max_rows:
            self._start_part()
            name, filled = self.parts[-1]
        for at, column in enumerate(self.columns):
            self._cell(filled + 1, at, column.kind, row[column.key], row.get("currency", ""))
        self.parts[-1] = (name, filled + 1)
        self.rows += 1

    def sum_of(self, key: str, **conditions: str) -> str:
        """A formula part: the sum of a column where other columns equal cells, e.g. `channel="$A5"`. All parts of the list."""
        return "+".join(f"SUMIFS({self._range(key, part)},{self._where(part, conditions)})" for part in self.parts)

    def count_of(self, **conditions: str) -> str:
        return "+".join(f"COUNTIFS({self._where(part, conditions)})" for part in self.parts)

    def _where(self, part: tuple[str, int], conditions: dict[str, str]) -> str:
        return ",".join(f"{self._range(key, part)},{cell}" for key, cell in conditions.items())

    def _range(self, key: str, part: tuple[str, int]) -> str:
        letter = self._letters[key]
        return f"'{part[0]}'!${letter}$2:${letter}${max(part[1], 1) + 1}"

    def _start_part(self) -> None:
        name = self.name if not self.parts else f"{self.name} {len(self.parts) + 1}"
        self._sheet = self.book.sheet(name)
        self._sheet.freeze_panes(1, 0)
        head = self.book.style(bold=True, bottom=1, text_wrap=True, valign="bottom")
        for at, column in enumerate(self.columns):
            self._sheet.set_column(at, at, column.width)
            self._sheet.write_string(0, at, column.title, head)
        self._sheet.autofilter(0, 0, self.book.max_rows, len(self.columns) - 1)
        self.parts.append((name, 0))

    def _style(self, kind: str, currency: str):
        """Looked up for every cell of a million rows, so kept by its two names."""
        found = self._styles.get((kind, currency))
        if found is None:
            found = self.book.money_style(currency) if kind == MONEY else self.book.style(num_format=_FORMATS[kind])
            self._styles[kind, currency] = found
        return found

    def _cell(self, row: int, at: int, kind: str, value, currency: str) -> None:
        if value is None or value == "":
            return
        if kind == MONEY:
            self._sheet.write_number(row, at, major(value, currency), self._style(kind, currency))
        elif kind == TEXT:
            self._sheet.write_string(row, at, neutral(str(value)))
        elif kind == COUNT:
            self._sheet.write_number(row, at, value, self._style(kind, ""))
        else:
            self._sheet.write_datetime(row, at, value, self._style(kind, ""))


def major(minor: int, currency: str) -> float:
    """The number a spreadsheet holds: below 2**53 minor units, division gives the float nearest to the exact amount."""
    return minor / 10 ** money.exponent(currency)
