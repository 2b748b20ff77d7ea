"""Payouts and bank lines as pages show them: the lines behind a payout, its sums by kind, why it is tied."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Abs
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.channels.cells import key_text
from apps.channels.contracts import LineKind
from apps.channels.models import StatementRhythm
from apps.core.figures import cash_text, day_text
from apps.core.ui import Chip
from apps.merchants.models import Merchant
from apps.settlements.enums import Kind
from apps.settlements.models import BankLine, BankMatch, Discrepancy, Match, Payout, StatementLine
from apps.settlements.states import OPEN

LOOK_BACK = timedelta(days=7)  # before the due day: a bank line that early can still carry the payout
LOOK_AHEAD = timedelta(days=45)
CANDIDATES = 8
SHOWN_LINES = 5


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of one kind (payments also by method), summed. Minor units, signed from the merchant's side."""

    kind: str
    method: str
    count: int
    gross: int
    fee: int
    other: int
    net: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for a tie between payout and bank line, or against it."""

    holds: bool
    text: str


def payouts_of(merchant: Merchant) -> QuerySet[Payout]:
    """Payouts with something in them, or that the bank booked; each with its channel and `is_missing`. One query."""
    missing = Discrepancy.objects.filter(payout_id=OuterRef("pk"), kind=Kind.PAYOUT_MISSING_IN_BANK, state__in=sorted(OPEN))
    rows = Payout.objects.for_merchant(merchant).exclude(line_count=0, arrived_on=None)
    return rows.select_related("channel").annotate(is_missing=Exists(missing))


def in_state(rows: QuerySet[Payout], state: str, today: date) -> QuerySet[Payout]:
    """The payouts of `payouts_of` in one of the states of `state_of`."""
    amount = Q(announced_minor=F("arrived_minor")) | Q(announced_minor=None, lines_net_minor=F("arrived_minor"))
    waiting = rows.filter(arrived_on=None)
    match state:
        case "arrived":
            return rows.filter(arrived_on__isnull=False)
        case "differs":
            return rows.filter(arrived_on__isnull=False).exclude(amount)
        case "missing":
            return waiting.filter(is_missing=True)
        case "under_way":
            return waiting.filter(Q(announced_minor__isnull=False) | Q(due_on__lte=today))
        case "expected":
            return waiting.filter(announced_minor=None, due_on__gt=today)
        case _:
            return waiting if state == "waiting" else rows


def state_chip(payout: Payout, today: date) -> Chip:
    """Where a payout stands. Needs `is_missing` of `payouts_of`."""
    if payout.arrived_on is not None:
        gap = payout.arrived_minor - payout.amount_minor
        if gap:
            words = _("arrived, %(amount)s too little") if gap < 0 else _("arrived, %(amount)s too much")
            return Chip(words % {"amount": cash_text(abs(gap), payout.currency)}, "amber")
        return Chip(_("arrived"))
    if payout.is_missing:
        return Chip(_("not in the bank"), "red")
    if payout.returned_on is not None:
        return Chip(_("came back, to be paid again"), "amber", "clock")
    if payout.due_on < today:
        return Chip(_("due, bank statement awaited"), "amber", "clock")
    return Chip(_("announced"), "neutral", "clock") if payout.announced_minor is not None else Chip(_("expected"), "outline")


def lines_of_payout(payout: Payout) -> QuerySet[StatementLine]:
    """The movements that make the payout up: by the provider's reference, else the lines of its days.

    A per-payout channel's line without reference or payout day was not paid out yet and belongs to none.
    """
    lines = StatementLine.objects.for_merchant(payout.merchant_id).filter(channel_id=payout.channel_id, currency=payout.currency)
    lines = lines.filter(is_live=True).exclude(kind=LineKind.PAYOUT)
    # Said for the index over channel and day: every line of the payout lies in the range.
    lines = lines.filter(business_date__range=(payout.covers_from, payout.covers_to))
    if payout.is_named:
        return lines.filter(payout_ref=payout.ref)
    mine = Q(payout_on=payout.due_on)
    if payout.channel.statements != StatementRhythm.PER_PAYOUT:
        mine |= Q(payout_on=None)
    return lines.filter(mine, payout_ref="")


def groups_of(lines: QuerySet[StatementLine]) -> list[Group]:
    """Sums by kind, payments first and by method, the largest first."""
    sums = lines.order_by().values("kind", "method").annotate(n=Count("pk"), g=Sum("gross"), f=Sum("fee"), o=Sum("other"), t=Sum("net"))
    found: dict[tuple[str, str], Group] = {}
    for row in sums:
        key = (row["kind"], row["method"] if row["kind"] == LineKind.PAYMENT else "")
        one = Group(*key, row["n"], int(row["g"]), int(row["f"]), int(row["o"]), int(row["t"]))
        found[key] = _added(found[key], one) if key in found else one
    order = list(LineKind)
    return sorted(found.values(), key=lambda one: (order.index(LineKind(one.kind)), -abs(one.net), one.method))


def total_of(groups: list[Group]) -> Group:
    """All groups together; empty names."""
    whole = Group("", "", 0, 0, 0, 0, 0)
    for one in groups:
        whole = _added(whole, one)
    return whole


def _added(left: Group, right: Group) -> Group:
    numbers = [getattr(left, name) + getattr(right, name) for name in ("count", "gross", "fee", "other", "net")]
    return Group(left.kind, left.method, *numbers)


def with_orders(lines: list[StatementLine]) -> list[tuple[StatementLine, str]]:
    """Each line with the number of the order it is paired with, or its own reference and no order. One query."""
    live = Match.objects.filter(line_id__in=[line.pk for line in lines], voided_at=None, line_slot=0)
    pairs = live.values_list("line_id", "payment__order__order_no", "refund__payment__order__order_no")
    orders = {line: paid or refunded or "" for line, paid, refunded in pairs}
    return [(line, orders.get(line.pk, "")) for line in lines]


def ties_of(payout: Payout) -> list[BankMatch]:
    """The live ties with their bank lines, files and makers, the first deposit first; `bank_line.live_ties` are all parts of each line.

    Two queries, however many.
    """
    ties = BankMatch.objects.for_merchant(payout.merchant_id).filter(payout=payout, voided_at=None)
    shared = BankMatch.objects.filter(voided_at=None).select_related("payout__channel").order_by("line_slot")
    related = ties.select_related("bank_line__statement", "bank_line__bank_account", "made_by")
    return list(related.prefetch_related(Prefetch("bank_line__matches", shared, to_attr="live_ties")).order_by("slot"))


def tie_reasons(payout: Payout, ties: list[BankMatch]) -> list[Reason]:
    """What speaks for the ties of a payout; where a deposit or a payout has several parts, how they add up."""
    if not ties:
        return []
    reasons = reasons_of(payout, ties[0].bank_line)
    parts = ties[0].bank_line.live_ties
    if len(ties) == 1 and len(parts) == 1:
        return reasons
    total, whole, words = (
        (sum(tie.amount_minor for tie in ties), payout.amount_minor, _("The parts of its deposits add up to the payout"))
        if len(ties) > 1
        else (sum(part.payout.amount_minor for part in parts), ties[0].bank_line.amount_minor, _("The payouts add up to the deposit"))
    )
    if total == whole:
        return [*reasons[:-1], Reason(True, words)]
    gap = cash_text(abs(total - whole), payout.currency)
    return [*reasons[:-1], Reason(False, _("The parts differ from the whole by %(amount)s") % {"amount": gap})]


def reasons_of(payout: Payout, line: BankLine) -> list[Reason]:
    """What a person would check before tying the two: number, keyword, day and amount."""
    text = f"{line.memo} {line.reference}"
    found = []
    if payout.is_named:
        has_ref = key_text(payout.ref) in key_text(text)
        found.append(Reason(has_ref, _("The memo carries the payout's number") if has_ref else _("The memo does not name the payout")))
    word = next((word for word in payout.channel.bank_keywords if word and word.lower() in text.lower()), "")
    if word:
        found.append(Reason(True, _("The memo has “%(word)s”, a keyword of %(channel)s") % {"word": word, "channel": payout.channel.label}))
    else:
        found.append(Reason(False, _("The memo has no keyword of %(channel)s") % {"channel": payout.channel.label}))
    return [*found, _day_reason(payout, line), _amount_reason(payout, line)]


def _day_reason(payout: Payout, line: BankLine) -> Reason:
    days = (line.booked_on - payout.due_on).days
    if days == 0:
        return Reason(True, _("Booked on the day it was due"))
    words = (
        ngettext("Booked %(n)s day after it was due", "Booked %(n)s days after it was due", days)
        if days > 0
        else ngettext("Booked %(n)s day before it was due", "Booked %(n)s days before it was due", -days)
    )
    return Reason(False, words % {"n": abs(days)})


def _amount_reason(payout: Payout, line: BankLine) -> Reason:
    gap = line.amount_minor - payout.amount_minor
    if gap == 0:
        return Reason(True, _("The amounts are equal"))
    words = _("The bank booked %(amount)s less") if gap < 0 else _("The bank booked %(amount)s more")
    return Reason(False, words % {"amount": cash_text(abs(gap), payout.currency)})


def parts_for(payout: Payout) -> list[BankLine]:
    """Bank lines nobody claims that could be one of several deposits of an open payout: smaller ones of its account, the first first."""
    smaller = _free_near(payout).filter(bank_account_id=payout.channel.bank_account_id)
    smaller = smaller.annotate(size=Abs("amount_minor")).filter(size__lt=abs(payout.amount_minor))
    return list(smaller.order_by("booked_on", "pk")[:CANDIDATES])


def _free_near(payout: Payout) -> QuerySet[BankLine]:
    tied = BankMatch.objects.filter(bank_line_id=OuterRef("pk"), voided_at=None)
    span = (payout.due_on - LOOK_BACK, payout.due_on + LOOK_AHEAD)
    free = BankLine.objects.for_merchant(payout.merchant_id).filter(~Exists(tied), is_live=True, currency=payout.currency)
    return free.filter(booked_on__range=span, **{"amount_minor__lt" if payout.amount_minor < 0 else "amount_minor__gt": 0})


def differences_of(payout: Payout, ties: list[BankMatch]) -> list[Discrepancy]:
    """What is still open about the payout itself or its bank lines."""
    mine = Q(payout_id=payout.pk) | Q(bank_line_id__in=[tie.bank_line_id for tie in ties])
    rows = Discrepancy.objects.for_merchant(payout.merchant_id).filter(mine, state__in=sorted(OPEN))
    return list(rows.select_related("channel", "owner").order_by("due_at", "pk"))


def neighbours_of(payout: Payout, limit: int = 5) -> list[Payout]:
    """The same channel's payouts before this one, newest first."""
    rows = payouts_of(payout.merchant).filter(channel_id=payout.channel_id, currency=payout.currency)
    older = Q(due_on__lt=payout.due_on) | Q(due_on=payout.due_on, pk__lt=payout.pk)
    return list(rows.filter(older).order_by("-due_on", "-pk")[:limit])


def bank_lines_of(merchant: Merchant) -> QuerySet[BankLine]:
    """Live bank lines with account, file and live tie; two queries however many."""
    live = BankMatch.objects.filter(voided_at=None).select_related("payout__channel").order_by("line_slot")
    rows = BankLine.objects.for_merchant(merchant).filter(is_live=True).select_related("bank_account", "statement")
    return rows.prefetch_related(Prefetch("matches", live, to_attr="live_ties"))


def tied_or_not(rows: QuerySet[BankLine], tied: bool) -> QuerySet[BankLine]:
    """Bank lines that carry a payout, or those that do not."""
    ties = Exists(BankMatch.objects.filter(bank_line_id=OuterRef("pk"), voided_at=None))
    return rows.filter(ties if tied else ~ties)


def covers_words(payout: Payout) -> str:
    """The business days of its lines."""
    if payout.covers_from == payout.covers_to:
        return _("business day %(day)s") % {"day": day_text(payout.covers_from)}
    return _("business days %(first)s to %(last)s") % {"first": day_text(payout.covers_from), "last": day_text(payout.covers_to)}
