"""The check list of a month, as facts; the words are in month/wording.py. What blocks a close is `is_blocking`."""

from dataclasses import asdict, dataclass, field

from django.db.models import Count, Max

from apps.merchants.models import Merchant
from apps.orders.enums import RefundState
from apps.orders.models import Refund
from apps.reports.figures import differences
from apps.reports.figures.certificate import Equation
from apps.reports.figures.months import Month
from apps.reports.figures.movements import Key
from apps.settlements.enums import StatementLists, StatementState
from apps.settlements.models import BankStatement, Payout, ReconciliationRun, Statement

UNSETTLED = (RefundState.REQUESTED, RefundState.APPROVED, RefundState.SUBMITTING, RefundState.UNKNOWN)


@dataclass(frozen=True)
class Check:
    """`code` names the question, `numbers` answers it. Not ok and not blocking means: look, and decide."""

    code: str
    is_ok: bool
    is_blocking: bool = True
    numbers: dict = field(default_factory=dict)

    def as_dict(self) -> dict:
        return asdict(self)


def check_list(merchant: Merchant, month: Month, rows: dict[Key, Equation], books_missing: int) -> list[Check]:
    """In the order in which a person works them off. `books_missing` counts the rows of the books side that do not add up."""
    counts = differences.counts(merchant, month)
    wrong = sum(1 for row in rows.values() if row.missing) + books_missing
    return [
        _reconciled(merchant, month),
        _statements(merchant, month, counts["gaps"]),
        _bank_statements(merchant, month),
        Check("differences", counts["open"] == counts["gaps"], numbers=counts),
        _refunds(merchant, month),
        _payouts(merchant, month),
        Check("certificate", wrong == 0, numbers={"rows": len(rows), "wrong": wrong}),
    ]


def _reconciled(merchant: Merchant, month: Month) -> Check:
    """Some pass over all channels looked at the month after it had ended."""
    runs = ReconciliationRun.objects.for_merchant(merchant).filter(channel=None, finished_at__isnull=False)
    last = runs.aggregate(day=Max("as_of"))["day"]
    return Check("reconciled", last is not None and last > month.last)


def _statements(merchant: Merchant, month: Month, gaps: int) -> Check:
    files = Statement.objects.for_merchant(merchant).filter(
        state=StatementState.POSTED, lists=StatementLists.TRADES, first_day__lte=month.last, last_day__gte=month.first
    )
    return Check("statements", gaps == 0, numbers={"files": files.count(), "gaps": gaps, "channels": merchant.channels.count()})


def _bank_statements(merchant: Merchant, month: Month) -> Check:
    """Every account that a channel pays into is known up to the month's last day."""
    accounts = merchant.bank_accounts.filter(channels__isnull=False).distinct()
    posted = BankStatement.objects.for_merchant(merchant).filter(state=StatementState.POSTED, is_final=True)
    until = dict(posted.order_by().values("bank_account").annotate(day=Max("last_day")).values_list("bank_account", "day"))
    short = [account.code for account in accounts.order_by("code") if (day := until.get(account.pk)) is None or day < month.last]
    return Check("bank_statements", not short, is_blocking=False, numbers={"accounts": accounts.count(), "short": short})


def _refunds(merchant: Merchant, month: Month) -> Check:
    asked = Refund.objects.for_merchant(merchant).filter(requested_at__date__range=(month.first, month.last))
    states = dict(asked.order_by().values("state").annotate(n=Count("pk")).values_list("state", "n"))
    waiting = sum(states.get(state, 0) for state in UNSETTLED)
    return Check("refunds", waiting == 0, is_blocking=False, numbers={"waiting": waiting, "done": states.get(RefundState.SUCCEEDED, 0)})


def _payouts(merchant: Merchant, month: Month) -> Check:
    """What was due in the month has come, by the month's end or since."""
    due = Payout.objects.for_merchant(merchant).filter(due_on__range=(month.first, month.last), line_count__gt=0).exclude(lines_net_minor=0)
    late = due.filter(arrived_on=None).count()
    return Check("payouts", late == 0, is_blocking=False, numbers={"due": due.count(), "late": late})
