"""Suggestions as the page lists them, with both sides written out; and what was learned."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from apps.core.figures import cash_text
from apps.merchants.models import Merchant
from apps.orders.models import Payment, Refund
from apps.settlements.enums import SuggestionKind, SuggestionState
from apps.settlements.models import BankLine, LearnedSign, Payout, StatementLine, Suggestion
from apps.settlements.selectors.suggestion_words import strength_of, words_of


@dataclass(frozen=True, slots=True)
class Side:
    """One row of a suggestion."""

    label: str
    amount: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Row:
    """`percent` is the score in whole percent, `step` its tenth for the bar."""

    pk: int
    channel: str
    kind: str
    theirs: list[Side]
    ours: list[Side]
    percent: int
    step: int
    strength: str
    is_ambiguous: bool
    why: list[str]


def open_suggestions(merchant: Merchant) -> QuerySet[Suggestion]:
    """What waits for a decision, the surest first; what another choice fits as well comes last."""
    return Suggestion.objects.for_merchant(merchant).filter(state=SuggestionState.OPEN).select_related("channel").order_by(
        "is_ambiguous", "-score_ppm", "pk"
    )  # fmt: skip


def rows_of(found: list[Suggestion]) -> list[Row]:
    """Six queries at most, however many."""
    sides = _sides(found)
    return [
        Row(
            one.pk,
            one.channel.label,
            one.get_kind_display(),
            [sides["theirs", one.kind == SuggestionKind.PAYOUT, key] for key in one.theirs],
            [sides[one.kind, key] for key in one.ours],
            one.score_ppm // 10_000,
            max(one.score_ppm // 100_000, 1),
            strength_of(one.score_ppm, one.is_ambiguous),
            one.is_ambiguous,
            words_of(one.evidence, one.currency),
        )
        for one in found
    ]


def named_sides(kind: str, is_theirs: bool, ids: set[int]) -> dict[int, Side]:
    """The rows of one side of suggestions of a kind, by primary key. One query."""
    key = ("theirs", kind == SuggestionKind.PAYOUT) if is_theirs else (kind,)
    return {row.pk: side for row, side in _READERS[key](ids)}


def _sides(found: list[Suggestion]) -> dict:
    wanted: dict[tuple, set[int]] = {}
    for one in found:
        wanted.setdefault(("theirs", one.kind == SuggestionKind.PAYOUT), set()).update(one.theirs)
        wanted.setdefault((one.kind,), set()).update(one.ours)
    sides = {}
    for key, ids in wanted.items():
        sides |= {(*key, row.pk): side for row, side in _READERS[key](ids)}
    return sides


def _lines(ids: set[int]):
    for one in StatementLine.objects.filter(pk__in=ids).select_related("statement"):
        ref = one.merchant_ref or one.refund_ref or one.provider_ref or one.provider_refund_ref or one.line_ref
        where = _("%(file)s, row %(row)s") % {"file": one.statement.name, "row": one.row_no}
        label = f"{ref or '—'} · {where}"
        yield one, Side(label, cash_text(one.gross, one.currency), one.business_date)


def _bank_lines(ids: set[int]):
    for one in BankLine.objects.filter(pk__in=ids):
        yield one, Side(one.memo or one.reference or "—", cash_text(one.amount_minor, one.currency), one.booked_on)


def _payments(ids: set[int]):
    for one in Payment.objects.filter(pk__in=ids).select_related("order"):
        yield one, Side(f"{one.order.order_no} · {one.merchant_ref}", cash_text(one.amount_minor, one.currency), one.business_date)


def _refunds(ids: set[int]):
    for one in Refund.objects.filter(pk__in=ids).select_related("payment"):
        yield one, Side(f"{one.refund_no} · {one.payment.merchant_ref}", cash_text(-one.amount_minor, one.currency), one.business_date)


def _payouts(ids: set[int]):
    for one in Payout.objects.filter(pk__in=ids):
        yield one, Side(one.ref, cash_text(one.amount_minor, one.currency), one.due_on)


_READERS = {
    ("theirs", False): _lines,
    ("theirs", True): _bank_lines,
    (SuggestionKind.PAYMENT,): _payments,
    (SuggestionKind.REFUND,): _refunds,
    (SuggestionKind.PAYOUT,): _payouts,
}


def learned_signs(merchant: Merchant) -> QuerySet[LearnedSign]:
    """Signs that count, the most confirmed first."""
    live = LearnedSign.objects.for_merchant(merchant).filter(removed_at=None, confirmed_count__gt=F("declined_count"))
    return live.select_related("channel").order_by("-confirmed_count", "channel__label", "value")
