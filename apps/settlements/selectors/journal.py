"""Questions about the journal: balances at any day, entries of an account, what stands behind an entry."""

from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from apps.audit.models import AuditEvent
from apps.merchants.models import Merchant
from apps.settlements.enums import AccountCode, Kind
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
    def is_clearing(self) -> bool:
        return self.account.code in CLEARING

    @property
    def label(self) -> str:
        return account_label(self.account)


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


def accounts_of(merchant: Merchant) -> QuerySet[JournalAccount]:
    return JournalAccount.objects.for_merchant(merchant).select_related("channel", "bank_account").order_by("key")


def account_label(account: JournalAccount) -> str:
    """As people call it: "Fees · 綠界"."""
    name = str(AccountCode(account.code).label)
    place = account.channel.label if account.channel else str(account.bank_account) if account.bank_account else ""
    parts = [name, place, str(Kind(account.about).label) if account.about else ""]
    return " · ".join(part for part in parts if part)


def entries_of_journal(merchant: Merchant) -> QuerySet[JournalEntry]:
    """Every entry, with what a list shows of it."""
    return JournalEntry.objects.for_merchant(merchant).select_related("channel", "reverses", "reversed_by")


def touching(entries: QuerySet[JournalEntry], account: JournalAccount) -> QuerySet[JournalEntry]:
    """Those that debit or credit the account."""
    mine = Posting.objects.filter(Q(debit=account) | Q(credit=account), entry_id=OuterRef("pk"))
    return entries.filter(Exists(mine))


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
    return name
