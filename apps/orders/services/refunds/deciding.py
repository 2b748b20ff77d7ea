"""Deciding on a request: by a second person, once, on figures that still hold.

Everything is looked at under the locks of the payment and then of the refund, so that of many who decide at the same moment one wins
and every other is told what the first did.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.core.figures import cash_text
from apps.core.jobs.services import enqueue
from apps.merchants.enums import Role
from apps.merchants.models import Merchant, User
from apps.orders.enums import RefundJob, RefundRoute, RefundState, Verdict
from apps.orders.errors import (
    AlreadyDecided,
    ApprovedByYou,
    ManyCurrencies,
    NothingAsked,
    NothingChosen,
    NotStale,
    OwnerNeeded,
    OwnRequest,
    ReasonMissing,
    RefundError,
    RefundStale,
    SecondFactorMissing,
    TotalDiffers,
)
from apps.orders.models import Payment, Refund, RefundDecision, RefundRequest
from apps.orders.selectors.refundable import refundable
from apps.orders.services.refunds.figures import freeze, stale_reason, tier
from apps.orders.services.refunds.requesting import check_amount
from apps.orders.services.refunds.telling import tell_answered, tell_asked, tell_decided, tell_waiting
from apps.orders.services.refunds.trail import lock_refund, role_with, write_step

SECOND_FACTOR_LIVES = timedelta(minutes=10)
REASON_LENGTH = 500


def approve_refund(
    *, merchant: Merchant, refund_id: int, by: User, now: datetime, reason: str = "", mfa_at: datetime | None = None
) -> Refund:
    """One approval. The last one needed moves the refund on and asks for it to be carried out, in the same transaction.

    :raises Refund.DoesNotExist: also for another merchant's, and for one that only the books know.
    :raises NotAllowed, AlreadyDecided, OwnRequest, ApprovedByYou, OwnerNeeded, SecondFactorMissing: nothing was changed.
    :raises RefundStale: the figures changed; that is kept and on record, the approval is not.
    """
    role = role_with(merchant, by, "approve_refund")
    with transaction.atomic():
        payment, refund = _open(merchant, refund_id)
        _check_approver(refund, by, role, now, mfa_at)
        stale = refund.request.stale_reason or stale_reason(refund, payment, now)
        if stale:
            _mark_stale(refund, stale, now)
        else:
            _approve(refund, by, role, now, reason.strip()[:REASON_LENGTH], mfa_at)
    if stale:
        raise RefundStale(stale)
    return refund


@dataclass(frozen=True, slots=True)
class ApprovedMany:
    """What became of each chosen refund, in the order of their ids; `refused` with the error that says why."""

    approved: list[Refund]
    refused: list[tuple[Refund, RefundError]]


def approve_refunds(
    *,
    merchant: Merchant,
    refund_ids: Iterable[int],
    typed_total_minor: int,
    by: User,
    now: datetime,
    reason: str = "",
    mfa_at: datetime | None = None,
) -> ApprovedMany:
    """Approves each by itself, once the total typed by hand is right: one that cannot be approved does not keep the others back.

    :raises NothingChosen, ManyCurrencies, TotalDiffers, NotAllowed: nothing was approved.
    :raises Refund.DoesNotExist: when any id is not a request of this merchant.
    """
    wanted = sorted(set(refund_ids))
    if not wanted:
        raise NothingChosen
    role_with(merchant, by, "approve_refund")
    refunds = list(Refund.objects.for_merchant(merchant).filter(pk__in=wanted, request__isnull=False).order_by("pk"))
    if len(refunds) != len(wanted):
        raise Refund.DoesNotExist
    currencies = {refund.currency for refund in refunds}
    if len(currencies) > 1:
        raise ManyCurrencies
    total, currency = sum(refund.amount_minor for refund in refunds), currencies.pop()
    if total != typed_total_minor:
        raise TotalDiffers(total=cash_text(total, currency), typed=cash_text(typed_total_minor, currency))
    approved, refused = [], []
    for refund in refunds:
        try:
            approved.append(approve_refund(merchant=merchant, refund_id=refund.pk, by=by, now=now, reason=reason, mfa_at=mfa_at))
        except RefundError as error:
            refused.append((refund, error))
    return ApprovedMany(approved, refused)


def reject_refund(
    *, merchant: Merchant, refund_id: int, by: User, now: datetime, reason: str = "", mfa_at: datetime | None = None
) -> Refund:
    """Ends the request; its money is free to be asked for again.

    :raises Refund.DoesNotExist, NotAllowed, AlreadyDecided, OwnRequest, ReasonMissing: nothing was changed.
    """
    role, why = role_with(merchant, by, "approve_refund"), _said(reason)
    with transaction.atomic():
        _payment, refund = _open(merchant, refund_id)
        if refund.request.requested_by_id == by.pk:
            raise OwnRequest
        _decide(refund, Verdict.REJECT, by, role, now, why, mfa_at)
        _end(refund, RefundState.REJECTED, by, now, why)
    return refund


def withdraw_refund(
    *, merchant: Merchant, refund_id: int, by: User, now: datetime, reason: str = "", mfa_at: datetime | None = None
) -> Refund:
    """Takes the request back: by who asked, or by a colleague who may ask too (somebody may be ill).

    :raises Refund.DoesNotExist, NotAllowed, AlreadyDecided: nothing was changed.
    """
    role, why = role_with(merchant, by, "request_refund"), reason.strip()[:REASON_LENGTH]
    with transaction.atomic():
        _payment, refund = _open(merchant, refund_id)
        _decide(refund, Verdict.WITHDRAW, by, role, now, why, mfa_at)
        _end(refund, RefundState.WITHDRAWN, by, now, why)
    return refund


def ask_about_refund(
    *, merchant: Merchant, refund_id: int, by: User, now: datetime, reason: str = "", mfa_at: datetime | None = None
) -> Refund:
    """Asks who requested it for information (`reason` is the question); the request keeps waiting.

    :raises Refund.DoesNotExist, NotAllowed, AlreadyDecided, OwnRequest, ReasonMissing: nothing was changed.
    """
    role, why = role_with(merchant, by, "approve_refund"), _said(reason)
    with transaction.atomic():
        _payment, refund = _open(merchant, refund_id)
        if refund.request.requested_by_id == by.pk:
            raise OwnRequest
        _decide(refund, Verdict.ASK, by, role, now, why, mfa_at)
        _set(refund.request, asked_at=now)
        write_step(refund, "refund.asked", by=by, now=now, reason=why)
        tell_asked(refund, why, now)
    return refund


def answer_refund(
    *, merchant: Merchant, refund_id: int, by: User, now: datetime, reason: str = "", mfa_at: datetime | None = None
) -> Refund:
    """Answers the open question (`reason` is the answer). :raises NothingAsked: there is none; else as `ask_about_refund`."""
    role, why = role_with(merchant, by, "request_refund"), _said(reason)
    with transaction.atomic():
        _payment, refund = _open(merchant, refund_id)
        if refund.request.asked_at is None:
            raise NothingAsked
        _decide(refund, Verdict.ANSWER, by, role, now, why, mfa_at)
        _set(refund.request, asked_at=None)
        write_step(refund, "refund.answered", by=by, now=now, reason=why)
        asked = RefundDecision.objects.for_merchant(merchant).filter(refund=refund, verdict=Verdict.ASK).select_related("decided_by")
        tell_answered(refund, asked.latest("pk").decided_by, why, now)
    return refund


def review_again(
    *, merchant: Merchant, refund_id: int, by: User, now: datetime, reason: str = "", mfa_at: datetime | None = None
) -> Refund:
    """Freezes the figures of a stale request anew and opens a new round: approvals given before do not count any more.

    :raises NotStale: they still hold. :raises RefundRefused, AmountNotRefundable, NoPartialRefund: the payment does not allow this
        refund any more; reject it or take it back. :raises Refund.DoesNotExist, NotAllowed, AlreadyDecided: nothing was changed.
    """
    role = role_with(merchant, by, "request_refund", "approve_refund")
    with transaction.atomic():
        payment, refund = _open(merchant, refund_id)
        request = refund.request
        was = request.stale_reason or stale_reason(refund, payment, now)
        if not was:
            raise NotStale
        room = refundable(payment, now, without=refund.pk)
        check_amount(room, refund.amount_minor)
        before = {"figures": request.figures, "round": request.round, "why": was}
        _decide(refund, Verdict.REVIEW_AGAIN, by, role, now, reason.strip()[:REASON_LENGTH], mfa_at)
        figures = freeze(room, refund.amount_minor, now, without=refund.pk)
        tiers = tier(merchant, refund.amount_minor, refund.currency)
        _set(request, figures=figures, route=room.route, round=request.round + 1, stale_at=None, stale_reason="", **tiers)
        after = {"figures": figures, "round": request.round}
        write_step(refund, "refund.looked_at_again", by=by, now=now, reason=reason.strip(), before=before, after=after)
    return refund


def _open(merchant: Merchant, refund_id: int) -> tuple[Payment, Refund]:
    """A request that waits, under its locks. What is over never waits again, so it is refused before any lock is taken."""
    rows = Refund.objects.for_merchant(merchant).filter(request__isnull=False)
    _refuse_decided(rows.get(pk=refund_id))
    payment, refund = lock_refund(merchant, refund_id)
    _refuse_decided(refund)
    return payment, refund


def _refuse_decided(refund: Refund) -> None:
    if refund.state != RefundState.REQUESTED:
        raise AlreadyDecided(refund.state, refund.get_state_display())


def _check_approver(refund: Refund, by: User, role: str, now: datetime, mfa_at: datetime | None) -> None:
    request = refund.request
    if request.requested_by_id == by.pk:
        raise OwnRequest
    given = _approvals(refund)
    if any(decision.decided_by_id == by.pk for decision in given):
        raise ApprovedByYou
    is_last = len(given) + 1 >= request.approvals_needed
    if request.needs_owner and is_last and Role.OWNER not in {role, *(decision.role for decision in given)}:
        raise OwnerNeeded
    if request.needs_mfa and not (mfa_at and now - SECOND_FACTOR_LIVES <= mfa_at <= now):
        raise SecondFactorMissing


def _approvals(refund: Refund) -> list[RefundDecision]:
    rows = RefundDecision.objects.for_merchant(refund.merchant_id).filter(refund=refund, round=refund.request.round)
    return list(rows.filter(verdict=Verdict.APPROVE).order_by("pk"))


def _approve(refund: Refund, by: User, role: str, now: datetime, why: str, mfa_at: datetime | None) -> None:
    _decide(refund, Verdict.APPROVE, by, role, now, why, mfa_at)
    if refund.request.asked_at:
        _set(refund.request, asked_at=None)
    given, needed = len(_approvals(refund)), refund.request.approvals_needed
    if given < needed:
        write_step(refund, "refund.approval_given", by=by, now=now, reason=why, after={"approvals": given, "of": needed})
        tell_waiting(refund, now, but=[decision.decided_by_id for decision in _approvals(refund)])
        return
    _end(refund, RefundState.APPROVED, by, now, why)
    if refund.request.route == RefundRoute.PROVIDER:
        payload, key = {"refund_id": refund.pk}, f"refund:{refund.pk}"
        enqueue(kind=RefundJob.SUBMIT, merchant_id=refund.merchant_id, payload=payload, by=by, dedupe_key=key, now=now)


def _mark_stale(refund: Refund, code: str, now: datetime) -> None:
    """Found once and kept; the system found it, whoever looked."""
    if refund.request.stale_at:
        return
    _set(refund.request, stale_at=now, stale_reason=code)
    write_step(refund, "refund.stale", by=None, now=now, after={"why": code}, why=code)


def _said(reason: str) -> str:
    """:raises ReasonMissing: nothing but blanks."""
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()[:REASON_LENGTH]


def _decide(refund: Refund, verdict: Verdict, by: User, role: str, now: datetime, reason: str, mfa_at: datetime | None) -> None:
    RefundDecision.objects.create(
        merchant_id=refund.merchant_id,
        refund=refund,
        requested_by_id=refund.request.requested_by_id,
        round=refund.request.round,
        verdict=verdict,
        decided_by=by,
        role=role,
        decided_at=now,
        reason=reason,
        mfa_at=mfa_at,
    )


def _end(refund: Refund, state: RefundState, by: User, now: datetime, reason: str) -> None:
    before, refund.state = refund.state, state
    refund.save(update_fields=["state"])
    write_step(refund, f"refund.{state}", by=by, now=now, reason=reason, before={"state": before}, after={"state": str(state)})
    tell_decided(refund, by, reason, now)


def _set(request: RefundRequest, **values) -> None:
    for name, value in values.items():
        setattr(request, name, value)
    request.save(update_fields=list(values))
