"""Asking the provider about a payment: to open it, how it stands, to finish, take or cancel it. Nobody else calls one about a payment.

Each step commits before the next begins, as with refunds: that we are about to call, the call itself outside of any transaction, what it
brought. Killed at any point, the row says when somebody has to ask.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.channels.approval import is_stopped
from apps.channels.gateways import Gateway, GatewayKind, Operation
from apps.channels.models import ProviderCall
from apps.channels.paying import PaymentAnswer, PaymentCall, PaymentOutcome
from apps.channels.services.circuit import CircuitOpen
from apps.channels.services.gateway import GatewayMissing, end_call, gateway_for, gateway_kind, start_call
from apps.core import clock
from apps.merchants.models import Merchant, User
from apps.orders.enums import PaymentState
from apps.orders.errors import ActNotOffered, ActUnderWay, AmountRefused, MethodNotOffered, PaymentMoveIllegal, UnpaidLapses, WholeOnly
from apps.orders.models import Payment, PaymentExecution
from apps.orders.services.payments.calls import call_for
from apps.orders.services.payments.settling import HELD_PAUSE, OPEN, apply_answer
from apps.orders.services.payments.trail import lock_payment, write_step
from apps.orders.states import ACTS, REFUSED_ACT

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)  # longer than any gateway waits for an answer


@dataclass(frozen=True, slots=True)
class Begun:
    """A call that is on record, committed, and has not left."""

    payment: Payment
    gateway: Gateway
    kind: GatewayKind
    call: PaymentCall
    said: ProviderCall


def open_payment(*, merchant: Merchant, payment_id: int, token: str = "", now: datetime) -> Payment:
    """Tells the provider of a payment that was started and that nobody told it of yet. `token` is what the payer's device handed over.

    :raises Payment.DoesNotExist: see there. :raises GatewayMissing: nobody can be called.
    :raises CircuitOpen: nothing was sent; the schedule asks about it later, and opens it where that is safe.
    """
    begun = _begin(merchant, payment_id, Operation.CREATE_PAYMENT, now, may=_never_opened, token=token)
    return _payment(merchant, payment_id) if begun is None else _carry_out(begun, begun.gateway.create_payment)


def ask_about(*, merchant: Merchant, payment_id: int, now: datetime, at_once: bool = False) -> Payment:
    """Asks the provider how a payment stands; when its time has come, or `at_once` because the payer came back or somebody wants to know.

    :raises Payment.DoesNotExist: see there. :raises GatewayMissing: nobody can be asked.
    """

    def may(payment: Payment, execution: PaymentExecution) -> bool:
        return at_once or (execution.ask_at is not None and execution.ask_at <= now)

    try:
        begun = _begin(merchant, payment_id, Operation.QUERY_PAYMENT, now, may=may)
    except (GatewayMissing, MethodNotOffered):  # asked for again every few seconds it would fill the table of jobs
        PaymentExecution.objects.filter(payment_id=payment_id, ask_at__lte=now).update(ask_at=now + HELD_PAUSE)
        raise
    except CircuitOpen as error:
        PaymentExecution.objects.filter(payment_id=payment_id, ask_at__lte=now).update(ask_at=error.until)
        return _payment(merchant, payment_id)
    if begun is None:
        return _payment(merchant, payment_id)
    answer = _safely(begun.gateway.query_payment, begun.call)
    payment = _finish(begun, answer)
    if answer.outcome == PaymentOutcome.APPROVED and Operation.FINISH_PAYMENT in begun.kind.operations:
        return _finish_approved(merchant, payment_id)
    if answer.outcome == PaymentOutcome.NOT_FOUND and begun.kind.reopens_safely:
        return _open_again(merchant, payment_id)
    return payment


def capture_payment(*, merchant: Merchant, payment_id: int, amount_minor: int, by: User | None, now: datetime) -> Payment:
    """Takes what was authorized, all or a part, once: another sum is refused when one was asked for before.

    :raises PaymentMoveIllegal: it is not authorized. :raises AmountRefused: see there.
    :raises ActNotOffered, WholeOnly: the provider cannot.
    :raises ActUnderWay: the answer to another press of the button, or to a cancellation, is not there yet.
    """

    def may(payment: Payment, execution: PaymentExecution) -> bool:
        if payment.state != PaymentState.AUTHORIZED:
            raise PaymentMoveIllegal(was=payment.get_state_display())
        if not 0 < amount_minor <= payment.amount_minor or execution.wanted_minor not in (None, amount_minor):
            raise AmountRefused
        kind = gateway_kind(payment.channel)
        if amount_minor != payment.amount_minor and kind and not kind.takes_part:
            raise WholeOnly(channel=payment.channel.label)
        _refuse_second(payment, execution, now)
        execution.wanted_minor = amount_minor
        write_step(payment, "payment.capturing", now=now, by=by, after={"amount_minor": amount_minor}, amount_minor=amount_minor)
        return True

    begun = _begin(merchant, payment_id, Operation.CAPTURE_PAYMENT, now, may=may)
    return _carry_out(begun, lambda call: begun.gateway.capture_payment(call, amount_minor))


def cancel_payment(*, merchant: Merchant, payment_id: int, by: User | None, reason: str = "", now: datetime) -> Payment:
    """Calls an unpaid payment off, or gives an authorization back; the state follows what the provider says.

    :raises PaymentMoveIllegal: it has ended. :raises ActNotOffered, UnpaidLapses: the provider cannot. :raises ActUnderWay: as above.
    """

    def may(payment: Payment, execution: PaymentExecution) -> bool:
        if payment.state not in OPEN:
            raise PaymentMoveIllegal(was=payment.get_state_display())
        kind = gateway_kind(payment.channel)
        if payment.state == PaymentState.PENDING and kind and not kind.cancels_unpaid:
            raise UnpaidLapses(channel=payment.channel.label)
        _refuse_second(payment, execution, now)
        write_step(payment, "payment.cancelling", now=now, by=by, reason=reason)
        return True

    begun = _begin(merchant, payment_id, Operation.CANCEL_PAYMENT, now, may=may)
    return _carry_out(begun, begun.gateway.cancel_payment)


def _refuse_second(payment: Payment, execution: PaymentExecution, now: datetime) -> None:
    """Of two people, or two presses, one alone reaches the provider; the payment is locked. A call that was cut off holds for the lease."""
    asked = ProviderCall.objects.filter(merchant_id=payment.merchant_id, key=execution.key, operation__in=ACTS, ended_at=None)
    if asked.filter(started_at__gt=now - LEASE).exists():
        raise ActUnderWay


def _finish_approved(merchant: Merchant, payment_id: int) -> Payment:
    """The payer agreed: the money is taken, under the same numbers however often."""
    try:
        begun = _begin(merchant, payment_id, Operation.FINISH_PAYMENT, clock.now(), may=lambda payment, execution: payment.state in OPEN)
    except CircuitOpen:  # asked about again, and then finished
        begun = None
    return _payment(merchant, payment_id) if begun is None else _carry_out(begun, begun.gateway.finish_payment)


def _open_again(merchant: Merchant, payment_id: int) -> Payment:
    """The call that was to open it was lost: the same numbers again, so never twice. Not where a payer's token would be needed again,
    nor where the papers do not hold any more: the provider has never heard of it, so no money is on its way.
    """
    now = clock.now()

    def may(payment: Payment, execution: PaymentExecution) -> bool:
        is_waiting = payment.state == PaymentState.PENDING and not execution.was_answered and now < execution.expires_at
        return is_waiting and bool(execution.call) and not is_stopped(payment.channel, now)

    try:
        begun = _begin(merchant, payment_id, Operation.CREATE_PAYMENT, now, may=may)
    except CircuitOpen:
        begun = None
    return _payment(merchant, payment_id) if begun is None else _carry_out(begun, begun.gateway.create_payment)


def _never_opened(payment: Payment, execution: PaymentExecution) -> bool:
    return payment.state == PaymentState.PENDING and not execution.was_answered and execution.asks == 0


@transaction.atomic
def _begin(merchant: Merchant, payment_id: int, operation: Operation, now: datetime, *, may: Callable, token: str = "") -> Begun | None:
    """Takes the payment for this process and records the call; None when `may` says that there is nothing to do."""
    payment = lock_payment(merchant.pk, payment_id)
    execution = getattr(payment, "execution", None)
    if execution is None or not may(payment, execution):
        return None
    gateway, kind = gateway_for(payment.channel), gateway_kind(payment.channel)
    if operation not in kind.operations:
        raise ActNotOffered(channel=payment.channel.label)
    execution.ask_at, execution.asks = now + LEASE, execution.asks + 1
    execution.save(update_fields=["ask_at", "asks", "wanted_minor"])
    call = call_for(payment, execution, token)
    said = start_call(channel=payment.channel, operation=operation, key=call.key, method=payment.method, now=now)
    return Begun(payment, gateway, kind, call, said)


def _carry_out(begun: Begun, act: Callable[[PaymentCall], PaymentAnswer]) -> Payment:
    return _finish(begun, _safely(act, begun.call))


def _safely(act: Callable[[PaymentCall], PaymentAnswer], call: PaymentCall) -> PaymentAnswer:
    """Whatever goes wrong on the way, nobody knows whether the provider acted."""
    try:
        return act(call)
    except Exception as error:
        logger.exception("Unable to finish the call of payment key=%s", call.key)
        return PaymentAnswer(PaymentOutcome.UNKNOWN, code="broken", message=type(error).__name__)


def _finish(begun: Begun, answer: PaymentAnswer) -> Payment:
    """The record of the call and its effect, together."""
    now = clock.now()
    with transaction.atomic():
        payment = lock_payment(begun.payment.merchant_id, begun.payment.pk)
        end_call(begun.said, answer, now)
        if begun.said.operation in ACTS and answer.outcome in REFUSED_ACT:
            answer = PaymentAnswer(PaymentOutcome.UNKNOWN, code=answer.code, message=answer.message, raw=answer.raw)
            if begun.said.operation == Operation.CAPTURE_PAYMENT:
                payment.execution.wanted_minor = None
                payment.execution.save(update_fields=["wanted_minor"])
        if payment.state not in OPEN and answer.outcome != PaymentOutcome.UNKNOWN:
            payment.execution.late_looks += 1  # one that nobody answered, or whose worker died, has seen nothing
        apply_answer(payment=payment, answer=answer, now=now)
    return payment


def _payment(merchant: Merchant, payment_id: int) -> Payment:
    rows = Payment.objects.for_merchant(merchant).select_related("channel__merchant", "order", "execution", "merchant")
    return rows.get(pk=payment_id)
