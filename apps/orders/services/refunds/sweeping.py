"""What the clock does about refunds: rings for approved ones that nobody took, and for submitted ones that have to be asked about."""

from datetime import datetime, timedelta

from apps.channels.services.circuit import open_circuits
from apps.channels.services.gateway import can_be_called, rests_until
from apps.core.jobs.services import enqueue
from apps.core.models import OPEN_JOB_STATES, Job
from apps.orders.enums import RefundJob, RefundRoute, RefundState
from apps.orders.models import Refund, RefundExecution

PATIENCE = timedelta(minutes=5)  # an approved refund that is older and has no job was forgotten, or its provider could not be called
AT_ONCE = 200


def ring_refunds(*, now: datetime) -> int:
    """Returns how many jobs were asked for. Safe to repeat: a job that waits is not asked for again."""
    due = RefundExecution.objects.filter(ask_at__lte=now).order_by("ask_at").values_list("merchant_id", "refund_id")[:AT_ONCE]
    wanted = [(RefundJob.ASK, merchant_id, refund_id) for merchant_id, refund_id in due]
    wanted += [(RefundJob.SUBMIT, merchant_id, refund_id) for merchant_id, refund_id in _forgotten(now)]
    for kind, merchant_id, refund_id in wanted:
        enqueue(kind=kind, merchant_id=merchant_id, payload={"refund_id": refund_id}, dedupe_key=f"refund:{refund_id}", now=now)
    return len(wanted)


def _forgotten(now: datetime) -> list[tuple[int, int]]:
    """Approved refunds whose provider can be called now, without a job that waits, runs or was asked for within PATIENCE."""
    rows = Refund.objects.filter(state=RefundState.APPROVED, request__route=RefundRoute.PROVIDER).order_by("pk")
    waiting = list(rows.select_related("channel__merchant").exclude(channel__in=open_circuits(now))[:AT_ONCE])
    channels = {refund.channel_id: refund.channel for refund in waiting}
    ready = {pk for pk, channel in channels.items() if can_be_called(channel) and not rests_until(channel, now)}
    found = [(refund.merchant_id, refund.pk) for refund in waiting if refund.channel_id in ready]
    keys = [f"refund:{refund_id}" for _merchant, refund_id in found]
    jobs = Job.objects.filter(kind=RefundJob.SUBMIT, dedupe_key__in=keys)
    busy = set(jobs.filter(state__in=OPEN_JOB_STATES).values_list("dedupe_key", flat=True))
    busy |= set(jobs.filter(created_at__gt=now - PATIENCE).values_list("dedupe_key", flat=True))
    return [(merchant_id, refund_id) for merchant_id, refund_id in found if f"refund:{refund_id}" not in busy]
