"""A month of the journal as exports take it. Texts are English and stable, since other programs read them."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby

from apps.merchants.models import Merchant
from apps.settlements.enums import Source
from apps.settlements.ledger.accounts import TYPES, Code
from apps.settlements.ledger.formats.book import Account, Book, Entry, Line, account_name
from apps.settlements.models import JournalAccount, Posting
from apps.settlements.selectors.journal import Balance, accounts_of, balances

TEXTS = {
    Source.PAYMENTS: "Payments of {day}",
    Source.REFUNDS: "Refunds of {day}",
    Source.LINES: "Statement lines ({kind}) of {day}",
    Source.PAYOUT: "Payout",
    Source.ARRIVAL: "Payout arrived",
    Source.DEPOSIT: "Unexpected deposit",
    Source.TRANSFER: "Refund by bank transfer",
    Source.DISPUTE: "Dispute ended",
    Source.ACCEPTED: "Accepted within tolerance ({kind}) of {day}",
    Source.DECISION: "Decision ({kind})",
}
_COLUMNS = (
    "entry_id",
    "entry__entered_on",
    "entry__belongs_on",
    "entry__source",
    "entry__source_key",
    "entry__kind",
    "entry__channel__code",
    "entry__reverses_id",
    "debit_id",
    "credit_id",
    "amount_minor",
)
BATCH = 5_000


def book_of(merchant: Merchant, *, first: date, last: date, names: dict[str, str], with_opening: bool) -> Book:
    """The month from `first` to `last`. Its entries are read while they are written. `names` maps account names to the shop's own."""
    accounts = named_accounts(accounts_of(merchant), names)
    before, after = balances(merchant, at=first - timedelta(days=1)), balances(merchant, at=last)
    used = {one.account.pk for one in after}
    return Book(
        merchant=merchant.name,
        first=first,
        last=last,
        accounts=list(dict.fromkeys(account for pk, account in accounts.items() if pk in used)),
        entries=_entries(merchant, first, last, accounts),
        opening=_lines(before, accounts),
        closing=_lines(after, accounts) if with_opening else [],
        with_opening=with_opening,
    )


def named_accounts(accounts, names: dict[str, str]) -> dict[int, Account]:
    """By primary key. Two places whose codes come to the same name are told apart by their number."""
    found: dict[int, Account] = {}
    taken: dict[str, tuple] = {}
    for one in accounts:
        kind, place = TYPES[Code(one.code)], _place(one)
        parts = [one.code, *place[:1], *([one.about] if one.about else [])]
        name = account_name(kind, *parts)
        if taken.setdefault(name, (one.code, *place, one.about)) != (one.code, *place, one.about):
            name = account_name(kind, one.code, f"{place[0]}-{place[1]}", *([one.about] if one.about else []))
        found[one.pk] = Account(names.get(name, name), kind, one.currency)
    return found


def _place(account: JournalAccount) -> tuple:
    """Code and number of what the account belongs to."""
    if account.channel_id:
        return account.channel.code, account.channel_id
    if account.bank_account_id:
        return account.bank_account.code, account.bank_account_id
    return "unknown", 0


def _lines(rows: list[Balance], accounts: dict[int, Account]) -> list[Line]:
    """Balances under the names of the export, added up where several share one."""
    sums: dict[Account, int] = {}
    for row in rows:
        account = accounts[row.account.pk]
        sums[account] = sums.get(account, 0) + row.minor
    return [Line(account, minor) for account, minor in sorted(sums.items(), key=lambda item: (item[0].name, item[0].currency))]


def _entries(merchant: Merchant, first: date, last: date, accounts: dict[int, Account]) -> Iterator[Entry]:
    rows = Posting.objects.for_merchant(merchant).filter(entry__entered_on__range=(first, last))
    rows = rows.order_by("entry__entered_on", "entry_id", "pk").values_list(*_COLUMNS)
    for (pk, day, *about), postings in groupby(rows.iterator(chunk_size=BATCH), key=lambda row: row[:8]):
        lines = _entry_lines(postings, accounts)
        if lines:
            yield Entry(f"J{pk}", day, _text(*about), about[2], lines)


def _entry_lines(postings, accounts: dict[int, Account]) -> list[Line]:
    sums: dict[Account, int] = {}
    for *_about, debit, credit, minor in postings:
        for pk, signed in ((debit, minor), (credit, -minor)):
            sums[accounts[pk]] = sums.get(accounts[pk], 0) + signed
    return [Line(account, minor) for account, minor in sums.items() if minor]


def _text(belongs_on: date, source: str, key: str, kind: str, channel: str, reverses: int | None) -> str:
    text = f"{TEXTS[Source(source)].format(day=belongs_on, kind=kind)}, {channel}"
    return f"Reversal of J{reverses}: {text}" if reverses else text
