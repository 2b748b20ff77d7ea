"""What could be the missing side of one difference or payout: ranked and explained by the engine that makes the suggestions.

Here a person looks for one thing, so pairs that were declined or undone are listed too, last and named as such: people may err.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from apps.core.figures import day_text
from apps.merchants.models import Merchant
from apps.orders.models import Payment, Refund
from apps.settlements.enums import DiscrepancyState, Kind, SuggestionKind
from apps.settlements.matching.suggesting.blocking import EARLIEST, LATEST
from apps.settlements.matching.suggesting.engine import rank
from apps.settlements.models import BankLine, Discrepancy, Match, Payout, StatementLine
from apps.settlements.selectors.facts import Facts
from apps.settlements.selectors.suggestion_words import strength_of, words_of
from apps.settlements.selectors.suggestions import named_sides
from apps.settlements.services.open_items import Sides, knowledge_of, payment_sides, payout_sides, refund_sides, unmatched, untied
from apps.settlements.services.suggesting import evidence_json, weights_for

LIMIT = 20
LOOKED_AT = 200  # rows nearest in amount from below and from above that are ranked
LIKELY = 0.5
UNPAIRED_SALES = (Kind.MISSING_IN_BOOKS, Kind.AMBIGUOUS_MATCH, Kind.DUPLICATE_LINE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible other side. `key` is `<type>:<primary key>` for the form; `why` are reasons in words, the weightiest first."""

    key: str
    label: str
    amount: str
    day: str
    why: list[str]
    score: float  # the probability that the two belong together
    strength: str
    is_likely: bool

    @property
    def pk(self) -> int:
        return int(self.key.partition(":")[2])


def candidates_of(facts: Facts) -> list[Candidate]:
    """At most LIMIT, the likeliest first; none for kinds that lack no side, and none where the difference is closed."""
    find = _FINDERS.get(Kind(facts.item.kind))
    return find(facts) if find and facts.item.is_open else []


def deposits_for(payout: Payout) -> list[Candidate]:
    """Bank lines nobody claims that could carry an open payout, the likeliest first."""
    window = {"booked_on__range": _window(payout.due_on, EARLIEST, LATEST)}
    lines = BankLine.objects.for_merchant(payout.merchant_id).filter(is_live=True, currency=payout.currency, **window)
    ours = Payout.objects.for_merchant(payout.merchant_id).filter(pk=payout.pk)
    return _ranked(payout.merchant, SuggestionKind.PAYOUT, payout_sides(untied(lines, "bank_line"), ours, [payout.channel]), "bank_line")


def _window(day: date, first: int, last: int) -> tuple[date, date]:
    return day + timedelta(days=first), day + timedelta(days=last)


def _ranked(merchant: Merchant, kind: str, sides: Sides, wanted: str) -> list[Candidate]:
    """`wanted` is the type of the side that is looked for."""
    if sides[0].is_empty() or sides[1].is_empty():
        return []
    knowledge, is_theirs = knowledge_of(merchant, kind), wanted in ("line", "bank_line")
    found = rank(*sides, replace(knowledge, declined=frozenset()), weights_for(kind))
    found = sorted(found, key=lambda one: knowledge.declines(one.theirs, one.ours))[:LIMIT]
    chosen = [(one.theirs if is_theirs else one.ours)[0] for one in found]
    named, currency, made = named_sides(kind, is_theirs, set(chosen)), sides[0]["currency"][0], []
    for pk, one in zip(chosen, found, strict=True):
        is_declined, side = knowledge.declines(one.theirs, one.ours), named[pk]
        why = [*([_("declined or undone before")] if is_declined else []), *words_of(evidence_json(one), currency)]
        strength = strength_of(round(one.score * 1_000_000), one.is_ambiguous)
        is_likely = one.score >= LIKELY and not (is_declined or one.is_ambiguous)
        made.append(Candidate(f"{wanted}:{pk}", side.label, side.amount, day_text(side.day), why, one.score, strength, is_likely))
    return made


def _nearest(rows: QuerySet, field: str, amount: int) -> set[int]:
    """Primary keys of the rows nearest in amount from below and from above."""
    below = rows.filter(**{f"{field}__lte": amount}).order_by(f"-{field}", "pk").values_list("pk", flat=True)[:LOOKED_AT]
    above = rows.filter(**{f"{field}__gt": amount}).order_by(field, "pk").values_list("pk", flat=True)[:LOOKED_AT]
    return {*below, *above}


