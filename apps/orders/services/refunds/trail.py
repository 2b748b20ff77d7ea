"""A step of a refund, written where people look for it: the payment's time line and the audit trail. And the one order of locks."""

from collections.abc import Iterable
from datetime import datetime

from apps.audit.services import record
from apps.merchants.access import has_right
from apps.merchants.models import Membership, Merchant, User
from apps.orders.enums import EventType
from apps.orders.errors import NotAllowed
from apps.orders.models import Payment, PaymentEvent, Refund
from apps.orders.services.webhooks import send_event

TOLD = ("refund_no", "amount_minor", "currency")  # to the merchant's own systems


def lock_payment(merchant: Merchant, payment_id: int) -> Payment:
    """Before any of its refunds, always. :raises Payment.DoesNotExist: also for another merchant's."""
    rows = Payment.objects.for_merchant(merchant).select_for_update(of=("self",), no_key=True)
    return rows.select_related("channel", "order").get(pk=payment_id)


def lock_refund(merchant: Merchant, refund_id: int) -> tuple[Payment, Refund]:
    """The payment, then the refund as it is now with its request, or without one. :raises Refund.DoesNotExist: see there."""
    payment_id = Refund.objects.for_merchant(merchant).values_list("payment_id", flat=True).get(pk=refund_id)
    payment = lock_payment(merchant, payment_id)
    refund = Refund.objects.for_merchant(merchant).select_for_update(of=("self",), no_key=True).select_related("request").get(pk=refund_id)
    refund.payment, refund.channel, refund.merchant = payment, payment.channel, merchant
    return payment, refund


def lock_refunds(merchant: Merchant, refund_ids: Iterable[int]) -> list[Refund]:
    """Several refunds of this merchant with request, payee, payment and order, by id; their payments are locked first, as for one."""
    wanted = Refund.objects.for_merchant(merchant).filter(pk__in=list(refund_ids))
    of_them = Payment.objects.for_merchant(merchant).filter(pk__in=list(wanted.values_list("payment_id", flat=True)))
    list(of_them.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    rows = wanted.select_for_update(of=("self",), no_key=True).select_related("request", "payee", "payment__order", "payment__channel")
    return list(rows.order_by("pk"))


def write_step(refund: Refund, kind: str, *, by: User | None, now: datetime, reason: str = "", before=None, after=None, **detail) -> None:
    """`kind` is dotted (refund.approved) and names the step in both places; `detail` goes on the time line, beside number and amount."""
    shown = {"refund_no": refund.refund_no, "amount_minor": refund.amount_minor, "currency": refund.currency, **detail}
    if by:
        shown["by"] = str(by)
    if reason:
        shown["reason"] = reason
    PaymentEvent.objects.create(merchant_id=refund.merchant_id, payment_id=refund.payment_id, happened_at=now, kind=kind, detail=shown)
    record(merchant_id=refund.merchant_id, action=kind, subject=refund, by=by, now=now, reason=reason, before=before, after=after)
    if kind in EventType.values:
        told = {"state": str(refund.state), "payment": refund.payment.merchant_ref, **{name: shown[name] for name in TOLD}}
        send_event(merchant=refund.merchant, type=kind, payload={"refund": told}, now=now)


def role_with(merchant: Merchant, by: User, *rights: str) -> str:
    """The person's role, when it carries one of the rights. :raises NotAllowed: else, and for who is no member."""
    membership = Membership.objects.for_merchant(merchant).active().filter(user=by).first()
    if membership is None or not any(has_right(membership, right) for right in rights):
        raise NotAllowed
    return membership.role
