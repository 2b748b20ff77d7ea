"""Write-offs, forced matches and forced ties that need a second person: asked for, approved, rejected, withdrawn, and undone.

The limits are the merchant's. The database holds the same rules (`triggers.py`): nobody signs for themselves, and nothing above a limit
takes effect without an approval of exactly these figures.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.audit.services import record
from apps.core.figures import cash_text
from apps.core.money import MoneyError, to_minor
from apps.merchants.models import Merchant, User
from apps.orders.models import Payment, Refund
from apps.settlements.enums import DiscrepancyState, Resolution, SignatureState, SignedAct, Subject
from apps.settlements.errors import (
    AlreadyClosed,
    AlreadyMatched,
    AlreadyWaits,
    FiguresMoved,
    ManyCurrencies,
    NoDifferenceYet,
    NothingWaits,
    OwnRequest,
    ReasonMissing,
    TotalDiffers,
)
from apps.settlements.models import BankLine, BankMatch, Discrepancy, Match, Payout, SecondSignature, StatementLine
from apps.settlements.selectors.discrepancies import stake_of
from apps.settlements.services import by_hand, resolve
from apps.settlements.services.signers import check_signer, needs_second, off_by, standing, tie_off_by
from apps.settlements.services.telling import tell_decided, tell_waiting
from apps.settlements.states import OPEN


def write_off(*, merchant: Merchant, ids: Iterable[int], reason: str, typed_total: str = "", by: User, now: datetime) -> tuple[list, list]:
    """Writes differences off, and asks a second person for those above the limit. Returns both, what was closed and what waits.

    `typed_total`: what several come to, in major units of their currency, typed by hand; of one alone it is not asked for.

    :raises ReasonMissing, AlreadyClosed, AlreadyWaits, ManyCurrencies, TotalDiffers: then nothing was changed.
    """
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        items = resolve.lock(merchant, ids)
        if any(not item.is_open for item in items):
            raise AlreadyClosed
        _check_total(items, typed_total)
        above = [item for item in items if needs_second(merchant, SignedAct.WRITE_OFF, stake_of(item), item.currency)]
        small = [item.pk for item in items if item not in above]
        closed = resolve.resolve(merchant=merchant, ids=small, resolution=Resolution.WRITTEN_OFF, reason=reason, by=by, now=now)
        asked = [_ask(item, SignedAct.WRITE_OFF, stake_of(item), reason, by, now) for item in above]
        if asked:
            tell_waiting(merchant, by, asked, now)
    return closed, asked


def match(
    *, item: Discrepancy, line: StatementLine, ours: Payment | Refund, reason: str, by: User, now: datetime
) -> Match | SecondSignature:
    """Pairs a line with our side, or asks a second person where the two differ by more than the limit.

    :raises: as `by_hand.match_line`. :raises AlreadyClosed, AlreadyWaits: see there.
    """
    merchant = item.merchant
    if not needs_second(merchant, SignedAct.MATCH, off_by(line, ours), line.currency):
        return by_hand.match_line(merchant=merchant, line=line, ours=ours, reason=reason, by=by, now=now)
    by_hand.check_pair(merchant, line, ours, reason)
    with transaction.atomic():
        item = resolve.lock(merchant, [item.pk])[0]
        if not item.is_open:
            raise AlreadyClosed
        side = {"payment" if isinstance(ours, Payment) else "refund": ours}
        asked = _ask(item, SignedAct.MATCH, off_by(line, ours), reason, by, now, line=line, **side)
        tell_waiting(merchant, by, [asked], now)
    return asked


def tie(
    *,
    merchant: Merchant,
    payouts: list[Payout],
    bank_lines: list[BankLine],
    reason: str,
    by: User,
    now: datetime,
    item: Discrepancy | None = None,
) -> list[BankMatch] | SecondSignature:
    """Ties payouts and bank lines, or asks a second person where they differ by more than the limit: at `item`, else at their difference.

    :raises: as `by_hand.tie_together`. :raises AlreadyClosed, AlreadyWaits: see there.
    :raises NoDifferenceYet: above the limit, and there is no open difference at which somebody could decide.
    """
    by_hand.check_ties(merchant, payouts, bank_lines, reason)
    payout, amount = tie_off_by(payouts, bank_lines)
    if not needs_second(merchant, SignedAct.TIE, amount, payout.currency):
        return by_hand.tie_together(merchant=merchant, payouts=payouts, bank_lines=bank_lines, reason=reason, by=by, now=now)
    taken = BankMatch.objects.for_merchant(merchant).filter(Q(payout__in=payouts) | Q(bank_line__in=bank_lines), voided_at=None)
    if taken.exists():
        raise AlreadyMatched
    keys = {"payouts": [one.pk for one in payouts], "bank_lines": [one.pk for one in bank_lines]}
    with transaction.atomic():
        place = item or Discrepancy.objects.for_merchant(merchant).filter(_about_ties(keys), state__in=[*OPEN]).order_by("pk").first()
        if place is None:
            raise NoDifferenceYet
        place = resolve.lock(merchant, [place.pk])[0]
        if not place.is_open:
            raise AlreadyClosed
        asked = _ask(place, SignedAct.TIE, amount, reason, by, now, payout=payout, tied=keys)
        tell_waiting(merchant, by, [asked], now)
    return asked


def approve(*, merchant: Merchant, discrepancy_id: int, answer: str = "", by: User, now: datetime) -> SecondSignature:
    """The second person agrees, and the act takes effect, in the name of who asked.

    :raises NotASigner, OwnRequest: this person may not. :raises NothingWaits: it was decided, or the difference closed another way.
    :raises FiguresMoved: the two sides are not what the requester saw; it can only be rejected or withdrawn.
    """
    check_signer(merchant, by)
    with transaction.atomic():
        asked = _waiting(merchant, discrepancy_id)
        if asked.requested_by_id == by.pk:
            raise OwnRequest
        if is_stale(asked):
            raise FiguresMoved
        _decide(asked, SignatureState.APPROVED, answer, by, now)
        common = {"merchant": merchant, "reason": asked.reason, "by": asked.requested_by, "now": now}
        if asked.act == SignedAct.WRITE_OFF:
            resolve.resolve(ids=[discrepancy_id], resolution=Resolution.WRITTEN_OFF, **common)
        elif asked.act == SignedAct.MATCH:
            by_hand.match_line(line=asked.line, ours=asked.payment or asked.refund, **common)
        else:
            payouts, bank_lines = tied_rows(asked)
            by_hand.tie_together(payouts=payouts, bank_lines=bank_lines, **common)
        tell_decided(asked, by, now)
    return asked


def reject(*, merchant: Merchant, discrepancy_id: int, answer: str, by: User, now: datetime) -> SecondSignature:
    """The second person refuses, with a reason; the difference stays open. :raises NotASigner, OwnRequest, NothingWaits, ReasonMissing."""
    check_signer(merchant, by)
    if not answer.strip():
        raise ReasonMissing
    with transaction.atomic():
        asked = _waiting(merchant, discrepancy_id)
        if asked.requested_by_id == by.pk:
            raise OwnRequest
        _decide(asked, SignatureState.REJECTED, answer, by, now)
        tell_decided(asked, by, now)
    return asked


def withdraw(*, merchant: Merchant, discrepancy_id: int, by: User, now: datetime) -> SecondSignature:
    """Who asked takes the request back. :raises NothingWaits: also for another person's."""
    with transaction.atomic():
        asked = _waiting(merchant, discrepancy_id)
        if asked.requested_by_id != by.pk:
            raise NothingWaits
        _decide(asked, SignatureState.WITHDRAWN, "", by, now)
    return asked


