"""What the clock does about payments: rings for those that have to be asked about."""

from datetime import datetime

from apps.core.jobs.services import enqueue
from apps.orders.enums import PaymentJob
from apps.orders.models import PaymentExecution

AT_ONCE = 200


def ring_payments(*, now: datetime) -> int:
    """Returns how many jobs were asked for. Safe to repeat: a job that waits is not asked for again."""
    due = PaymentExecution.objects.filter(ask_at__lte=now).order_by("ask_at").values_list("merchant_id", "payment_id")[:AT_ONCE]
    for merchant_id, payment_id in due:
        enqueue(
            kind=PaymentJob.ASK, merchant_id=merchant_id, payload={"payment_id": payment_id}, dedupe_key=f"payment:{payment_id}", now=now
        )
    return len(due)
