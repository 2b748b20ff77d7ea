"""The frame that PayPal puts around its rows: heads and feet of report, file and section, each known by two letters in the first cell.

`RH` report, `FH` file and `SH` section open; `CH` names the columns; `SB` is a row; `SF` and `RF` state sums per currency, `SC`, `RC`
and `FF` count rows. A file in parts opens with FH again. Some exports hold sections alone, without heads, counts or feet.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from apps.channels import delimited
from apps.channels.contracts import FileRefused, Refusal, Total
from apps.core.money import exponent

OPENING = ("RH", "FH", "SH", "CH")
SUMS = ("gross credits", "gross debits", "fee credits", "fee debits")  # the first four figures of a footer
AVAILABLE = "available balance"
_FRAME = re.compile(rb'^"?(RH|FH|SH|CH|SF|SC|RF|RC|FF)"?(?:,[^\n]*|)$', re.M)
_DAY = re.compile(r"(20\d{2})[/-](\d{1,2})[/-](\d{1,2})")
_WHOLE = re.compile(r"\d{1,17}")


@dataclass
class Section:
    """One table of rows: where it stands in the text, and what its head and feet say."""

    header: tuple[str, ...] = ()
    header_row: int = 0
    start: int = 0
    end: int = 0
    first_row: int = 0
    feet: list[list[str]] = field(default_factory=list)
    stated_rows: int | None = None


@dataclass
class Report:
    """The whole file. `is_framed`: it has heads, counts or feet of a complete file, so all of them must be there."""

    sections: list[Section] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    feet: list[list[str]] = field(default_factory=list)
    stated_rows: int | None = None
    file_rows: int | None = None
    is_framed: bool = False


def read_frame(body: bytes) -> Report:
    """Finds heads, tables and feet.

    :raises FileRefused: CUT_SHORT when the end is missing, BAD_FORMAT when rows stand where none can.
    """
    report, section, last, gap_from, row, counted_to = Report(), None, "", 0, 1, 0
    for found in _FRAME.finditer(body):
        row += body.count(b"\n", counted_to, found.start())
        counted_to = found.start()
        if section is not None and last == "CH":
            section.end = found.start()
        elif body[gap_from : found.start()].strip(b" \t\n,"):
            raise FileRefused(Refusal.BAD_FORMAT, row=row, reason="after_end")
        last, cells = found[1].decode(), _cells(found[0])
        if last == "CH":
            section = Section(delimited.header_names(found[0].decode(errors="replace")), row, found.end() + 1, len(body), row + 1)
            report.sections.append(section)
        else:
            _note(report, section, last, cells, row)
        gap_from = found.end()
    _check_end(report, body, last, gap_from)
    return report


def totals_of(report: Report, sums: list[dict[str, int]], counts: list[int]) -> tuple[Total, ...]:
    """What the feet state beside what the rows come to.

    `sums` are for each section the figures of SUMS in minor units, by `<currency> <figure>`; `counts` the rows of each.
    """
    whole: Counter[str] = Counter()
    made: list[Total] = []
    for section, computed, count in zip(report.sections, sums, counts, strict=True):
        whole.update(computed)
        made += _feet_totals("SF", section.feet, computed, expected=report.is_framed)
        made += _count("SC", section.stated_rows, count)
    made += _feet_totals("RF", report.feet, whole, expected=False)
    made += [*_count("RC", report.stated_rows, sum(counts)), *_count("FF", report.file_rows, sum(counts))]
    return tuple(made)


def _note(report: Report, section: Section | None, kind: str, cells: list[str], row: int) -> None:
    report.is_framed = report.is_framed or kind in ("RH", "FH", "SC", "RC", "FF")
    if kind == "SH":
        report.accounts += [cells[3]] if len(cells) > 3 and cells[3] else []
        report.days += [day for cell in cells[1:3] for day in _days(cell)]
    elif kind == "RF":
        report.feet.append(cells)
    elif kind in ("RC", "FF"):
        name = "stated_rows" if kind == "RC" else "file_rows"
        setattr(report, name, (getattr(report, name) or 0) + _whole(cells, 1, row))
    elif kind in ("SF", "SC") and section is None:
        raise FileRefused(Refusal.BAD_FORMAT, row=row, reason="after_end")
    elif kind == "SF":
        section.feet.append(cells)
    elif kind == "SC":
        section.stated_rows = _whole(cells, 1, row)


def _check_end(report: Report, body: bytes, last: str, gap_from: int) -> None:
    if last not in ("", "CH") and body[gap_from:].strip(b" \t\n,"):
        raise FileRefused(Refusal.BAD_FORMAT, row=body.count(b"\n", 0, gap_from) + 2, reason="after_end")
    if report.is_framed and (last != "FF" or any(section.stated_rows is None for section in report.sections)):
        raise FileRefused(Refusal.CUT_SHORT, row=body.rstrip(b"\n").count(b"\n") + 1, wanted="FF" if last != "FF" else "SC")


def _cells(line: bytes) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line.decode(errors="replace")]), [])]


def _days(cell: str) -> Iterable[date]:
    for year, month, day in _DAY.findall(cell):
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue


def _whole(cells: list[str], at: int, row: int) -> int:
    if at >= len(cells) or not _WHOLE.fullmatch(cells[at]):
        raise FileRefused(Refusal.BAD_FORMAT, row=row, reason="total")
    return int(cells[at])


def minor(hundredths: int, currency: str) -> int:
    """PayPal counts hundredths of the currency's main unit, whatever the currency. :raises FileRefused: for half a yen."""
    digits = exponent(currency)
    if digits < 2 and hundredths % 10 ** (2 - digits):
        raise FileRefused(Refusal.BAD_FORMAT, row=0, reason="total")
    return hundredths * 10 ** (digits - 2) if digits >= 2 else hundredths // 10 ** (2 - digits)


