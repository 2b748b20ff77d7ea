"""Plain-text accounting: one file that hledger and Ledger both read, and one for beancount. Both assert the balances after the month."""

from collections.abc import Iterator
from datetime import timedelta

from apps.core.money import exponent
from apps.settlements.ledger.accounts import Type
from apps.settlements.ledger.formats.book import Book, Entry, Line, entries_of, one_line, opening_entry

_TYPE_TAGS = {Type.ASSET: "A", Type.LIABILITY: "L", Type.EQUITY: "E", Type.INCOME: "R", Type.EXPENSE: "X"}


def hledger(book: Book) -> Iterator[str]:
    """For `hledger check --strict`: every account and commodity is declared, and the last transaction asserts every balance."""
    yield f"; {one_line(book.merchant)}, {book.first} to {book.last}\n\n"
    for currency in sorted({account.currency for account in book.accounts}):
        digits = exponent(currency)  # without any, the two programs do not agree how the format is written
        yield f"commodity {currency}\n" + (f"  format 1000.{'0' * digits} {currency}\n" if digits else "")
    yield "\ntag source\ntag type\n\n"
    types = {account.name: account.type for account in book.accounts}
    for name in sorted(types):
        # The tag on a line of its own: Ledger would take it for a part of the name.
        yield f"account {name}\n  ; type:{_TYPE_TAGS[types[name]]}\n"
    for entry in entries_of(book):
        yield _transaction(entry)
    if book.closing:
        lines = "".join(f"    {line.account.name}  {_zero(line)} = {line.amount} {line.account.currency}\n" for line in book.closing)
        yield f"\n{book.last} * Closing balances\n{lines}"


def _transaction(entry: Entry) -> str:
    note = f"    ; source: {one_line(entry.source)}\n" if entry.source else ""
    lines = "".join(f"    {line.account.name}  {line.amount} {line.account.currency}\n" for line in entry.lines)
    return f"\n{entry.day} * ({one_line(entry.number)}) {one_line(entry.text)}\n{note}{lines}"


def _zero(line: Line) -> str:
    return f"{Line(line.account, 0).amount} {line.account.currency}"


def beancount(book: Book) -> Iterator[str]:
    """For `bean-check`. An assertion there holds at the beginning of its day, hence the opening entry stands on the day before."""
    before, after = book.first - timedelta(days=1), book.last + timedelta(days=1)
    yield f'option "title" "{one_line(book.merchant)}"\n'
    yield f'option "operating_currency" "{_main_currency(book)}"\n\n'
    currencies: dict[str, set[str]] = {}
    for account in book.accounts:
        currencies.setdefault(account.name, set()).add(account.currency)
    for name in sorted(currencies):
        yield f"{before} open {name} {','.join(sorted(currencies[name]))}\n"
    if book.with_opening and any(line.minor for line in book.opening):
        yield _bean(opening_entry(book), before)
        for line in book.opening:
            yield _balance(book.first, line)
    for entry in book.entries:
        yield _bean(entry, entry.day)
    yield "\n"
    for line in book.closing:
        yield _balance(after, line)


def _bean(entry: Entry, day) -> str:
    note = f'  source: "{one_line(entry.source)}"\n' if entry.source else ""
    lines = "".join(f"  {line.account.name}  {line.amount} {line.account.currency}\n" for line in entry.lines)
    return f'\n{day} * "{one_line(entry.text)}" ^{one_line(entry.number)}\n{note}{lines}'


def _balance(day, line: Line) -> str:
    """With no tolerance: beancount would otherwise let two units of the last digit pass."""
    return f"{day} balance {line.account.name}  {line.amount} ~ 0 {line.account.currency}\n"


def _main_currency(book: Book) -> str:
    counts: dict[str, int] = {}
    for account in book.accounts:
        counts[account.currency] = counts.get(account.currency, 0) + 1
    return max(sorted(counts), key=counts.__getitem__, default="USD")
