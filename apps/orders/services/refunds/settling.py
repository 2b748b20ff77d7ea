"""What becomes of an approved refund, written in one place whoever learned it: the provider's answer, its notice, a poll, the bank.

Everyone may say the same thing again: the first counts, a repetition changes nothing, a contradiction is an error.
"""

from datetime import datetime

from django.db import transaction

from apps.channels.cells import key_text
from apps.core import clock
from apps.merchants.models import User
from apps.orders.enums import PaymentState, RefundState
from apps.orders.errors import RefundMoveIllegal, SettledOtherwise
from apps.orders.models import Payment, Refund
from apps.orders.selectors.refundable import refunded_sums
from apps.orders.services.refunds.telling import tell_failed
from apps.orders.services.refunds.trail import lock_refund, write_step
from apps.orders.states import DESK_MOVES, PAYMENT_MOVES

ENDED = frozenset({RefundState.SUCCEEDED, RefundState.FAILED})


@transaction.atomic
def apply_submitted(*, refund: Refund, by: User | None = None, now: datetime) -> Refund:
    """approved → submitting, before anybody outside is told. :raises RefundMoveIllegal: from any other state."""
    _payment, refund = lock_refund(refund.merchant, refund.pk)
    _move(refund, RefundState.SUBMITTING, by, now)
    return refund


@transaction.atomic
def apply_unknown(*, refund: Refund, code: str = "", message: str = "", now: datetime) -> Refund:
    """submitting → unknown: nobody knows whether the provider acted. Already unknown or ended: nothing changes.

    :raises RefundMoveIllegal: it was never submitted.
    """
    _payment, refund = lock_refund(refund.merchant, refund.pk)
    if refund.state not in {RefundState.UNKNOWN, *ENDED}:
        _move(refund, RefundState.UNKNOWN, None, now, code=code, message=message[:300])
    return refund


@transaction.atomic
def apply_accepted(*, refund: Refund, provider_refund_ref: str) -> Refund:
    """The provider took it in and has not ended it: its number is kept, by which a notice may tell the end. The first one stands."""
    _payment, refund = lock_refund(refund.merchant, refund.pk)
    if provider_refund_ref and not refund.provider_refund_ref:
        _name(refund, provider_refund_ref)
        refund.save(update_fields=["provider_refund_ref", "provider_refund_ref_key"])
    return refund


@transaction.atomic
def apply_succeeded(
    *, refund: Refund, refunded_at: datetime, provider_refund_ref: str = "", by: User | None = None, now: datetime
) -> Refund:
    """submitting or unknown → succeeded, at `refunded_at`; the payment becomes partially refunded or refunded with it.

    A second time nothing changes, but for the provider's number where the first did not know it.

    :raises SettledOtherwise: it has failed. :raises RefundMoveIllegal: it was never submitted.
    """
    payment, refund = lock_refund(refund.merchant, refund.pk)
    if refund.state == RefundState.FAILED:
        raise SettledOtherwise(was=refund.get_state_display())
    if refund.state == RefundState.SUCCEEDED:
        if provider_refund_ref and not refund.provider_refund_ref:
            _name(refund, provider_refund_ref)
            refund.save(update_fields=["provider_refund_ref", "provider_refund_ref_key"])
        return refund
    if provider_refund_ref:
        _name(refund, provider_refund_ref)
    refund.refunded_at, refund.business_date = refunded_at, clock.local_date(refunded_at, payment.channel.timezone)
    fields = ["refunded_at", "business_date", "provider_refund_ref", "provider_refund_ref_key"]
    _move(refund, RefundState.SUCCEEDED, by, now, *fields, provider_refund_ref=refund.provider_refund_ref)
    settle_payment(payment)
    return refund


@transaction.atomic
def apply_failed(*, refund: Refund, code: str = "", message: str = "", by: User | None = None, now: datetime) -> Refund:
    """submitting or unknown → failed; the money is free to be asked for again. A second time nothing changes.

    :raises SettledOtherwise: it has succeeded. :raises RefundMoveIllegal: it was never submitted.
    """
    _payment, refund = lock_refund(refund.merchant, refund.pk)
    if refund.state == RefundState.SUCCEEDED:
        raise SettledOtherwise(was=refund.get_state_display())
    if refund.state != RefundState.FAILED:
        _move(refund, RefundState.FAILED, by, now, code=code, message=message[:300])
        tell_failed(refund, message[:300] or code, now)
    return refund


def settle_payment(payment: Payment) -> None:
    """The state that the succeeded refunds of a captured payment (locked by the caller) ask for, where it differs and may follow."""
    _in_flight, refunded = refunded_sums(payment)
    if not payment.is_captured or refunded == 0:
        return
    state = PaymentState.REFUNDED if refunded >= payment.amount_minor else PaymentState.PARTIALLY_REFUNDED
    if state in PAYMENT_MOVES[PaymentState(payment.state)]:
        payment.state = state
        payment.save(update_fields=["state"])


def _name(refund: Refund, provider_refund_ref: str) -> None:
    refund.provider_refund_ref = provider_refund_ref[:100]
    refund.provider_refund_ref_key = key_text(refund.provider_refund_ref)


def _move(refund: Refund, state: RefundState, by: User | None, now: datetime, *fields: str, **detail) -> None:
    was = RefundState(refund.state)
    if state not in DESK_MOVES[was]:
        raise RefundMoveIllegal(was=was.label, wanted=state.label)
    refund.state = state
    refund.save(update_fields=["state", *fields])
    said = {name: value for name, value in detail.items() if value}
    write_step(refund, f"refund.{state}", by=by, now=now, before={"state": str(was)}, after={"state": str(state), **said}, **said)
