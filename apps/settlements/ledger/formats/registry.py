"""The formats by name, with what a download of each is called."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apps.settlements.ledger.formats.book import Book
from apps.settlements.ledger.formats.programs import quickbooks, quickbooks_iif, xero
from apps.settlements.ledger.formats.text import beancount, hledger


@dataclass(frozen=True, slots=True)
class Format:
    """`with_opening`: whether a file stands alone. Accounting programs have the months before already."""

    write: Callable[[Book], Iterator[str]]
    suffix: str
    label: str
    with_opening: bool
    content_type: str = "text/plain; charset=utf-8"


FORMATS = {
    "hledger": Format(hledger, "journal", "hledger, Ledger", True),
    "beancount": Format(beancount, "beancount", "beancount", True),
    "quickbooks": Format(quickbooks, "csv", "QuickBooks Online", False, "text/csv; charset=utf-8"),
    "quickbooks_iif": Format(quickbooks_iif, "iif", "QuickBooks Desktop (IIF)", False),
    "xero": Format(xero, "csv", "Xero", False, "text/csv; charset=utf-8"),
}
