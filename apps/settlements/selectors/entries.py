"""The accounting entry a difference stands for: what is debited, what is credited, in one line each."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core.figures import money_text
from apps.settlements.enums import Kind
from apps.settlements.models import Discrepancy


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of an entry; `amount` is ready text in the difference's currency."""

    side: str
    account: str
    amount: str


# Kind → (what grows when money is missing, what shrinks); the other way round when there is too much.
_ACCOUNTS = {
    Kind.MISSING_AT_PROVIDER: lambda: (_("Claims on %(channel)s"), _("Receivable from %(channel)s")),
    Kind.MISSING_IN_BOOKS: lambda: (_("Unidentified receipts"), _("Receivable from %(channel)s")),
    Kind.AMOUNT_MISMATCH: lambda: (_("Claims on %(channel)s"), _("Receivable from %(channel)s")),
    Kind.FEE_MISMATCH: lambda: (_("Claims on %(channel)s"), _("Receivable from %(channel)s")),
    Kind.FX_VARIANCE: lambda: (_("Exchange differences"), _("Receivable from %(channel)s")),
    Kind.STATUS_MISMATCH: lambda: (_("Sales"), _("Receivable from %(channel)s")),
    Kind.DUPLICATE_LINE: lambda: (_("Owed to %(channel)s"), _("Receivable from %(channel)s")),
    Kind.DUPLICATE_PAYMENT: lambda: (_("Owed to customers"), _("Receivable from %(channel)s")),
    Kind.AMBIGUOUS_MATCH: lambda: (_("Unidentified receipts"), _("Receivable from %(channel)s")),
    Kind.REFUND_MISSING_AT_PROVIDER: lambda: (_("Refunds under way"), _("Receivable from %(channel)s")),
    Kind.REFUND_MISSING_IN_BOOKS: lambda: (_("Refunds"), _("Receivable from %(channel)s")),
    Kind.REFUND_AMOUNT_MISMATCH: lambda: (_("Refunds"), _("Receivable from %(channel)s")),
    Kind.DISPUTE_MISSING_IN_BOOKS: lambda: (_("Disputed payments"), _("Receivable from %(channel)s")),
    Kind.PAYOUT_AMOUNT_MISMATCH: lambda: (_("Claims on %(channel)s"), _("Payouts under way")),
    Kind.PAYOUT_MISSING_IN_BANK: lambda: (_("Claims on %(channel)s"), _("Payouts under way")),
    Kind.BANK_AMOUNT_MISMATCH: lambda: (_("Bank charges"), _("Payouts under way")),
    Kind.UNEXPECTED_BANK_LINE: lambda: (_("Unidentified receipts"), _("Bank")),
}


def entries_of(item: Discrepancy) -> list[Entry]:
    """Debit and credit of the difference; empty where no money moves (a late day, a missing file, another currency)."""
    if item.kind not in _ACCOUNTS or not item.difference_minor:
        return []
    names = [name % {"channel": item.channel.label} for name in _ACCOUNTS[Kind(item.kind)]()]
    debit, credit = names if item.difference_minor < 0 else reversed(names)
    amount = money_text(abs(item.difference_minor), item.currency)
    return [Entry(_("Debit"), debit, amount), Entry(_("Credit"), credit, amount)]
