"""Reports of the running day and notices of bookings beside the bank's statement: no booking counts twice.

A booking with the bank's own reference is the same row in both and is known as such. But a notice may split a batch that the statement
books as one, or word what has no reference otherwise, so rows alone do not decide. The statement does: it is the bank's whole word on
its days. On these days only what it says counts, whichever file came first; on all others the previews stand until it comes.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.merchants.models import BankAccount
from apps.settlements.enums import StatementState
from apps.settlements.ingest.overlap import Sorted
from apps.settlements.models import BankLine, BankLineSighting, BankStatement


def less_covered(account: BankAccount, split: Sorted) -> Sorted:
    """The rows of a preview, less new ones on days that a posted statement reports."""
    if split.new.is_empty():
        return split
    first, last = split.new["booked_on"].min(), split.new["booked_on"].max()
    spans = _final(account.pk).filter(first_day__lte=last, last_day__gte=first).values_list("first_day", "last_day")
    new = split.new
    for start, end in spans:
        new = new.filter(~new["booked_on"].is_between(start, end))
    return Sorted(new, split.seen, split.new.height - new.height)


def supersede_previews(statement: BankStatement) -> int:
    """Takes lines of previews on the days of a statement out of the books, unless a statement holds them too. They are kept, not live."""
    lines = _of_previews(statement).filter(is_live=True)
    held = BankLineSighting.objects.filter(line=OuterRef("pk"), statement__is_final=True, statement__state=StatementState.POSTED)
    return lines.filter(~Exists(held)).update(is_live=False)


def restore_previews(statement: BankStatement) -> int:
    """Brings back what a statement that is being withdrawn had superseded, less the days that another statement reports."""
    others = _final(statement.bank_account_id).exclude(pk=statement.pk)
    told = others.filter(first_day__lte=OuterRef("booked_on"), last_day__gte=OuterRef("booked_on"))
    return _of_previews(statement).filter(~Exists(told), is_live=False).update(is_live=True)


def _final(account_id: int) -> QuerySet[BankStatement]:
    return BankStatement.objects.filter(bank_account_id=account_id, state=StatementState.POSTED, is_final=True)


def _of_previews(statement: BankStatement) -> QuerySet[BankLine]:
    """Lines of posted previews on the days of a statement; none of a withdrawn file."""
    return BankLine.objects.filter(
        Q(booked_on__range=(statement.first_day, statement.last_day)),
        bank_account_id=statement.bank_account_id,
        statement__state=StatementState.POSTED,
        statement__is_final=False,
    )