def undo(*, merchant: Merchant, discrepancy_id: int, reason: str, by: User, now: datetime) -> SecondSignature:
    """Takes an approved act back: the difference is open again, a match is undone, and the approval is spent. Nothing is deleted.

    :raises NotASigner: only who may sign may undo what was signed. :raises NothingWaits: nothing approved stands here.
    """
    check_signer(merchant, by)
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        resolve.lock(merchant, [discrepancy_id])
        signed = standing(merchant, discrepancy_id)
        if signed is None:
            raise NothingWaits
        if signed.act == SignedAct.MATCH:
            sides = {"line": signed.line, "payment": signed.payment, "refund": signed.refund}
            made = Match.objects.for_merchant(merchant).filter(voided_at=None, **sides)
            by_hand.unmatch_line(merchant=merchant, match=made.get(), reason=reason, by=by, now=now)
        if signed.act == SignedAct.TIE:
            tied = BankMatch.objects.for_merchant(merchant).filter(voided_at=None, payout=signed.payout)
            by_hand.untie_payout(merchant=merchant, tie=tied.first(), reason=reason, by=by, now=now)
        resolve.reopen(merchant=merchant, ids=[discrepancy_id], by=by, now=now, reason=reason)
        record(
            merchant_id=merchant.pk, action="second_signature.undone", subject=signed, by=by, now=now, reason=reason.strip(),
            after={"approved_by": str(signed.decided_by), "amount": signed.amount_minor, "currency": signed.currency},
        )  # fmt: skip
    return signed


