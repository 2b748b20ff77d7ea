"""What could be the missing side: free rows of the same channel and currency, near in amount and time, the best first."""

from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.channels.cells import key_text
from apps.core.figures import cash_text, day_text, signed_text
from apps.orders.models import Payment, Refund
from apps.settlements.enums import DiscrepancyState, Kind
from apps.settlements.models import BankLine, BankMatch, Discrepancy, Match, Payout, StatementLine
from apps.settlements.selectors.facts import Facts

LIMIT = 20
LOOKED_AT = 200  # rows nearest in amount that are ranked further by time and reference
DAYS = 45  # how far apart in time a candidate may be
LIKELY = 5.0  # the same amount within a few days, or nearly that with a number alike
UNPAIRED_SALES = (Kind.MISSING_IN_BOOKS, Kind.AMBIGUOUS_MATCH, Kind.DUPLICATE_LINE)
ALIKE = 0.6  # share of characters in common from which two references count as alike


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible other side. `key` is `<type>:<primary key>` for the form; `why` are reasons in words, the weightiest first."""

    key: str
    label: str
    amount: str
    day: str
    why: list[str]
    score: float
    is_near: bool  # close enough in amount, or alike in its number, to be worth a look

    @property
    def is_likely(self) -> bool:
        return self.score >= LIKELY


def candidates_of(facts: Facts) -> list[Candidate]:
    """At most LIMIT candidates; none for kinds that lack no side, and none where the difference is closed."""
    find = _FINDERS.get(Kind(facts.item.kind))
    if find is None or not facts.item.is_open:
        return []
    return sorted((one for one in find(facts) if one.is_near), key=lambda one: (-one.score, one.key))[:LIMIT]


def _near(rows: QuerySet, amount_field: str, amount: int, day_field: str, day: date, looked_at: int = LOOKED_AT) -> list:
    """Free rows in the time window: the nearest in amount from below and from above."""
    window = rows.filter(**{f"{day_field}__range": (day - timedelta(days=DAYS), day + timedelta(days=DAYS))})
    below = window.filter(**{f"{amount_field}__lte": amount}).order_by(f"-{amount_field}", "pk")[: looked_at // 2]
    above = window.filter(**{f"{amount_field}__gt": amount}).order_by(amount_field, "pk")[: looked_at // 2]
    return [*below, *above]


def _told(facts: Facts, side: str, kinds: tuple[Kind, ...], amount_field: str, wanted: tuple[int, date], channel_id: int) -> list[int]:
    """Primary keys of free rows that differences name: of a million rows these few are the ones that a pass left unpaired.

    The differences carry amount and day of their rows, so nothing else is looked at. A pair that a person has undone is free at once.
    """
    merchant_id = facts.item.merchant_id
    told = Discrepancy.objects.for_merchant(merchant_id).filter(channel_id=channel_id, currency=facts.item.currency, kind__in=kinds)
    told = told.exclude(state=DiscrepancyState.CLEARED).filter(**{f"{side}__isnull": False})
    told = told.filter(~Exists(Match.objects.filter(**{f"{side}_id": OuterRef(f"{side}_id")}, voided_at=None)))
    near = _near(told.only("pk", f"{side}_id"), amount_field, wanted[0], "business_date", wanted[1], looked_at=2 * LIMIT)
    undone = Match.objects.for_merchant(merchant_id).filter(channel_id=channel_id, voided_by__isnull=False, **{f"{side}__isnull": False})
    newest = undone.order_by("-pk").values_list(f"{side}_id", flat=True)[:LOOKED_AT]
    return [*(getattr(one, f"{side}_id") for one in near), *newest]


def _candidate(key: str, label: str, amount: int, currency: str, day: date, wanted: tuple[int, date], refs: tuple[list, list]) -> Candidate:
    gap, apart = amount - wanted[0], abs((day - wanted[1]).days)
    alike = max((_alike(one, other) for one in refs[0] for other in refs[1]), default=0.0)
    score = 3 * max(0.0, 1 - abs(gap) / max(abs(wanted[0]), 1)) + 2 * max(0.0, 1 - apart / DAYS) + (3 * alike if alike >= ALIKE else 0)
    if gap == 0:
        score += 2
    is_near = abs(gap) * 2 <= abs(wanted[0]) or alike >= 0.9
    return Candidate(
        key, label, cash_text(amount, currency), day_text(day), _reasons(gap, apart, alike, currency), round(score, 4), is_near
    )


def _reasons(gap: int, apart: int, alike: float, currency: str) -> list[str]:
    amount = _("same amount") if gap == 0 else _("amount off by %(gap)s") % {"gap": signed_text(gap, currency)}
    time = _("same day") if apart == 0 else ngettext("%(n)s day apart", "%(n)s days apart", apart) % {"n": apart}
    return [amount, time, *([_("same number")] if alike == 1 else [_("numbers alike")] if alike >= ALIKE else [])]


def _alike(one: str, other: str) -> float:
    first, second = key_text(one), key_text(other)
    return SequenceMatcher(None, first, second).ratio() if first and second else 0.0


def _free(rows: QuerySet, side: str) -> QuerySet:
    return rows.filter(~Exists(Match.objects.filter(**{f"{side}_id": OuterRef("pk")}, voided_at=None)))


def _payments(facts: Facts) -> list[Candidate]:
    line = facts.line
    if line is None or line.kind != "payment":
        return []
    rows = Payment.objects.for_merchant(facts.item.merchant_id).filter(channel_id=line.channel_id, currency=line.currency)
    told = _told(facts, "payment", (Kind.MISSING_AT_PROVIDER,), "expected_minor", (line.gross, line.business_date), line.channel_id)
    # What is still on its way has no difference yet, so those nearest in amount are looked at, free or not.
    window = (line.business_date - timedelta(days=DAYS), line.business_date + timedelta(days=DAYS))
    around = rows.filter(business_date__range=window)
    below = around.filter(amount_minor__lte=line.gross).order_by("-amount_minor", "pk").values_list("pk", flat=True)[:LOOKED_AT]
    above = around.filter(amount_minor__gt=line.gross).order_by("amount_minor", "pk").values_list("pk", flat=True)[:LOOKED_AT]
    found = _free(around, "payment").select_related("order").filter(pk__in={*told, *below, *above})
    refs = [line.merchant_ref, line.provider_ref]
    return [
        _candidate(
            f"payment:{one.pk}", f"{one.order.order_no} · {one.merchant_ref}", one.amount_minor, one.currency, one.business_date,
            (line.gross, line.business_date), (refs, [one.merchant_ref, one.provider_ref]),
        )
        for one in found
    ]  # fmt: skip


def _refunds(facts: Facts) -> list[Candidate]:
    line = facts.line
    if line is None or line.kind != "refund":
        return []
    rows = Refund.objects.for_merchant(facts.item.merchant_id).filter(channel_id=line.channel_id, currency=line.currency)
    found = _near(_free(rows, "refund").select_related("payment"), "amount_minor", -line.gross, "business_date", line.business_date)
    refs = [line.refund_ref, line.provider_refund_ref, line.merchant_ref]
    return [
        _candidate(
            f"refund:{one.pk}", f"{one.refund_no} · {one.payment.merchant_ref}", -one.amount_minor, one.currency, one.business_date,
            (line.gross, line.business_date), (refs, [one.refund_no, one.provider_refund_ref, one.payment.merchant_ref]),
        )
        for one in found
    ]  # fmt: skip


def _lines(facts: Facts) -> list[Candidate]:
    ours = facts.item.refund or facts.item.payment
    if ours is None:
        return []
    kind, sign = ("refund", -1) if facts.item.refund else ("payment", 1)
    day = ours.business_date or facts.item.business_date
    rows = StatementLine.objects.for_merchant(facts.item.merchant_id).filter(
        channel_id=ours.channel_id, currency=ours.currency, kind=kind, is_live=True
    )
    kinds = (Kind.REFUND_MISSING_IN_BOOKS, Kind.DUPLICATE_LINE) if kind == "refund" else UNPAIRED_SALES
    told = _told(facts, "line", kinds, "actual_minor", (sign * ours.amount_minor, day), ours.channel_id)
    window = (day - timedelta(days=DAYS), day + timedelta(days=DAYS))
    found = _free(rows, "line").select_related("statement").filter(pk__in=told, business_date__range=window)
    refs = [ours.refund_no, ours.provider_refund_ref] if facts.item.refund else [ours.merchant_ref, ours.provider_ref]
    return [
        _candidate(
            f"line:{one.pk}", f"{one.merchant_ref or one.provider_ref or one.line_ref} · {one.statement.name} {one.row_no}", one.gross,
            one.currency, one.business_date, (sign * ours.amount_minor, day),
            (refs, [one.merchant_ref, one.provider_ref, one.refund_ref, one.provider_refund_ref]),
        )
        for one in found
    ]  # fmt: skip


def _bank_lines(facts: Facts) -> list[Candidate]:
    payout = facts.payout
    if payout is None:
        return []
    taken = BankMatch.objects.filter(bank_line_id=OuterRef("pk"), voided_at=None)
    rows = BankLine.objects.for_merchant(facts.item.merchant_id).filter(~Exists(taken), currency=payout.currency, is_live=True)
    if facts.channel.bank_account_id:
        rows = rows.filter(bank_account_id=facts.channel.bank_account_id)
    return [
        _candidate(
            f"bank_line:{one.pk}", one.memo or one.reference or "—", one.amount_minor, one.currency, one.booked_on,
            (payout.amount_minor, payout.due_on), ([payout.ref], [one.reference]),
        )
        for one in _near(rows, "amount_minor", payout.amount_minor, "booked_on", payout.due_on)
    ]  # fmt: skip


def _payouts(facts: Facts) -> list[Candidate]:
    bank = facts.bank_line
    if bank is None:
        return []
    taken = BankMatch.objects.filter(payout_id=OuterRef("pk"), voided_at=None)
    rows = Payout.objects.for_merchant(facts.item.merchant_id).filter(
        ~Exists(taken), channel_id=facts.item.channel_id, currency=bank.currency
    )
    return [
        _candidate(
            f"payout:{one.pk}", one.ref, one.amount_minor, one.currency, one.due_on,
            (bank.amount_minor, bank.booked_on), ([bank.reference, bank.memo], [one.ref]),
        )
        for one in _near(rows, "lines_net_minor", bank.amount_minor, "due_on", bank.booked_on)
    ]  # fmt: skip


_FINDERS = {
    Kind.MISSING_AT_PROVIDER: _lines,
    Kind.REFUND_MISSING_AT_PROVIDER: _lines,
    Kind.MISSING_IN_BOOKS: _payments,
    Kind.AMBIGUOUS_MATCH: _payments,
    Kind.REFUND_MISSING_IN_BOOKS: _refunds,
    Kind.PAYOUT_MISSING_IN_BANK: _bank_lines,
    Kind.UNEXPECTED_BANK_LINE: _payouts,
}