def _told(facts: Facts, side: str, kinds: Iterable[Kind], window: tuple[date, date]) -> list[int]:
    """Rows that differences name, and those whose pair a person undid: of a million rows the few that a pass left unpaired."""
    merchant_id, channel_id = facts.item.merchant_id, facts.item.channel_id
    told = Discrepancy.objects.for_merchant(merchant_id).filter(
        channel_id=channel_id, currency=facts.item.currency, kind__in=kinds, business_date__range=window, **{f"{side}__isnull": False}
    )
    told = told.exclude(state=DiscrepancyState.CLEARED)
    told = told.filter(~Exists(Match.objects.filter(**{f"{side}_id": OuterRef(f"{side}_id")}, voided_at=None)))
    undone = Match.objects.for_merchant(merchant_id).filter(channel_id=channel_id, voided_by__isnull=False, **{f"{side}__isnull": False})
    newest = undone.order_by("-pk").values_list(f"{side}_id", flat=True)[:LOOKED_AT]
    return [*told.order_by("-pk").values_list(f"{side}_id", flat=True)[: 2 * LOOKED_AT], *newest]


def _payments(facts: Facts) -> list[Candidate]:
    line = facts.line
    if line is None or line.kind != "payment":
        return []
    window = _window(line.business_date, -LATEST, -EARLIEST)
    told = _told(facts, "payment", [Kind.MISSING_AT_PROVIDER], window)
    rows = Payment.objects.for_merchant(facts.item.merchant_id).filter(channel_id=line.channel_id, currency=line.currency)
    # What is still on its way has no difference yet, so those nearest in amount are looked at, free or not.
    near = _nearest(rows.filter(business_date__range=window), "amount_minor", line.gross)
    theirs, ours = StatementLine.objects.filter(pk=line.pk), unmatched(rows.filter(pk__in={*told, *near}), "payment")
    return _ranked(facts.item.merchant, SuggestionKind.PAYMENT, payment_sides(theirs, ours, [facts.channel]), "payment")


def _refunds(facts: Facts) -> list[Candidate]:
    line = facts.line
    if line is None or line.kind != "refund":
        return []
    window = _window(line.business_date, -LATEST, -EARLIEST)
    rows = Refund.objects.for_merchant(facts.item.merchant_id).filter(channel_id=line.channel_id, currency=line.currency)
    near = _nearest(unmatched(rows.filter(business_date__range=window), "refund"), "amount_minor", -line.gross)
    sides = refund_sides(StatementLine.objects.filter(pk=line.pk), rows.filter(pk__in=near), [facts.channel])
    return _ranked(facts.item.merchant, SuggestionKind.REFUND, sides, "refund")


def _lines(facts: Facts) -> list[Candidate]:
    ours = facts.item.refund or facts.item.payment
    if ours is None:
        return []
    is_refund = facts.item.refund is not None
    kinds = (Kind.REFUND_MISSING_IN_BOOKS, Kind.DUPLICATE_LINE) if is_refund else UNPAIRED_SALES
    told = _told(facts, "line", kinds, _window(ours.business_date or facts.item.business_date, EARLIEST, LATEST))
    rows = StatementLine.objects.for_merchant(facts.item.merchant_id).filter(
        channel_id=ours.channel_id, currency=ours.currency, is_live=True, pk__in=told
    )
    mine = type(ours).objects.filter(pk=ours.pk)
    sides = (refund_sides if is_refund else payment_sides)(unmatched(rows, "line"), mine, [facts.channel])
    return _ranked(facts.item.merchant, SuggestionKind.REFUND if is_refund else SuggestionKind.PAYMENT, sides, "line")


def _bank_lines(facts: Facts) -> list[Candidate]:
    return deposits_for(facts.payout) if facts.payout else []


def _payouts(facts: Facts) -> list[Candidate]:
    bank = facts.bank_line
    if bank is None:
        return []
    window = {"due_on__range": _window(bank.booked_on, -LATEST, -EARLIEST)}
    rows = Payout.objects.for_merchant(facts.item.merchant_id).filter(channel_id=facts.item.channel_id, currency=bank.currency, **window)
    sides = payout_sides(BankLine.objects.filter(pk=bank.pk), untied(rows, "payout"), [facts.channel])
    return _ranked(facts.item.merchant, SuggestionKind.PAYOUT, sides, "payout")


_FINDERS = {
    Kind.MISSING_AT_PROVIDER: _lines,
    Kind.REFUND_MISSING_AT_PROVIDER: _lines,
    Kind.MISSING_IN_BOOKS: _payments,
    Kind.AMBIGUOUS_MATCH: _payments,
    Kind.REFUND_MISSING_IN_BOOKS: _refunds,
    Kind.PAYOUT_MISSING_IN_BANK: _bank_lines,
    Kind.UNEXPECTED_BANK_LINE: _payouts,
}
