"""Files for accounting programs: QuickBooks Online, QuickBooks Desktop (IIF) and Xero. One journal an entry and currency."""

import csv
import io
from collections.abc import Iterable, Iterator

from apps.settlements.ledger.accounts import Type
from apps.settlements.ledger.formats.book import Book, by_currency, entries_of, one_line, safe_cell

QUICKBOOKS_COLUMNS = (
    "JournalNo",
    "JournalDate",
    "AccountName",
    "Debits",
    "Credits",
    "Description",
    "Name",
    "Currency",
    "Location",
    "Class",
)
XERO_COLUMNS = (
    "*Narration",
    "*Date",
    "Description",
    "*AccountCode",
    "*TaxRate",
    "*Amount",
    "TrackingName1",
    "TrackingOption1",
    "TrackingName2",
    "TrackingOption2",
)
XERO_TAX_RATE = "Tax Exempt"  # the journal carries amounts as they were paid; tax is declared elsewhere
_IIF_TYPES = {Type.ASSET: "OCASSET", Type.LIABILITY: "OCLIAB", Type.EQUITY: "EQUITY", Type.INCOME: "INC", Type.EXPENSE: "EXP"}


def quickbooks(book: Book) -> Iterator[str]:
    """Journal entries for the import page of QuickBooks Online: MM/DD/YYYY, debits and credits in columns of their own."""
    yield _csv([QUICKBOOKS_COLUMNS])
    for number, day, text, lines in _journals(book):
        yield _csv(
            [
                number,
                f"{day:%m/%d/%Y}",
                safe_cell(line.account.name),
                line.size if line.minor > 0 else "",
                line.size if line.minor < 0 else "",
                safe_cell(text),
                "",
                line.account.currency,
                "",
                "",
            ]
            for line in lines
        )


def xero(book: Book, tax_rate: str = XERO_TAX_RATE) -> Iterator[str]:
    """Manual journals for Xero: DD/MM/YYYY, debits positive and credits negative. The account mapping gives Xero's account codes."""
    yield _csv([XERO_COLUMNS])
    for number, day, text, lines in _journals(book):
        yield _csv(
            [
                safe_cell(f"{number} {text}"),
                f"{day:%d/%m/%Y}",
                safe_cell(text),
                safe_cell(line.account.name),
                tax_rate,
                line.amount,
                "",
                "",
                "",
                "",
            ]
            for line in lines
        )


def quickbooks_iif(book: Book) -> Iterator[str]:
    """General journal for QuickBooks Desktop: tabs between cells, the first line of an entry as TRNS, the others as SPL."""
    types = {account.name: account.type for account in book.accounts}
    yield _tabs("!ACCNT", "NAME", "ACCNTTYPE")
    for name in sorted(types):
        yield _tabs("ACCNT", name, _IIF_TYPES[types[name]])
    yield _tabs("!TRNS", "TRNSID", "TRNSTYPE", "DATE", "ACCNT", "AMOUNT", "DOCNUM", "MEMO")
    yield _tabs("!SPL", "SPLID", "TRNSTYPE", "DATE", "ACCNT", "AMOUNT", "DOCNUM", "MEMO")
    yield _tabs("!ENDTRNS")
    for number, day, text, lines in _journals(book):
        for at, line in enumerate(lines):
            kind = "SPL" if at else "TRNS"
            yield _tabs(kind, "", "GENERAL JOURNAL", f"{day:%m/%d/%Y}", line.account.name, line.amount, number, text)
        yield _tabs("ENDTRNS")


def _journals(book: Book):
    """(number, day, text, lines) of one currency each; a second currency of an entry gets a number of its own."""
    for entry in entries_of(book):
        groups = by_currency(entry)
        for currency, lines in groups:
            number = entry.number if len(groups) == 1 else f"{entry.number}-{currency}"
            yield number, entry.day, one_line(entry.text), lines


def _csv(rows: Iterable) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _tabs(*cells: str) -> str:
    return "\t".join(safe_cell(one_line(cell)) if cell[:1] != "-" else cell for cell in cells) + "\r\n"
