"""The row as it was delivered, one click from its reading: the file's own header and cells."""

import csv
import re
from dataclasses import dataclass
from itertools import zip_longest

from apps.channels import registry
from apps.channels.banks.registry import bank_record, bank_text
from apps.channels.contracts import FileRefused
from apps.core import files
from apps.merchants.enums import BankFormat
from apps.settlements.models import BankLine, BankStatement, Statement, StatementLine
from apps.settlements.selectors.facts import Facts

HEADER_WITHIN = 40  # rows above the row in which its header is looked for
FIGURE = re.compile(r"[\d\s.,:/\-+=`'\"]*\d[\d\s.,:/\-+=`'\"]*")
LONGEST = 400  # characters of a cell that are shown


@dataclass(frozen=True, slots=True)
class RawRow:
    """A delivered row: `cells` pairs each column's name with its value; `text` is the line where it has no columns."""

    file: str
    row_no: int
    cells: list[tuple[str, str]]
    text: str


def raw_row_of(facts: Facts) -> RawRow | None:
    """The row behind a difference; None when it has none, or its file is not kept here."""
    row = facts.line or facts.bank_line
    if row is None:
        return None
    try:
        statement, row_no = _place(facts, row)
        data = files.read(statement.sha256)
        if isinstance(row, BankLine) and row.bank_account.format != BankFormat.CSV:
            record = bank_record(row.bank_account.format, data, row.bank_account.mapping, row_no)
            return RawRow(statement.name, row_no, [], record[:2000]) if record else None
        text = _text(facts, row, statement.name, data)
    except (FileNotFoundError, FileRefused, KeyError, ValueError):
        return None
    return _row(statement.name, row_no, text.splitlines())


def _place(facts: Facts, row: StatementLine | BankLine) -> tuple[Statement | BankStatement, int]:
    """The file and row that the difference names; a row may stand in several files."""
    named = facts.item.source_file
    if isinstance(row, StatementLine) and named and named != row.statement.name:
        again = row.sightings.filter(statement__name=named).select_related("statement").first()
        if again:
            return again.statement, again.row_no
    return row.statement, row.row_no


def _text(facts: Facts, row: StatementLine | BankLine, name: str, data: bytes) -> str:
    if isinstance(row, StatementLine):
        return registry.statement_text(facts.channel.provider, name, data)
    return bank_text(BankFormat.CSV, data, row.bank_account.mapping)


def _row(name: str, row_no: int, lines: list[str]) -> RawRow | None:
    if not 1 <= row_no <= len(lines):
        return None
    line = lines[row_no - 1]
    delimiter = "\t" if line.count("\t") > line.count(",") else ","
    cells = _cells(line, delimiter)
    if len(cells) < 2:
        around = lines[row_no - 1 : row_no + 2]
        return RawRow(name, row_no, [], "\n".join(part[:LONGEST] for part in around))
    return RawRow(name, row_no, list(zip_longest(_header(lines[: row_no - 1], len(cells), delimiter), cells, fillvalue="")), line[:2000])


def _header(above: list[str], width: int, delimiter: str) -> list[str]:
    """The nearest row of names above: as wide as the row, without a cell that is a number."""
    for line in [*above[-HEADER_WITHIN:][::-1], *above[:HEADER_WITHIN]]:
        names = _cells(line, delimiter)
        if names and abs(len(names) - width) <= 1 and not any(FIGURE.fullmatch(name) for name in names):
            return names[:width]
    return []


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip()[:LONGEST] for cell in next(csv.reader([line], delimiter=delimiter), [])]
