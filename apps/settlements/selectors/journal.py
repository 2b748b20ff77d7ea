"""Questions about the journal: balances at any day, entries of an account, what stands behind an entry."""

from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.audit.models import AuditEvent
from apps.merchants.models import Merchant
from apps.settlements.ledger.accounts import CLEARING, TYPES, Code, Type
from apps.settlements.models import JournalAccount, JournalEntry, JournalRun, Posting, ReconciliationRun

_ORDER = {code: at for at, code in enumerate(Code)}


@dataclass(frozen=True, slots=True)
class Balance:
    """One account at the end of a day, in minor units. `minor` is what was debited less what was credited."""

    account: JournalAccount
    debit_minor: int
    credit_minor: int

    @property
    def minor(self) -> int:
        return self.debit_minor - self.credit_minor

    @property
    def currency(self) -> str:
        return self.account.currency

    @property
    def type(self) -> Type:
        return TYPES[Code(self.account.code)]

    @property
    def debit_side(self) -> int | None:
        return self.minor if self.minor > 0 else None

    @property
    def credit_side(self) -> int | None:
        return -self.minor if self.minor < 0 else None

    @property
    def is_clearing(self) -> bool:
        return self.account.code in CLEARING

    @property
    def label(self) -> str:
        return self.account.label


def balances(merchant: Merchant, *, at: date) -> list[Balance]:
    """Every account that was used up to the end of `at`, by what it is for, place and currency; three queries."""
    sums: dict[int, list[int]] = {}
    posted = Posting.objects.for_merchant(merchant).filter(entry__entered_on__lte=at).order_by()
    for side, name in enumerate(("debit_id", "credit_id")):
        for row in posted.values(name).annotate(sum=Sum("amount_minor")):
            sums.setdefault(row[name], [0, 0])[side] = int(row["sum"])
    accounts = accounts_of(merchant)
    found = [Balance(account, *sums[account.pk]) for account in accounts if account.pk in sums]
    return sorted(found, key=lambda one: (_ORDER[one.account.code], one.currency != merchant.currency, one.currency, one.account.key))


def by_currency(rows: list[Balance]) -> list[tuple[str, list[Balance], int, int]]:
    """(currency, its accounts, the sum of debit balances, of credit balances), the merchant's own currency first."""
    groups: dict[str, list[Balance]] = {}
    for row in sorted(rows, key=lambda one: one.currency):
        groups.setdefault(row.currency, []).append(row)
    order = {currency: at for at, currency in enumerate(dict.fromkeys(row.currency for row in rows))}
    return [
        (currency, mine, sum(max(one.minor, 0) for one in mine), sum(max(-one.minor, 0) for one in mine))
        for currency, mine in sorted(groups.items(), key=lambda item: order[item[0]])
    ]


def accounts_of(merchant: Merchant) -> QuerySet[JournalAccount]:
    return JournalAccount.objects.for_merchant(merchant).select_related("channel", "bank_account").order_by("key")


def entries_of_journal(merchant: Merchant) -> QuerySet[JournalEntry]:
    """Every entry, with what a list shows of it."""
    return JournalEntry.objects.for_merchant(merchant).select_related("channel", "reverses", "reversed_by")


def touching(entries: QuerySet[JournalEntry], account: JournalAccount) -> QuerySet[JournalEntry]:
    """Those that debit or credit the account."""
    mine = Posting.objects.filter(Q(debit=account) | Q(credit=account), entry_id=OuterRef("pk"))
    return entries.filter(Exists(mine))


def postings_of(entry: JournalEntry) -> QuerySet[Posting]:
    names = ("debit__channel", "debit__bank_account", "credit__channel", "credit__bank_account")
    return Posting.objects.for_merchant(entry.merchant_id).filter(entry=entry).select_related(*names).order_by("pk")


def with_postings(entries: list[JournalEntry], account: JournalAccount | None) -> list[JournalEntry]:
    """The entries with `shown_postings`: all of them, or those of one account; one query."""
    names = ("debit__channel", "debit__bank_account", "credit__channel", "credit__bank_account")
    rows = Posting.objects.filter(entry__in=[entry.pk for entry in entries]).select_related(*names).order_by("pk")
    if account:
        rows = rows.filter(Q(debit=account) | Q(credit=account))
    found: dict[int, list[Posting]] = {}
    for row in rows:
        found.setdefault(row.entry_id, []).append(row)
    for entry in entries:
        entry.shown_postings = found.get(entry.pk, [])
    return entries


def live_entries(merchant: Merchant) -> QuerySet[JournalEntry]:
    """What is in force: neither reversals nor reversed."""
    return JournalEntry.objects.for_merchant(merchant).filter(reverses=None, reversed_by=None)


# Acts that change what the journal is derived from; a pass of reconciliation is known by its own row.
MOVING = ("discrepancy.", "dispute.", "disputes.", "match.", "payout.", "file.", "books.", "refund", "month.approved")


def is_behind(merchant: Merchant) -> bool:
    """Whether facts may have changed since the journal was last derived. A few cheap queries, asked each minute."""
    run = last_run(merchant)
    passes = ReconciliationRun.objects.for_merchant(merchant).exclude(finished_at=None)
    if run is None:
        return passes.exists()
    moved = reduce(or_, (Q(action__startswith=start) for start in MOVING))
    acts = AuditEvent.objects.for_merchant(merchant).filter(moved, happened_at__gt=run.started_at)
    return passes.filter(finished_at__gt=run.started_at).exists() or acts.exists()


def last_run(merchant: Merchant) -> JournalRun | None:
    return JournalRun.objects.for_merchant(merchant).order_by("-pk").first()


def entry_text(entry: JournalEntry) -> str:
    """What the entry is about, in a short sentence."""
    name = str(entry.get_source_display())
    if entry.reverses_id:
        name = _("Reversal: %(entry)s") % {"entry": name}
    return capfirst(name)
