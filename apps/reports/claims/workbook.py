"""The claim as a spreadsheet: the rows, and their sums by cause as formulas over them."""

from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.channels.models import Channel
from apps.core.exports import neutral
from apps.reports.figures.claims import Claim
from apps.reports.month.sheets import COUNT, DATE, MONEY, Book, Column, SplitSheet, major


def columns() -> list[Column]:
    """What the provider needs to find each fee, and what we say it should have been."""
    return [
        Column("day", _("Business date"), DATE, 13),
        Column("order_no", _("Order"), width=18),
        Column("merchant_ref", _("Our number"), width=20),
        Column("provider_ref", _("Provider's number"), width=30),
        Column("method", _("Method"), width=18),
        Column("currency", _("Currency"), width=9),
        Column("gross", _("Amount"), MONEY),
        Column("agreed", _("Fee as agreed"), MONEY),
        Column("charged", _("Fee charged"), MONEY),
        Column("claimed", _("Claimed"), MONEY),
        Column("cause", _("What it fits"), width=44),
        Column("source", _("File and row"), width=34),
    ]


def write_workbook(*, path: Path, channel: Channel, claim: Claim) -> None:
    """Writes the file in the active language."""
    book = Book(path)
    try:
        sheet = SplitSheet(book, _("Claims"), columns())
        for row in claim.rows:
            sheet.write({column.key: getattr(row, column.key) for column in sheet.columns})
        _write_causes(book, claim, sheet)
    finally:
        book.close()


def _write_causes(book: Book, claim: Claim, rows: SplitSheet) -> None:
    heads = [
        Column("cause", _("What it fits"), width=60),
        Column("currency", _("Currency"), width=9),
        Column("count", pgettext("sheet", "Fees"), COUNT, 9),
        Column("claimed", _("Claimed"), MONEY),
    ]
    sheet = book.sheet(_("By cause"))
    for at, column in enumerate(heads):
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, column.title, book.style(bold=True, bottom=1, text_wrap=True))
    for at, one in enumerate(claim.causes, start=1):
        sheet.write_string(at, 0, neutral(one.cause))
        sheet.write_string(at, 1, one.currency)
        where = {"cause": f"$A{at + 1}", "currency": f"$B{at + 1}"}
        sheet.write_formula(at, 2, f"={rows.count_of(**where)}", book.style(num_format="#,##0"), one.count)
        sheet.write_formula(at, 3, f"={rows.sum_of('claimed', **where)}", book.money_style(one.currency), major(one.claimed, one.currency))
