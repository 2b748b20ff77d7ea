"""The other side of the certificate: of all that our books call paid up to the month's end, where is each cent?

    paid = in transit + paid out + refunded + fees + disputed + reserved + adjusted + differences

Positive numbers are parts of what was paid. `differences` is counted from the pairing itself (payments nobody reports, lines
nobody booked, amounts and bank credits that differ), never as the remainder, so `missing` is a check and not a definition.
"""

from collections import defaultdict
from dataclasses import dataclass, fields

from django.db.models import Count, Exists, OuterRef, Q, Sum

from apps.channels.contracts import LineKind
from apps.merchants.models import Merchant
from apps.orders.models import Payment, Refund
from apps.orders.states import CAPTURED
from apps.reports.figures.months import Month
from apps.reports.figures.movements import Arrivals, Key, Moves, arrivals, line_moves, live_lines
from apps.reports.figures.receivable import Holding, at_both_ends
from apps.settlements.enums import DiscrepancyState, Kind
from apps.settlements.models import Discrepancy, Match


@dataclass
class Whereabouts:
    """Minor units of one currency, since the first day of the books. The four `*_month*` figures are of the month alone."""

    paid: int = 0
    unreported: int = 0  # captured, no line yet, nothing overdue: a part of what is in transit
    in_transit: int = 0
    paid_out: int = 0
    refunded: int = 0
    fees: int = 0
    disputed: int = 0
    reserved: int = 0
    adjusted: int = 0
    not_reported: int = 0  # the parts of the differences: captured, and the provider owes a line
    not_booked: int = 0  # lines without a captured payment of ours
    other_amounts: int = 0  # paired, the amounts differ
    bank: int = 0  # the bank booked another amount than the lines say
    matched: int = 0  # what paired payments say
    paid_month: int = 0
    paid_month_count: int = 0
    refunded_month: int = 0
    refunded_month_count: int = 0

    @property
    def differences(self) -> int:
        return self.not_reported + self.not_booked + self.other_amounts + self.bank

    @property
    def missing(self) -> int:
        found = self.in_transit + self.paid_out + self.refunded + self.fees + self.disputed + self.reserved + self.adjusted
        return self.paid - found - self.differences

    def as_dict(self) -> dict:
        own = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**own, "differences": self.differences, "missing": self.missing}


def whereabouts(merchant: Merchant, month: Month, held: list[Holding]) -> dict[Key, Whereabouts]:
    """By channel and currency, as of the month's last day; only rows with something in them."""
    found: dict[Key, Whereabouts] = defaultdict(Whereabouts)
    _count_payments(merchant, month, found)
    matched_gross = _count_lines(merchant, month, found)
    _count_month(merchant, month, found)
    ends, moved, came = at_both_ends(held), line_moves(merchant, month.last), arrivals(merchant, month.last)
    for key in {*found, *ends, *moved, *came}:
        _place(found[key], ends.get(key, (0, 0))[1], moved.get(key, Moves()), came.get(key, Arrivals()), matched_gross.get(key, 0))
    return {key: row for key, row in sorted(found.items()) if any(getattr(row, item.name) for item in fields(row))}


def _place(row: Whereabouts, closing: int, moves: Moves, came: Arrivals, matched_gross: int) -> None:
    row.in_transit = row.unreported + closing
    row.paid_out = came.arrived
    row.bank = came.lines_net - came.arrived
    row.refunded = -moves.amounts["refunds"]
    row.fees = -moves.amounts["fees"]
    row.disputed = -moves.amounts["disputes"]
    row.reserved = -moves.amounts["reserves"]
    row.adjusted = -moves.amounts["adjustments"]
    row.other_amounts = row.matched - matched_gross


def _captured(merchant: Merchant, month: Month):
    return Payment.objects.for_merchant(merchant).filter(state__in=CAPTURED, business_date__lte=month.last)


def _count_payments(merchant: Merchant, month: Month, found: dict[Key, Whereabouts]) -> None:
    """Captured payments: paired with a line, missing at the provider, or not reported yet.

    Asked as filters and not as one GROUP BY over EXISTS: databases turn the former into one hash join, the latter into a look-up a row.
    """
    pairs = Match.objects.filter(payment_id=OuterRef("pk"), voided_at=None, line__is_live=True, line__business_date__lte=month.last)
    told = Discrepancy.objects.exclude(state=DiscrepancyState.CLEARED).filter(
        payment_id=OuterRef("pk"), kind=Kind.MISSING_AT_PROVIDER, business_date__lte=month.last
    )
    payments = _captured(merchant, month)
    for key, amount in _sums(payments, "amount_minor"):
        found[key].paid = found[key].unreported = amount
    for key, amount in _sums(payments.filter(Exists(pairs)), "amount_minor"):
        found[key].matched = amount
        found[key].unreported -= amount
    for key, amount in _sums(payments.filter(Exists(told)).exclude(Exists(pairs)), "amount_minor"):
        found[key].not_reported = amount
        found[key].unreported -= amount


def _count_lines(merchant: Merchant, month: Month, found: dict[Key, Whereabouts]) -> dict[Key, int]:
    """Payment lines with a captured payment, and without. Returns the gross of the former."""
    ours = Match.objects.filter(line_id=OuterRef("pk"), voided_at=None, payment__state__in=CAPTURED, payment__business_date__lte=month.last)
    lines = live_lines(merchant).filter(kind=LineKind.PAYMENT, business_date__lte=month.last)
    for key, amount in _sums(lines.exclude(Exists(ours)), "gross"):
        found[key].not_booked = -amount
    return dict(_sums(lines.filter(Exists(ours)), "gross"))


def _sums(rows, field: str) -> list[tuple[Key, int]]:
    sums = rows.order_by().values("channel_id", "currency").annotate(amount=Sum(field))
    return [((row["channel_id"], row["currency"]), int(row["amount"])) for row in sums]


def _count_month(merchant: Merchant, month: Month, found: dict[Key, Whereabouts]) -> None:
    inside = Q(business_date__gte=month.first)
    paid = _captured(merchant, month).filter(inside).order_by().values("channel_id", "currency")
    for row in paid.annotate(n=Count("pk"), amount=Sum("amount_minor")):
        one = found[row["channel_id"], row["currency"]]
        one.paid_month, one.paid_month_count = int(row["amount"]), row["n"]
    done = Refund.objects.for_merchant(merchant).filter(inside, state="succeeded", business_date__lte=month.last)
    for row in done.order_by().values("channel_id", "currency").annotate(n=Count("pk"), amount=Sum("amount_minor")):
        one = found[row["channel_id"], row["currency"]]
        one.refunded_month, one.refunded_month_count = int(row["amount"]), row["n"]
