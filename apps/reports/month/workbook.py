"""The month's report as a spreadsheet: a summary that recomputes itself, and the rows behind every figure."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.core.exports import neutral
from apps.merchants.models import Merchant
from apps.reports.errors import DetailsMoved
from apps.reports.figures.certificate import certificate
from apps.reports.figures.months import Month
from apps.reports.figures.receivable import holdings
from apps.reports.month import detail_columns as columns
from apps.reports.month import detail_rows as rows
from apps.reports.month.sheets import COUNT, MAX_ROWS, MONEY, Book, Column, SplitSheet, major
from apps.reports.month.stamp import Stamp
from apps.reports.month.summary import TERMS, Sums, recomputed, write_about, write_summary


def write_workbook(
    *,
    path: Path,
    merchant: Merchant,
    month: Month,
    figures: dict,
    stamp: Stamp,
    language: str,
    now: datetime,
    progress: Callable[[int], None] | None = None,
    max_rows: int = MAX_ROWS,
) -> dict[str, int]:
    """Writes the file and returns its row counts by sheet. `progress` hears a share of 0 to 100.

    :raises DetailsMoved: the rows no longer add up to `figures`; the file must not be handed out.
    """
    with translation.override(language):
        book = Book(path, max_rows=max_rows)
        try:
            return _write(book, merchant, month, figures, stamp, now, progress or (lambda share: None))
        finally:
            book.close()


def _write(book: Book, merchant: Merchant, month: Month, figures: dict, stamp: Stamp, now: datetime, progress: Callable) -> dict[str, int]:
    summary = book.sheet(_("Summary"))
    sums = Sums()
    sheets = _details(book, merchant, month, sums, progress)
    found = recomputed(figures, sums)
    if any(row[term] != printed[term] for row, printed in zip(found, figures["rows"], strict=True) for term in TERMS):
        raise DetailsMoved
    write_summary(book, summary, figures, found, sheets, stamp)
    write_about(book, figures, sheets, stamp, now)
    return {name: sheet.rows for name, sheet in sheets.items()}


def _details(book: Book, merchant: Merchant, month: Month, sums: Sums, progress: Callable) -> dict[str, SplitSheet]:
    held = holdings(merchant, month)
    plan: list[tuple[str, str, list[Column], Iterable[dict]]] = [
        ("payments", _("Payments"), columns.payment_columns(), rows.payment_rows(merchant, month)),
        ("refunds", _("Refunds"), columns.refund_columns(), rows.refund_rows(merchant, month)),
        ("others", _("Other movements"), columns.other_columns(), rows.other_rows(merchant, month)),
        ("payouts", _("Payouts"), columns.payout_columns(), rows.payout_rows(merchant, month)),
        (
            "receivable",
            _("Receivable"),
            columns.receivable_columns(),
            rows.receivable_rows(merchant, held, certificate(merchant, month, held)),
        ),
        ("bank", _("Bank lines"), columns.bank_columns(), rows.bank_rows(merchant, month)),
        ("differences", pgettext("sheet", "Differences"), columns.difference_columns(), rows.difference_rows(merchant, month)),
    ]
    sheets: dict[str, SplitSheet] = {}
    fees: dict[tuple[str, str, str], list[int]] = {}
    for at, (name, title, shape, source) in enumerate(plan):
        progress(100 * at // len(plan))
        sheet = sheets[name] = SplitSheet(book, title, shape)
        for row in source:
            sheet.write(row)
            sums.add(name, row)
            if name == "payments":
                _count_fee(fees, row)
        if name == "payments":
            _write_fees(book, fees, sheet)
    return sheets


def _count_fee(fees: dict[tuple[str, str, str], list[int]], row: dict) -> None:
    sums = fees.setdefault((row["channel"], row["currency"], row["method"]), [0, 0, 0, 0, 0])
    planned = row["expected_fee"] is not None
    for at, value in enumerate((1, row["gross"], row["expected_fee"] or 0, row["fee"], row["fee_gap"] if planned else 0)):
        sums[at] += value


def _write_fees(book: Book, fees: dict[tuple[str, str, str], list[int]], payments: SplitSheet) -> None:
    """Plan against charge by channel and method, each cell a formula over the payment rows."""
    heads = [
        Column("channel", _("Channel"), width=14),
        Column("currency", _("Currency"), width=9),
        Column("method", _("Method"), width=22),
        Column("count", _("Payments"), COUNT, 11),
        Column("gross", _("Sales"), MONEY),
        Column("expected_fee", _("Fee by the plan"), MONEY),
        Column("fee", _("Fee charged"), MONEY),
        Column("fee_gap", _("Difference where a plan was in force"), MONEY, 22),
    ]
    sheet = book.sheet(pgettext("amount", "Fees"))
    for at, column in enumerate(heads):
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, column.title, book.style(bold=True, bottom=1, text_wrap=True))
    for at, ((channel, currency, method), sums) in enumerate(sorted(fees.items()), start=1):
        for column, value in enumerate((channel, currency, method)):
            sheet.write_string(at, column, neutral(value))
        where = {"channel": f"$A{at + 1}", "currency": f"$B{at + 1}", "method": f"$C{at + 1}" if method else '""'}
        sheet.write_formula(at, 3, f"={payments.count_of(**where)}", book.style(num_format="#,##0"), sums[0])
        for column, (key, value) in enumerate(zip(("gross", "expected_fee", "fee", "fee_gap"), sums[1:], strict=True), start=4):
            sheet.write_formula(at, column, f"={payments.sum_of(key, **where)}", book.money_style(currency), major(value, currency))