def is_stale(asked: SecondSignature) -> bool:
    """Whether the two sides, as they are now, are other than what the requester saw. Needs the sides and the difference loaded."""
    item = asked.discrepancy
    if (item.expected_minor, item.actual_minor, item.currency) != (asked.expected_minor, asked.actual_minor, asked.currency):
        return True
    if asked.act == SignedAct.TIE:
        payouts, bank_lines = tied_rows(asked)
        return not all(line.is_live for line in bank_lines) or tie_off_by(payouts, bank_lines) != (asked.payout, asked.amount_minor)
    ours = asked.payment or asked.refund
    return ours is not None and (not asked.line.is_live or off_by(asked.line, ours) != asked.amount_minor)


def tied_rows(asked: SecondSignature) -> tuple[list[Payout], list[BankLine]]:
    """Both sides of a tie, as they are now; two queries."""
    mine = (Payout.objects.for_merchant(asked.merchant_id), BankLine.objects.for_merchant(asked.merchant_id))
    payouts, bank_lines = (rows.in_bulk(asked.tied[name]) for rows, name in zip(mine, ("payouts", "bank_lines"), strict=True))
    return [payouts[pk] for pk in asked.tied["payouts"]], [bank_lines[pk] for pk in asked.tied["bank_lines"]]


def _about_ties(keys: dict[str, list[int]]) -> Q:
    """The differences about payouts and bank lines."""
    found = Q(pk__in=[])
    for subject, name in ((Subject.PAYOUT, "payouts"), (Subject.BANK_LINE, "bank_lines")):
        found |= Q(subject_type=subject, subject_key__in=[str(pk) for pk in keys.get(name, [])], kind__in=by_hand.EXPLAINED)
    return found


def _check_total(items: list[Discrepancy], typed: str) -> None:
    """Of several write-offs somebody read the sum. :raises ManyCurrencies, TotalDiffers."""
    if len(items) < 2:
        return
    if len({item.currency for item in items}) > 1:
        raise ManyCurrencies
    total, currency = sum(stake_of(item) for item in items), items[0].currency
    try:
        is_right = to_minor(typed, currency) == total
    except MoneyError:
        is_right = False
    if not is_right:
        raise TotalDiffers(total=cash_text(total, currency))


def _ask(item: Discrepancy, act: SignedAct, amount: int, reason: str, by: User, now: datetime, **sides) -> SecondSignature:
    figures = {"currency": item.currency, "expected_minor": item.expected_minor, "actual_minor": item.actual_minor}
    try:
        with transaction.atomic():
            asked = SecondSignature.objects.create(
                merchant_id=item.merchant_id, discrepancy=item, act=act, amount_minor=amount, reason=reason.strip(), requested_at=now,
                requested_by=by, **figures, **sides,
            )  # fmt: skip
    except IntegrityError as error:
        raise AlreadyWaits from error
    after = {"act": str(act), "amount": amount, **figures}
    record(merchant_id=item.merchant_id, action="second_signature.asked", subject=asked, by=by, now=now, reason=reason.strip(), after=after)
    return asked


def _waiting(merchant: Merchant, discrepancy_id: int) -> SecondSignature:
    """The request that waits at a difference. Locked first, in one order: every difference the act would close, then the request."""
    rows = SecondSignature.objects.for_merchant(merchant).filter(discrepancy_id=discrepancy_id, state=SignatureState.PENDING)
    asked = rows.select_related("line", "payment", "refund", "payout").first()
    if asked is None:
        raise NothingWaits
    touched = Q(pk=discrepancy_id) | _about_ties(asked.tied)
    for subject, pk in ((Subject.LINE, asked.line_id), (Subject.PAYMENT, asked.payment_id), (Subject.REFUND, asked.refund_id)):
        touched |= Q(subject_type=subject, subject_key=str(pk)) if pk else Q()
    list(Discrepancy.objects.for_merchant(merchant).filter(touched).select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    if not rows.select_for_update(of=("self",)).exists():
        raise NothingWaits
    return rows.select_related("discrepancy", "line", "payment", "refund", "payout", "requested_by").get(pk=asked.pk)


def _decide(asked: SecondSignature, state: SignatureState, answer: str, by: User, now: datetime) -> None:
    if asked.discrepancy.state not in (DiscrepancyState.OPEN, DiscrepancyState.INVESTIGATING):
        raise NothingWaits
    asked.state, asked.answer, asked.decided_at, asked.decided_by = state, answer.strip(), now, by
    asked.save(update_fields=["state", "answer", "decided_at", "decided_by"])
    record(
        merchant_id=asked.merchant_id, action=f"second_signature.{state}", subject=asked, by=by, now=now, reason=asked.answer,
        after={"act": asked.act, "amount": asked.amount_minor, "currency": asked.currency, "requested_by": str(asked.requested_by)},
    )  # fmt: skip
