"""Suggestions written down after a pass: new ones come, changed ones are rewritten, those that are no longer open go."""

from datetime import datetime

from django.db import transaction

from apps.core.clock import local_date
from apps.merchants.models import Merchant
from apps.orders.models import Payment, Refund
from apps.settlements.enums import SuggestionKind, SuggestionState
from apps.settlements.matching.suggesting import Suggestion as Found
from apps.settlements.matching.suggesting import suggest
from apps.settlements.matching.suggesting.weights import BANK, LINES
from apps.settlements.models import Payout, Suggestion
from apps.settlements.services.open_items import knowledge_of, sides_of

OURS = {SuggestionKind.PAYMENT: Payment, SuggestionKind.REFUND: Refund, SuggestionKind.PAYOUT: Payout}
CHUNK = 500
REWRITTEN = ["score_ppm", "is_ambiguous", "evidence", "amount_minor"]


def weights_for(kind: str):
    return BANK if kind == SuggestionKind.PAYOUT else LINES


def key_of(kind: str, theirs, ours) -> str:
    """The identity of a suggestion: its kind and both sets of keys."""
    left, right = (",".join(map(str, sorted(side))) for side in (theirs, ours))
    return f"{kind}:{left}|{right}"


def refresh_suggestions(*, merchant: Merchant, now: datetime) -> dict[str, int]:
    """Makes the open suggestions of a merchant those that the open items give now. Repeating it changes nothing.

    What people decided is left alone; what they declined is not found again.
    """
    found: dict[str, Suggestion] = {}
    for kind in SuggestionKind.values:
        found |= _found(merchant, kind, now)
    with transaction.atomic():
        Merchant.objects.select_for_update().get(pk=merchant.pk)
        held = {one.sides: one for one in Suggestion.objects.for_merchant(merchant).select_related(None)}
        gone = [one.pk for sides, one in held.items() if one.state == SuggestionState.OPEN and sides not in found]
        for at in range(0, len(gone), CHUNK):
            Suggestion.objects.for_merchant(merchant).filter(pk__in=gone[at : at + CHUNK], state=SuggestionState.OPEN).delete()
        Suggestion.objects.bulk_create([one for sides, one in found.items() if sides not in held], batch_size=CHUNK)
        changed = [
            _rewritten(held[sides], one) for sides, one in found.items() if sides in held and held[sides].state == SuggestionState.OPEN
        ]
        Suggestion.objects.bulk_update([one for one in changed if one], REWRITTEN, batch_size=CHUNK)
    return {"suggested": len(found)}


def _found(merchant: Merchant, kind: str, now: datetime) -> dict[str, Suggestion]:
    theirs, ours = sides_of(merchant, kind, local_date(now, merchant.timezone))
    if theirs.is_empty() or ours.is_empty():
        return {}
    figures = {row["id"]: row for row in theirs.select("id", "currency", "amount").iter_rows(named=True)}
    channels = dict(ours.select("id", "owner").iter_rows())
    said = suggest(theirs, ours, knowledge_of(merchant, kind), weights_for(kind))
    return {
        key_of(kind, one.theirs, one.ours): _row(merchant, kind, one, figures, channels, now)
        for one in said
        if _can_be_confirmed(kind, one)
    }


def _can_be_confirmed(kind: str, one: Found) -> bool:
    """Pairs, batches of the bank, and one line for several payments; several lines for one payment cannot be made by hand."""
    return kind == SuggestionKind.PAYOUT or (len(one.theirs) == 1 and (len(one.ours) == 1 or kind == SuggestionKind.PAYMENT))


def _row(merchant: Merchant, kind: str, one: Found, figures: dict, channels: dict, now: datetime) -> Suggestion:
    return Suggestion(
        merchant=merchant,
        channel_id=channels[one.ours[0]],
        kind=kind,
        sides=key_of(kind, one.theirs, one.ours),
        currency=figures[one.theirs[0]]["currency"],
        amount_minor=sum(figures[left]["amount"] for left in one.theirs),
        score_ppm=round(one.score * 1_000_000),
        is_ambiguous=one.is_ambiguous,
        evidence=evidence_json(one),
        found_at=now,
    )


def evidence_json(one: Found) -> list[dict]:
    return [{"part": part.part, "grade": part.grade, "points": part.points, "n": part.n, "text": part.text} for part in one.evidence]


def _rewritten(held: Suggestion, found: Suggestion) -> Suggestion | None:
    if all(getattr(held, name) == getattr(found, name) for name in REWRITTEN):
        return None
    for name in REWRITTEN:
        setattr(held, name, getattr(found, name))
    return held
