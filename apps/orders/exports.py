"""Files out: the lists exactly as filtered, an empty file to fill in, and rejected rows with their reasons."""

import csv
import io

import polars as pl
import tablib
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export import fields, resources
from import_export.formats import base_formats

from apps.core.exports import Column, Export, Kind, filter_text, neutral
from apps.merchants.models import Merchant
from apps.orders.errors import reason
from apps.orders.ingest.books import PAYMENT_COLUMNS, REFUND_COLUMNS
from apps.orders.ingest.reading import BOM

COLUMNS = {"payments": PAYMENT_COLUMNS, "refunds": REFUND_COLUMNS}
FORMATS = {"csv": base_formats.CSV, "xlsx": base_formats.XLSX}
REJECTED_LIMIT = 20_000  # rows in one download; who has more mends the cause, not the rows

ORDERS = (
    Column(gettext_lazy("Order"), "order_no"),
    Column(gettext_lazy("Placed"), "placed_at", Kind.MOMENT),
    Column(gettext_lazy("Storefront"), "storefront__code"),
    Column(gettext_lazy("Total"), "total_minor", Kind.MONEY),
    Column(gettext_lazy("Currency"), "currency"),
    Column(gettext_lazy("Customer"), "customer_ref"),
)
PAYMENTS = (
    Column(gettext_lazy("Order"), "order__order_no"),
    Column(gettext_lazy("Our reference"), "merchant_ref"),
    Column(gettext_lazy("Channel"), "channel__code"),
    Column(gettext_lazy("Method"), "method_label"),
    Column(gettext_lazy("Provider's reference"), "provider_ref"),
    Column(gettext_lazy("Amount"), "amount_minor", Kind.MONEY),
    Column(gettext_lazy("Currency"), "currency"),
    Column(gettext_lazy("Status"), lambda row: row.get_state_display()),
    Column(gettext_lazy("Placed"), "placed_at", Kind.MOMENT),
    Column(gettext_lazy("Paid at"), "paid_at", Kind.MOMENT),
    Column(gettext_lazy("Business date"), "business_date", Kind.DAY),
    Column(gettext_lazy("Storefront"), "order__storefront__code"),
)
REFUNDS = (
    Column(gettext_lazy("Refund"), "refund_no"),
    Column(gettext_lazy("Order"), "payment__order__order_no"),
    Column(gettext_lazy("Channel"), "channel__code"),
    Column(gettext_lazy("Provider's reference"), "provider_refund_ref"),
    Column(gettext_lazy("Amount"), "amount_minor", Kind.MONEY),
    Column(gettext_lazy("Currency"), "currency"),
    Column(gettext_lazy("Status"), lambda row: row.get_state_display()),
    Column(gettext_lazy("Requested"), "requested_at", Kind.MOMENT),
    Column(gettext_lazy("Refunded at"), "refunded_at", Kind.MOMENT),
    Column(gettext_lazy("Reason"), "reason"),
)
LISTS = {
    "orders": (gettext_lazy("Orders"), ORDERS, "total_minor", "-placed_at"),
    "payments": (gettext_lazy("Payments"), PAYMENTS, "amount_minor", "-placed_at"),
    "refunds": (gettext_lazy("Refunds"), REFUNDS, "amount_minor", "-requested_at"),
}


def list_export(merchant: Merchant, name: str, found) -> Export:
    """`found` is the list's filter; the rows are those it shows, all of them, newest first."""
    title, columns, total, newest = LISTS[name]
    return Export(
        name=name,
        title=str(title),
        merchant=merchant.name,
        currency=merchant.currency,
        timezone=merchant.timezone,
        columns=columns,
        rows=found.qs.order_by(newest, "-pk"),
        filter_text=filter_text(found.form),
        total=total,
    )


def book_resource(kind: str) -> type[resources.Resource]:
    """The declared columns of one of the books, for django-import-export."""
    declared = {name: fields.Field(column_name=name) for name in COLUMNS[kind]}
    return type(f"{kind.title()}Resource", (resources.Resource,), declared)


def empty_book(kind: str, extension: str) -> bytes | str:
    """A file with the right headings and nothing below them."""
    headers = book_resource(kind)().get_export_headers()
    return FORMATS[extension]().export_data(tablib.Dataset(headers=headers))


def rejected_rows(kind: str, book: bytes, rejected: pl.DataFrame, extension: str) -> bytes | str:
    """The rejected rows as they came, each with its row number and every reason; cells that look like formulas are neutralised."""
    reasons: dict[int, list[str]] = {}
    for row_no, column, code, value in rejected.iter_rows():
        reasons.setdefault(row_no, []).append(f"{column}: {reason(code, value)}" if column else reason(code, value))
    header, rows = _rows_as_delivered(book, dict(list(reasons.items())[:REJECTED_LIMIT]))
    table = tablib.Dataset(headers=[_("row"), _("reasons"), *header])
    for row_no, cells in rows:
        padded = [*cells, *[""] * len(header)][: len(header)]
        table.append([row_no, " ".join(reasons[row_no]), *map(neutral, padded)])
    return FORMATS[extension]().export_data(table)


def _rows_as_delivered(book: bytes, wanted: dict) -> tuple[list[str], list[tuple[int, list[str]]]]:
    lines = io.BytesIO(book.removeprefix(BOM))
    header = _cells(lines.readline())
    return header, [(row_no, _cells(line)) for row_no, line in enumerate(lines, start=2) if row_no in wanted]


def _cells(line: bytes) -> list[str]:
    """One line's cells without control characters, which a workbook refuses; a broken line comes as one cell."""
    text = "".join(character for character in line.decode(errors="replace") if character >= " ")
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return [text]
