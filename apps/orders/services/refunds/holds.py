"""Money of a payment that somebody else may take: while it is held it is not refunded as well."""

from datetime import datetime

from django.db import transaction

from apps.audit.services import record
from apps.merchants.models import Merchant, User
from apps.orders.models import PaymentEvent, PaymentHold
from apps.orders.services.refunds.trail import lock_payment


@transaction.atomic
def place_hold(
    *, merchant: Merchant, payment_id: int, kind: str, key: str, label: str, amount_minor: int, by: User | None = None, now: datetime
) -> PaymentHold:
    """Holds an amount of a payment for what `key` names (a dispute's public id). Again with the same key: the amount is set anew.

    A hold may exceed what is left: money already refunded can be claimed too. Requests that wait become stale when they are decided.

    :raises Payment.DoesNotExist: also for another merchant's.
    """
    payment = lock_payment(merchant, payment_id)
    hold = PaymentHold.objects.for_merchant(merchant).filter(payment=payment, kind=kind, key=key).first()
    if hold and hold.released_at is None and hold.amount_minor == amount_minor:
        return hold
    before = {} if hold is None else {"amount_minor": hold.amount_minor, "released_at": hold.released_at and hold.released_at.isoformat()}
    hold = hold or PaymentHold(merchant=merchant, payment=payment, kind=kind, key=key)
    hold.label, hold.amount_minor, hold.placed_at, hold.released_at = label[:200], amount_minor, now, None
    hold.save()
    _write(hold, "payment.held", by, now, before, {"amount_minor": amount_minor, "key": key})
    return hold


@transaction.atomic
def release_hold(*, merchant: Merchant, payment_id: int, kind: str, key: str, by: User | None = None, now: datetime) -> PaymentHold | None:
    """Frees what `key` held; None when it holds nothing (any more)."""
    payment = lock_payment(merchant, payment_id)
    hold = PaymentHold.objects.for_merchant(merchant).filter(payment=payment, kind=kind, key=key, released_at=None).first()
    if hold is None:
        return None
    hold.released_at = now
    hold.save(update_fields=["released_at"])
    _write(hold, "payment.released", by, now, {"amount_minor": hold.amount_minor, "key": key}, {"released_at": now.isoformat()})
    return hold


def _write(hold: PaymentHold, kind: str, by: User | None, now: datetime, before: dict, after: dict) -> None:
    detail = {"label": hold.label, "amount_minor": hold.amount_minor, "hold": hold.kind}
    PaymentEvent.objects.create(merchant_id=hold.merchant_id, payment_id=hold.payment_id, happened_at=now, kind=kind, detail=detail)
    record(merchant_id=hold.merchant_id, action=kind, subject=hold.payment, by=by, now=now, before=before, after=after)
