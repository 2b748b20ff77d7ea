"""Asking the provider: first to refund, later what became of it. The only place that calls one about a refund.

Each step commits before the next begins: that we are about to call, the call itself outside of any transaction, what it brought. Killed
at any point, the row says what to do: a refund that was submitted and not ended is asked about, and sent again under its own key
only where the provider has never heard of it and promises that a key counts once.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.urls import reverse

from apps.channels.gateways import Gateway, Outcome, RefundAnswer, RefundCall
from apps.channels.models import ProviderCall
from apps.channels.services.circuit import CircuitOpen
from apps.channels.services.gateway import GatewayMissing, end_call, gateway_for, gateway_kind, rests_until, start_call
from apps.core import clock
from apps.merchants.models import Merchant
from apps.orders.enums import RefundRoute, RefundState
from apps.orders.errors import STALE_REASONS, ProviderRests, RefundMoveIllegal, SettledOtherwise, TurnNotCome
from apps.orders.models import Payment, Refund, RefundExecution
from apps.orders.services.refunds.figures import is_still_there
from apps.orders.services.refunds.settling import apply_accepted, apply_failed, apply_submitted, apply_succeeded, apply_unknown
from apps.orders.services.refunds.telling import tell_contradiction
from apps.orders.services.refunds.trail import lock_refund, write_step

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)  # longer than any gateway waits for an answer
LOST_AFTER = timedelta(days=1)  # a provider that still has not heard of a refund will not any more
PAUSES = [timedelta(seconds=seconds) for seconds in (15, 60, 300, 900, 3600, 4 * 3600)]
WAITING = frozenset({RefundState.SUBMITTING, RefundState.UNKNOWN})


def submit_refund(*, merchant: Merchant, refund_id: int, now: datetime) -> Refund:
    """Sends an approved refund to its provider, once for ever. Where its money was taken since the approval it fails, and nobody is called.

    :raises Refund.DoesNotExist: also for another merchant's. :raises RefundMoveIllegal: it is not approved, or was submitted before.
    :raises GatewayMissing: nobody can be called; the refund stays approved. :raises TurnNotCome: so does it, until another has ended.
    :raises ProviderRests: so does it, until its provider has closed its books. :raises CircuitOpen: so does it, until the provider answers.
    """
    refund = Refund.objects.for_merchant(merchant).select_related("channel__merchant").get(pk=refund_id)
    gateway = gateway_for(refund.channel)
    if rests_until(refund.channel, now):
        raise ProviderRests
    with transaction.atomic():
        payment, refund = lock_refund(merchant, refund_id)
        if not hasattr(refund, "request") or refund.request.route != RefundRoute.PROVIDER:
            raise RefundMoveIllegal(was=refund.get_state_display(), wanted=RefundState.SUBMITTING.label)
        _check_turn(refund, payment)
        refund = apply_submitted(refund=refund, now=now)
        if not is_still_there(refund, payment, now):
            return apply_failed(refund=refund, code="money_taken", message=str(STALE_REASONS["held"]), now=now)
        before = _refunded_there(payment)
        execution = RefundExecution.objects.create(
            merchant=merchant, refund=refund, submitted_at=now, ask_at=now + LEASE, refunded_minor=before
        )
        call = _call_for(refund, payment, execution)
        said = start_call(channel=payment.channel, operation="refund", key=call.key, method=payment.method, now=now)
    return _finish(refund, said, _safely(gateway.refund, call))


def ask_about(*, merchant: Merchant, refund_id: int, now: datetime) -> Refund:
    """Asks the provider what became of a submitted refund; when nobody else is asking and it has not ended.

    :raises Refund.DoesNotExist: see there. :raises GatewayMissing: nobody can be asked.
    """
    refund = Refund.objects.for_merchant(merchant).select_related("channel__merchant").get(pk=refund_id)
    try:
        gateway = gateway_for(refund.channel)
    except GatewayMissing:  # asked for again every few seconds it would fill the table of jobs
        RefundExecution.objects.filter(refund=refund, ask_at__lte=now).update(ask_at=now + PAUSES[3])
        raise
    try:
        begun = _begin_asking(refund, now)
    except CircuitOpen as error:
        RefundExecution.objects.filter(refund=refund, ask_at__lte=now).update(ask_at=error.until)
        return refund
    if begun is None:
        return refund
    payment, call, said = begun
    answer = _safely(gateway.query_refund, call)
    if answer.outcome == Outcome.NOT_FOUND and gateway_kind(payment.channel).repeats_safely:
        return _send_again(refund, said, answer, gateway, call)
    return _finish(refund, said, answer)


@transaction.atomic
def _begin_asking(refund: Refund, now: datetime) -> tuple[Payment, RefundCall, ProviderCall] | None:
    """Takes the refund for this process and records the question; None when nothing is to be asked now. :raises CircuitOpen: see there."""
    payment, refund = lock_refund(refund.merchant, refund.pk)
    execution = RefundExecution.objects.select_for_update(of=("self",)).filter(refund=refund).first()
    if execution is None or execution.ask_at is None or execution.ask_at > now or refund.state not in WAITING:
        return None
    execution.ask_at, execution.asks = now + LEASE, execution.asks + 1
    execution.save(update_fields=["ask_at", "asks"])
    call = _call_for(refund, payment, execution)
    return payment, call, start_call(channel=payment.channel, operation="query_refund", key=call.key, method=payment.method, now=now)


def _send_again(refund: Refund, said: ProviderCall, answer: RefundAnswer, gateway: Gateway, call: RefundCall) -> Refund:
    """The provider has never heard of the key: the call that was to carry it was lost. The same key, so never twice."""
    now = clock.now()
    with transaction.atomic():
        end_call(said, answer, now)
        payment, refund = lock_refund(refund.merchant, refund.pk)
        if refund.state not in WAITING:
            return refund
        if not is_still_there(refund, payment, now):  # a dispute took the money since: asked about again, not sent
            return apply_answer(refund=refund, answer=answer, now=now)
        again = start_call(channel=refund.channel, operation="refund", key=call.key, method=payment.method, now=now)
    return _finish(refund, again, _safely(gateway.refund, call))


def _check_turn(refund: Refund, payment: Payment) -> None:
    """Where a provider knows no key, it tells refunds of a payment apart by what went back before: one at a time (the payment is locked).

    :raises TurnNotCome: another one has not ended.
    """
    others = Refund.objects.for_merchant(refund.merchant_id).filter(payment=payment, state__in=WAITING).exclude(pk=refund.pk)
    others = others.exclude(request__route=RefundRoute.BANK_TRANSFER)
    if not gateway_kind(payment.channel).repeats_safely and others.exists():
        raise TurnNotCome


def _refunded_there(payment: Payment) -> int:
    """What of a payment (locked by the caller) went back through its provider; our own transfers are nothing to it."""
    rows = Refund.objects.for_merchant(payment.merchant_id).filter(payment=payment, currency=payment.currency, state=RefundState.SUCCEEDED)
    return rows.exclude(request__route=RefundRoute.BANK_TRANSFER).aggregate(total=Sum("amount_minor"))["total"] or 0


def _call_for(refund: Refund, payment: Payment, execution: RefundExecution) -> RefundCall:
    return RefundCall(
        key=refund.request.idempotency_key,
        refund_no=refund.refund_no,
        provider_ref=payment.provider_ref,
        merchant_ref=payment.merchant_ref,
        amount_minor=refund.amount_minor,
        payment_amount_minor=payment.amount_minor,
        refunded_minor=execution.refunded_minor,
        currency=refund.currency,
        method=payment.method,
        reason=refund.request.reason_code,
        provider_refund_ref=refund.provider_refund_ref,
        notice_url=settings.SITE_URL.rstrip("/") + reverse("notice", args=[payment.channel.public_id]),
        submitted_at=execution.submitted_at,
    )


def _safely(ask, call: RefundCall) -> RefundAnswer:
    """Whatever goes wrong on the way, nobody knows whether the provider acted."""
    try:
        return ask(call)
    except Exception as error:
        logger.exception("Unable to finish the call of refund key=%s", call.key)
        return RefundAnswer(Outcome.UNKNOWN, code="broken", message=type(error).__name__)


def _finish(refund: Refund, said: ProviderCall, answer: RefundAnswer) -> Refund:
    """The record of the call and its effect, together."""
    now = clock.now()
    with transaction.atomic():
        _payment, refund = lock_refund(refund.merchant, refund.pk)
        end_call(said, answer, now)
        return apply_answer(refund=refund, answer=answer, now=now)


def apply_answer(*, refund: Refund, answer: RefundAnswer, now: datetime) -> Refund:
    """What an answer means for a refund (locked by the caller). An end that contradicts an end is put on record and changes nothing."""
    try:
        refund = _apply(refund, answer, now)
    except SettledOtherwise as error:
        logger.error("refund.contradiction refund=%s state=%s said=%s", refund.pk, refund.state, answer.outcome)
        after = {"said": str(answer.outcome), "code": answer.code, "provider_refund_ref": answer.provider_refund_ref}
        write_step(refund, "refund.contradiction", by=None, now=now, reason=str(error), after=after, said=str(answer.outcome))
        tell_contradiction(refund, now)
    _plan_next(refund, answer, now)
    return refund


def _apply(refund: Refund, answer: RefundAnswer, now: datetime) -> Refund:
    if answer.outcome == Outcome.SUCCEEDED:
        moment = answer.done_at or now
        return apply_succeeded(refund=refund, refunded_at=moment, provider_refund_ref=answer.provider_refund_ref, now=now)
    if answer.outcome == Outcome.DECLINED:
        return apply_failed(refund=refund, code=answer.code, message=answer.message, now=now)
    if answer.outcome == Outcome.NOT_FOUND and _is_lost(refund, now):
        return apply_failed(refund=refund, code=answer.code, message=answer.message, now=now)
    if answer.outcome in (Outcome.UNKNOWN, Outcome.NOT_FOUND):
        return apply_unknown(refund=refund, code=answer.code, message=answer.message, now=now)
    return apply_accepted(refund=refund, provider_refund_ref=answer.provider_refund_ref)


def _is_lost(refund: Refund, now: datetime) -> bool:
    """Sent so long ago that "never heard of it" is the provider's last word."""
    return RefundExecution.objects.filter(refund=refund, submitted_at__lt=now - LOST_AFTER).exists()


def _plan_next(refund: Refund, answer: RefundAnswer, now: datetime) -> None:
    execution = RefundExecution.objects.filter(refund=refund).first()
    if execution is None:
        return
    pause = PAUSES[min(execution.asks, len(PAUSES) - 1)]
    execution.ask_at = now + pause if refund.state in WAITING else None
    execution.last_code, execution.last_message = answer.code[:60], answer.message[:300]
    execution.save(update_fields=["ask_at", "last_code", "last_message"])
