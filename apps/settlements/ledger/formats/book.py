"""What is exported: a month of the journal with the balances before and after it, in words that every format shares. No Django here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from apps.core.money import plain
from apps.settlements.ledger.accounts import Type

_ROOTS = {
    Type.ASSET: "Assets",
    Type.LIABILITY: "Liabilities",
    Type.EQUITY: "Equity",
    Type.INCOME: "Income",
    Type.EXPENSE: "Expenses",
}
_FORMULA = "=+-@\t\r\n＝＋－＠"


@dataclass(frozen=True, slots=True)
class Account:
    """One account in one currency; the same name stands for several currencies where a channel has them."""

    name: str
    type: Type
    currency: str


@dataclass(frozen=True, slots=True)
class Line:
    """Minor units; a debit is positive."""

    account: Account
    minor: int

    @property
    def amount(self) -> str:
        """Major units with a point, without separators."""
        return plain(self.minor, self.account.currency)

    @property
    def size(self) -> str:
        return plain(abs(self.minor), self.account.currency)


@dataclass(frozen=True, slots=True)
class Entry:
    """`number` is unique in the journal; `source` names the rows behind it; the lines of each currency sum to zero."""

    number: str
    day: date
    text: str
    source: str
    lines: list[Line]


@dataclass(frozen=True)
class Book:
    """`entries` are read once, in the order of their days."""

    merchant: str
    first: date
    last: date
    accounts: list[Account]
    entries: Iterable[Entry]
    opening: list[Line] = field(default_factory=list)
    closing: list[Line] = field(default_factory=list)
    with_opening: bool = True


def account_name(type: Type, *parts: str) -> str:
    """A name that every program takes: `Assets:Receivable:Ecpay`."""
    words = [re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-") or "Unknown" for part in parts]
    return ":".join([_ROOTS[type], *(word[:1].upper() + word[1:] for word in words)])


def by_currency(entry: Entry) -> list[tuple[str, list[Line]]]:
    """The lines of an entry by currency: accounting programs take one currency in a journal."""
    found: dict[str, list[Line]] = {}
    for line in entry.lines:
        found.setdefault(line.account.currency, []).append(line)
    return sorted(found.items())


def opening_entry(book: Book) -> Entry:
    """All balances before the month as one entry. They sum to zero, as everything before them did."""
    return Entry(f"OPEN-{book.first:%Y-%m}", book.first, "Opening balances", "", [line for line in book.opening if line.minor])


def entries_of(book: Book) -> Iterable[Entry]:
    """The opening entry, where it is wanted, and the month's."""
    if book.with_opening and any(line.minor for line in book.opening):
        yield opening_entry(book)
    yield from book.entries


def safe_cell(text: str) -> str:
    """A text that a spreadsheet would run as a formula gets a leading apostrophe."""
    return f"'{text}" if text.lstrip(" ")[:1] in tuple(_FORMULA) or text[:1] in tuple(_FORMULA) else text


def one_line(text: str) -> str:
    """Text without what ends a line or begins a comment in plain-text accounting."""
    return " ".join(re.sub(r'[;|"\\\x00-\x1f]', " ", text).split())