def _feet_totals(name: str, feet: list[list[str]], computed: dict[str, int], *, expected: bool) -> list[Total]:
    """One Total a figure of each footer; with `expected` a currency that has rows but no footer is a difference too."""
    made, told = [], set()
    for cells in feet:
        currency = cells[1].upper() if len(cells) > 1 else ""
        figures = {what: computed.get(f"{currency} {what}", 0) for what in SUMS}
        told.add(currency)
        stated = [minor(_whole(cells, at, 0), currency) for at in range(2, 6)]
        made += [Total(f"{name} {currency} {what}", value, figures[what]) for what, value in zip(SUMS, stated, strict=True)]
        made += _balance(name, cells, currency, figures)
    silent = sorted({figure[:3] for figure in computed} - told) if expected else []
    made += [Total(f"{name} {currency} {what}", 0, computed.get(f"{currency} {what}", 0)) for currency in silent for what in SUMS]
    return made


def _balance(name: str, cells: list[str], currency: str, figures: dict[str, int]) -> list[Total]:
    """Opening and movements against closing, where the footer states balances at all: some exports write zeros throughout."""
    pairs = [(cells[at], cells[at + 1]) for at in range(6, len(cells) - 1, 2)]
    if len(pairs) < 2 or not all(mark in ("CR", "DR") and _WHOLE.fullmatch(value) for mark, value in pairs[:2]):
        return []
    if not any(value.strip("0") for _, value in pairs):
        return []
    opening, closing = (minor(int(value), currency) * (1 if mark == "CR" else -1) for mark, value in pairs[:2])
    moved = figures[SUMS[0]] - figures[SUMS[1]] + figures[SUMS[2]] - figures[SUMS[3]]
    return [Total(f"{name} {currency} {AVAILABLE}", closing, opening + moved)]


def _count(name: str, stated: int | None, computed: int) -> list[Total]:
    return [] if stated is None else [Total(f"{name} rows", stated, computed, unit="count")]
