"""What people decide about suggestions: confirmed ones are paired by hand with their reasons, declined ones are never suggested again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.merchants.models import Merchant, User
from apps.settlements.enums import Resolution, SuggestionKind, SuggestionState
from apps.settlements.errors import AlreadyDecided, UnableToMatch
from apps.settlements.models import BankLine, BankMatch, Discrepancy, Match, StatementLine, Suggestion
from apps.settlements.selectors.suggestion_words import words_of
from apps.settlements.services import by_hand
from apps.settlements.services.learning import learn
from apps.settlements.services.resolve import reopen
from apps.settlements.services.suggesting import OURS


def confirm_suggestion(*, merchant: Merchant, suggestion_id: int, by: User, now: datetime) -> Suggestion:
    """Pairs both sides by hand, with the suggestion's reasons as the reason, closes what that explains, and learns from it.

    :raises Suggestion.DoesNotExist, AlreadyDecided, AlreadyMatched, UnableToMatch: and nothing changed.
    """
    with transaction.atomic():
        one = _open(merchant, suggestion_id)
        theirs, ours = _both(one)
        reason = _("Suggested: %(why)s") % {"why": " · ".join(words_of(one.evidence, one.currency)) or one.sides}
        common = {"merchant": merchant, "reason": reason, "by": by, "now": now}
        if one.kind == SuggestionKind.PAYOUT:
            by_hand.tie_together(payouts=ours, bank_lines=theirs, **common)
        else:
            by_hand.match_together(line=theirs[0], ours=ours, **common)
        _decide(one, SuggestionState.CONFIRMED, by, now)
    return one


def decline_suggestion(*, merchant: Merchant, suggestion_id: int, by: User, now: datetime) -> Suggestion:
    """Never suggested again, to nobody. :raises Suggestion.DoesNotExist, AlreadyDecided: and nothing changed."""
    with transaction.atomic():
        one = _open(merchant, suggestion_id)
        _decide(one, SuggestionState.DECLINED, by, now)
    return one


def take_back(*, merchant: Merchant, suggestion_id: int, by: User, now: datetime) -> Suggestion:
    """Undoes a decision: the pair is parted, what it had closed is open again, and what was learned is unlearned.

    :raises Suggestion.DoesNotExist, UnableToMatch: it waits for a decision, or its pair was parted by hand meanwhile.
    """
    with transaction.atomic():
        one = Suggestion.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=suggestion_id)
        was, decided_at, decided_by = one.state, one.decided_at, one.decided_by
        if was == SuggestionState.OPEN:
            raise UnableToMatch(_("This suggestion waits for a decision."))
        if was == SuggestionState.CONFIRMED:
            _part(one, by, now)
            closed = Discrepancy.objects.for_merchant(merchant).filter(
                closed_at=decided_at, closed_by=decided_by, resolution=Resolution.MATCHED
            )
            ids = list(closed.values_list("pk", flat=True))
            if ids:  # what was not overdue yet had no difference
                reopen(merchant=merchant, ids=ids, by=by, now=now)
        one.state, one.decided_at, one.decided_by = SuggestionState.OPEN, None, None
        one.save(update_fields=["state", "decided_at", "decided_by"])
        _learn(one, was == SuggestionState.CONFIRMED, -1, now)
        record(merchant_id=merchant.pk, action="suggestion.taken_back", subject=one, by=by, now=now, before={"state": was})
    return one


def _open(merchant: Merchant, pk: int) -> Suggestion:
    one = Suggestion.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=pk)
    if one.state != SuggestionState.OPEN:
        raise AlreadyDecided
    return one


def _both(one: Suggestion) -> tuple[list, list]:
    """The rows of both sides. :raises UnableToMatch: one of them is gone."""
    model = BankLine if one.kind == SuggestionKind.PAYOUT else StatementLine
    theirs = list(model.objects.for_merchant(one.merchant_id).filter(pk__in=one.theirs).order_by("pk"))
    ours = list(OURS[one.kind].objects.for_merchant(one.merchant_id).filter(pk__in=one.ours).order_by("pk"))
    if len(theirs) != len(one.theirs) or len(ours) != len(one.ours):
        raise UnableToMatch(_("One of the two is gone."))
    return theirs, ours


def _decide(one: Suggestion, state: str, by: User, now: datetime) -> None:
    one.state, one.decided_at, one.decided_by = state, now, by
    one.save(update_fields=["state", "decided_at", "decided_by"])
    _learn(one, state == SuggestionState.CONFIRMED, 1, now)
    record(
        merchant_id=one.merchant_id, action=f"suggestion.{state}", subject=one, by=by, now=now,
        after={"score_ppm": one.score_ppm, "evidence": one.evidence},
    )  # fmt: skip


def _learn(one: Suggestion, confirmed: bool, by_count: int, now: datetime) -> None:
    if one.kind == SuggestionKind.PAYOUT:
        bank_lines, payouts = _both(one)
        learn(merchant=one.merchant, payouts=payouts, bank_lines=bank_lines, confirmed=confirmed, by_count=by_count, now=now)


def _part(one: Suggestion, by: User, now: datetime) -> None:
    common = {"merchant": one.merchant, "reason": _("Undone right after pairing"), "by": by, "now": now}
    if one.kind == SuggestionKind.PAYOUT:
        made = BankMatch.objects.for_merchant(one.merchant_id).filter(bank_line_id=one.theirs[0], payout_id=one.ours[0], voided_at=None)
    else:
        mine = {f"{one.kind}_id": one.ours[0]}
        made = Match.objects.for_merchant(one.merchant_id).filter(line_id=one.theirs[0], voided_at=None, **mine)
    pair = made.first()
    if pair is None:
        raise UnableToMatch(_("This pair was undone already."))
    if one.kind == SuggestionKind.PAYOUT:
        by_hand.untie_payout(tie=pair, **common)
    else:
        by_hand.unmatch_line(match=pair, **common)
