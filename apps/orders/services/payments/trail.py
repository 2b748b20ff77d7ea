"""A step of a payment, written where people look for it: its time line, the audit trail, and the shop's own systems."""

from datetime import datetime

from django.db.models import QuerySet

from apps.audit.services import record
from apps.merchants.models import User
from apps.orders.enums import EventType, PaymentState
from apps.orders.errors import PaymentMoveIllegal
from apps.orders.models import Payment, PaymentEvent, PaymentExecution
from apps.orders.services.touched import touch_days
from apps.orders.services.webhooks import send_event
from apps.orders.states import PAYMENT_MOVES


def locked_payments(merchant_id: int) -> QuerySet[Payment]:
    """Rows as they are now, each with its order, channel and merchant, held until the end of the transaction; see `with_execution`."""
    rows = Payment.objects.for_merchant(merchant_id).select_for_update(of=("self",), no_key=True)
    return rows.select_related("channel__merchant", "order", "merchant")


def with_execution(payment: Payment) -> Payment:
    """A locked payment with its execution, which everybody changes under the payment's lock alone.

    It is read after the lock was given: who waited gets the payment as it is now, but whatever was joined to it as it was when the
    waiting began (PostgreSQL checks only locked rows again). A question planned by such an execution would be asked for ever.
    """
    execution = PaymentExecution.objects.filter(payment_id=payment.pk).first()
    if execution is not None:
        payment.execution = execution
    return payment


def lock_payment(merchant_id: int, payment_id: int) -> Payment:
    """One of them, with its execution. :raises Payment.DoesNotExist: also for another merchant's."""
    return with_execution(locked_payments(merchant_id).get(pk=payment_id))


def move(payment: Payment, state: PaymentState, *fields: str, now: datetime, by: User | None = None, reason: str = "", **detail) -> None:
    """The one place that changes the state of a payment that was taken here; the payment is locked by the caller.

    :raises PaymentMoveIllegal: the state may not follow.
    """
    was = PaymentState(payment.state)
    if state not in PAYMENT_MOVES[was]:
        raise PaymentMoveIllegal(was=was.label)
    payment.state = state
    payment.save(update_fields=["state", *fields])
    touch_days(merchant_id=payment.merchant_id, channel_id=payment.channel_id, days=[payment.business_date])
    before, after = {"state": str(was)}, {"state": str(state), **{name: value for name, value in detail.items() if value}}
    write_step(payment, f"payment.{state}", now=now, by=by, reason=reason, before=before, after=after, **detail)


def write_step(payment: Payment, kind: str, *, now: datetime, by: User | None = None, reason: str = "", before=None, after=None, **detail):
    """`kind` is dotted and names the step in both places; of `detail` the time line keeps what is not empty."""
    shown = {"merchant_ref": payment.merchant_ref, **{name: value for name, value in detail.items() if value not in ("", None)}}
    if by:
        shown["by"] = str(by)
    if reason:
        shown["reason"] = reason
    PaymentEvent.objects.create(merchant_id=payment.merchant_id, payment_id=payment.pk, happened_at=now, kind=kind, detail=shown)
    record(merchant_id=payment.merchant_id, action=kind, subject=payment, by=by, now=now, reason=reason, before=before, after=after)
    if kind in EventType.values:
        told = {name: getattr(payment, name) for name in ("merchant_ref", "amount_minor", "currency", "method")}
        told |= {"order_no": payment.order.order_no, "state": str(payment.state)}
        send_event(merchant=payment.merchant, type=kind, payload={"payment": told}, now=now)
