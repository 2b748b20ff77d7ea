"""CSV and Excel of exactly the rows a list shows.

COLUMNS = (
    Column(_("Order"), "order__order_no"),
    Column(_("Amount"), "amount_minor", Kind.MONEY),       # in the currency of the row
    Column(_("Paid at"), "paid_at", Kind.MOMENT),           # in the merchant's zone
    Column(_("State"), lambda row: row.get_state_display()),
)
export = Export(
    name="payments", title=_("Payments"), merchant=merchant.name, currency=merchant.currency, timezone=merchant.timezone,
    filter_text=filter_text(found.form), columns=COLUMNS, rows=found.qs.select_related("order"), total="amount_minor",
)
return export_response(request, export)                      # ?export=csv or ?export=xlsx

A block above the headings says merchant, currency, zone, filter, row count and total. Numbers stay numbers; a text that a spreadsheet
would take for a formula is neutralised.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from zoneinfo import ZoneInfo

import xlsxwriter
from django.db.models import Count, QuerySet, Sum
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from apps.core import clock, money

BATCH = 2000
SHEET_ROWS = 1_000_000  # Excel ends at 1,048,576
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Kind(StrEnum):
    """How a cell is written."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"  # minor units in the row's currency
    DAY = "day"
    MOMENT = "moment"  # UTC in the row, written in the merchant's zone


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, and where its value is: a path with `__`, or a function of the row."""

    heading: str
    value: str | Callable
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Export:
    """What to write. `total` names the field summed by currency in the head, `currency_field` the row's currency."""

    name: str
    title: str
    merchant: str
    currency: str
    timezone: str
    columns: Sequence[Column]
    rows: QuerySet
    filter_text: str = ""
    total: str = ""
    currency_field: str = "currency"


def export_response(request: HttpRequest, export: Export):
    """The download that `?export=` asks for; anything but xlsx is CSV."""
    name = f"{export.name}_{clock.local_date(clock.now(), export.timezone):%Y%m%d}"
    if request.GET.get("export") == "xlsx":
        return FileResponse(xlsx_file(export), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)
    response = StreamingHttpResponse(csv_lines(export), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def filter_text(form) -> str:
    """The filters that are set, as people read them: "State: paid; From: 2026-11-01"."""
    if not form.is_bound or not form.is_valid():
        return _("none")
    chosen = []
    for bound in form:
        value = form.cleaned_data.get(bound.name)
        if value not in (None, "", [], ()) and not (isinstance(value, QuerySet) and not value):
            choices = {str(key): label for key, label in getattr(bound.field, "choices", [])}
            chosen.append(f"{bound.label}: {choices.get(str(value), value)}")
    return "; ".join(chosen) or _("none")


def head(export: Export) -> list[tuple[str, str]]:
    """The block above the headings: label and value."""
    count, totals = _count_and_totals(export)
    local = clock.now().astimezone(ZoneInfo(export.timezone))
    lines = [
        (_("Export"), str(export.title)),
        (_("Merchant"), export.merchant),
        (_("Currency"), export.currency),
        (_("Time zone"), export.timezone),
        (_("Written at"), f"{local:%Y-%m-%d %H:%M}"),
        (_("Filter"), str(export.filter_text) or _("none")),
        (_("Rows"), str(count)),
    ]
    return [*lines, *((f"{_('Total')} {code}", money.plain(minor, code)) for code, minor in totals)]


def csv_lines(export: Export) -> Iterator[str]:
    """The file in pieces, in the language that is active now, though it is read after the view has ended."""
    first = [[label, neutral(value) if not _is_number(value) else value] for label, value in head(export)]
    top = "\ufeff" + _csv([*first, [], [neutral(str(column.heading)) for column in export.columns]])
    return chain([top], _csv_batches(export, translation.get_language()))


def _csv_batches(export: Export, language: str) -> Iterator[str]:
    """The rows; the language is set for each batch only, since other requests run between two of them."""
    zone = ZoneInfo(export.timezone)
    rows = iter(export.rows.iterator(chunk_size=BATCH))
    while True:
        with translation.override(language):
            batch = [[_csv_cell(row, column, export, zone) for column in export.columns] for row in islice(rows, BATCH)]
        if not batch:
            return
        yield _csv(batch)


def xlsx_file(export: Export):
    """A temporary file at its start, gone when closed. Memory stays constant; a further sheet begins every million rows."""
    target = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "yyyy-mm-dd"}
    book = xlsxwriter.Workbook(target, options)
    styles = _Styles(book)
    sheet, line = None, SHEET_ROWS
    zone = ZoneInfo(export.timezone)
    for row in export.rows.iterator(chunk_size=BATCH):
        if line >= SHEET_ROWS:
            sheet, line = _new_sheet(book, export, styles, is_first=sheet is None)
        for number, column in enumerate(export.columns):
            _write_cell(sheet, line, number, row, column, export, styles, zone)
        line += 1
    if sheet is None:
        _new_sheet(book, export, styles, is_first=True)
    book.close()
    target.seek(0)
    return target


