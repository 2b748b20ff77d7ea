"""What kept notices say, done: each exactly once, under the lock of its row, by whoever comes first. The row is the queue.

Whoever is killed in the middle has done nothing: the row is still due, and the next one takes it.
"""

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction

from apps.channels.dispute_notices import pass_on_dispute
from apps.channels.gateways import DisputeTold, RefundNotice
from apps.channels.models import Channel, NoticeState, WebhookEvent
from apps.channels.storefronts import OrderTold
from apps.core import clock
from apps.core.errors import HezhangError
from apps.orders.services.notices.orders import do_order
from apps.orders.services.notices.payments import do_payment
from apps.orders.services.notices.refunds import TooEarly, do_refund
from apps.orders.services.notices.telling import tell_given_up
from apps.orders.services.notices.words import Told, from_json

logger = logging.getLogger(__name__)
SOONEST, LATEST = timedelta(seconds=10), timedelta(minutes=15)  # between two tries; the pause doubles
KEEP_TRYING = timedelta(days=3)
AT_ONCE = 200  # rows that are looked up together


def do_waiting(*, now: datetime, seconds: float = 20) -> int:
    """Does what is due, oldest first, for at most so long; safe beside others that do the same. Returns how many were looked at."""
    ends, count = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        due = WebhookEvent.objects.filter(due_at__lte=now).order_by("due_at", "pk")
        rows = list(due.values_list("pk", "channel_id")[:AT_ONCE])
        channels = Channel.objects.select_related("merchant").in_bulk({channel_id for _pk, channel_id in rows})
        for pk, channel_id in rows:
            do_notice(channels[channel_id], pk, clock.now())
            count += 1
            if time.monotonic() >= ends:
                break
        if len(rows) < AT_ONCE:
            break
    return count


def do_notice(channel: Channel, pk: int, now: datetime) -> None:
    """Does what a kept notice says, unless it was done or somebody is at it. When it cannot be done it is due again, later and later."""
    with transaction.atomic():
        rows = WebhookEvent.objects.filter(pk=pk, state=NoticeState.RECEIVED)
        held = rows.select_for_update(of=("self",), skip_locked=True).values_list("told", "received_at").first()
        if held is None:
            return
        told, received_at = held
        try:
            with transaction.atomic():
                state, result = _do(channel, from_json(told), now)
        except TooEarly:  # done when the payment has been told
            rows.update(due_at=_next_try(received_at, now))
            return
        except Exception:
            logger.exception("Unable to process notice=%s", pk)
            due_at = _next_try(received_at, now)
            rows.update(due_at=due_at)
            if due_at is None:
                tell_given_up(channel, now)
            return
        rows.update(state=state, result=result[:200], processed_at=now, told={}, due_at=None)


def _next_try(received_at: datetime, now: datetime) -> datetime | None:
    waited = now - received_at
    return None if waited > KEEP_TRYING else now + min(max(waited, SOONEST), LATEST)


def _do(channel: Channel, told: Told, now: datetime) -> tuple[NoticeState, str]:
    if isinstance(told, DisputeTold):
        try:
            dispute = pass_on_dispute(channel=channel, notice=told.dispute, now=now)
        except HezhangError as error:
            return NoticeState.IGNORED, str(error)
        return (NoticeState.PROCESSED, f"dispute {dispute}") if dispute else (NoticeState.IGNORED, "no_desk")
    if isinstance(told, OrderTold):
        return do_order(channel, told, now)
    return do_refund(channel, told, now) if isinstance(told, RefundNotice) else do_payment(channel, told, now)
