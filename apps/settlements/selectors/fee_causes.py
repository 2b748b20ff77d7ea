"""What a provider did otherwise than agreed, in words, for fees that differ from the plan."""

from collections.abc import Sequence

from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.channels.enums import ROUNDING_LABELS
from apps.channels.fee_causes import Cause, CauseKind, Change, ChargedFee, common_causes
from apps.channels.models import Channel
from apps.channels.selectors.cards import method_list
from apps.channels.selectors.terms_view import percent_of
from apps.channels.terms import terms_for
from apps.core.figures import cash_text, day_text
from apps.orders.enums import RefundState
from apps.orders.models import Payment, Refund
from apps.settlements.models import Discrepancy, StatementLine


def causes_for(channel: Channel, items: Sequence[Discrepancy]) -> list[Cause | None]:
    """The likeliest cause of each fee difference of one channel, seen together; two queries. Their `line` and `payment` are loaded.
    None where no single change explains the figure."""
    back = refunded_of([item.payment_id for item in items])
    fees = [fee_of(item.line, item.payment, item.actual_minor, back.get(item.payment_id, 0)) for item in items]
    found = iter(common_causes([fee for fee in fees if fee], terms_for(channel), channel.currency))
    return [next(found) if fee else None for fee in fees]


def refunded_of(payment_ids: Sequence[int | None]) -> dict[int, int]:
    """What was given back of each payment, in minor units; only those of which something was."""
    done = Refund.objects.filter(payment_id__in=[pk for pk in payment_ids if pk], state=RefundState.SUCCEEDED).order_by()
    return dict(done.values_list("payment_id").annotate(Sum("amount_minor")))


def fee_of(line: StatementLine | None, payment: Payment | None, actual_minor: int, refunded: int = 0) -> ChargedFee | None:
    """The fee as it is explained; None where the line is not known, or gave money instead of taking it."""
    if line is None or actual_minor > 0:
        return None
    return ChargedFee(-actual_minor, line.gross, payment.method if payment else line.method, line.business_date, refunded)


def cause_text(cause: Cause | None, currency: str) -> str:
    """What the figure fits, as the end of a sentence and as a column of a sheet; says so where nothing fits."""
    if cause is None:
        return _("no single change of the plan explains it")
    return _(", ").join(_change_text(change, currency) for change in cause.changes)


def _change_text(change: Change, currency: str) -> str:
    amount = cash_text(change.value, currency) if change.value else ""
    match change.kind:
        case CauseKind.NOT_CHARGED:
            return _("no fee was charged")
        case CauseKind.TWICE:
            return _("the fee was charged twice")
        case CauseKind.METHOD:
            return _("the terms for %(methods)s (%(percent)s) were applied") % _terms(change)
        case CauseKind.VERSION:
            words = {**_terms(change), "since": day_text(change.terms.valid_from, with_year=True)}
            return _("the terms valid from %(since)s (%(percent)s) were applied") % words
        case CauseKind.TAX:
            return _("%(percent)s tax was added") % {"percent": percent_of(change.value)}
        case CauseKind.MINIMUM:
            return _("a minimum of %(amount)s was applied") % {"amount": amount} if amount else _("the minimum was not applied")
        case CauseKind.CAP:
            return _("the cap was not applied")
        case CauseKind.FIXED:
            return _("a fixed part of %(amount)s was charged") % {"amount": amount} if amount else _("the fixed part was left out")
        case CauseKind.ROUNDING:
            return _("it was rounded %(rule)s to %(amount)s") % {"rule": ROUNDING_LABELS[change.word], "amount": amount}
        case CauseKind.REFUND_FEE:
            return _("the fee of the refunded part, %(amount)s, was given back") % {"amount": amount}
        case _:
            return _("a rate of %(percent)s was applied") % {"percent": percent_of(change.value)}


def _terms(change: Change) -> dict:
    return {"methods": method_list(change.terms.methods), "percent": percent_of(change.terms.ppm)}