def neutral(text: str) -> str:
    """A text that a spreadsheet would run as a formula gets a leading apostrophe."""
    return f"'{text}" if text.lstrip(" ")[:1] in tuple(FORMULA_STARTS) or text[:1] in tuple(FORMULA_STARTS) else text


def _count_and_totals(export: Export) -> tuple[int, list[tuple[str, int]]]:
    """One query: how many rows, and the total of each currency in it."""
    if not export.total:
        return export.rows.order_by().count(), []
    groups = export.rows.order_by().values_list(export.currency_field).annotate(rows=Count("pk"), total=Sum(export.total)).order_by()
    found = sorted(groups)
    return sum(rows for _code, rows, _sum in found), [(code, total or 0) for code, _rows, total in found]


def _value(row, column: Column):
    if callable(column.value):
        return column.value(row)
    for part in column.value.split("__"):
        row = getattr(row, part, None)
    return row


def _currency(row, export: Export) -> str:
    return _value(row, Column("", export.currency_field)) or export.currency


def _csv(rows: list[list]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _csv_cell(row, column: Column, export: Export, zone: ZoneInfo) -> str:
    value = _value(row, column)
    if value is None:
        return ""
    if column.kind == Kind.MONEY:
        return money.plain(value, _currency(row, export))
    if column.kind == Kind.MOMENT:
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return str(value) if column.kind in (Kind.NUMBER, Kind.DAY) else neutral(str(value))


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


class _Styles:
    """The few formats of a sheet; `money` has one for each count of digits."""

    def __init__(self, book: xlsxwriter.Workbook):
        self.bold = book.add_format({"bold": True, "bottom": 1})
        self.label = book.add_format({"font_color": "#59686E"})
        self.text = book.add_format({"quote_prefix": True})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.money = [book.add_format({"num_format": "#,##0" + ("." + "0" * digits if digits else "")}) for digits in range(4)]


def _new_sheet(book, export: Export, styles: _Styles, *, is_first: bool):
    """A sheet with headings (the first also has the block above them), and the line where its rows begin."""
    sheet = book.add_worksheet()
    sheet.set_column(0, max(len(export.columns) - 1, 1), 18)
    line = 0
    for label, value in head(export) if is_first else ():
        sheet.write_string(line, 0, label, styles.label)
        sheet.write_number(line, 1, float(value)) if _is_number(value) else sheet.write_string(line, 1, value, styles.text)
        line += 1
    line += 1 if is_first else 0
    for number, column in enumerate(export.columns):
        sheet.write_string(line, number, str(column.heading), styles.bold)
    return sheet, line + 1


def _write_cell(sheet, line: int, number: int, row, column: Column, export: Export, styles: _Styles, zone: ZoneInfo) -> None:
    value = _value(row, column)
    if value is None:
        return
    if column.kind == Kind.MONEY:
        code = _currency(row, export)
        sheet.write_number(line, number, money.from_minor(value, code), styles.money[money.exponent(code)])
    elif column.kind == Kind.NUMBER:
        sheet.write_number(line, number, value)
    elif column.kind == Kind.DAY:
        sheet.write_datetime(line, number, datetime(value.year, value.month, value.day), styles.day)  # noqa: DTZ001
    elif column.kind == Kind.MOMENT:
        sheet.write_datetime(line, number, value.astimezone(zone).replace(tzinfo=None), styles.moment)
    else:
        text = str(value)
        # Typed as text and marked as such, so that it stays text when someone edits the cell.
        sheet.write_string(line, number, text, styles.text if neutral(text) != text else None)
