"""Notices of providers: proved, kept once, done once under lock, answered at once. Any order, any number of times.

This is the busiest door of the product: a notice that is new costs one transaction, one that is known a look at the index.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.channels.dispute_notices import pass_on_dispute
from apps.channels.gateways import Acknowledgement, DisputeTold, NoticeForged, NoticeUnreadable, RefundNotice
from apps.channels.models import Channel, NoticeState, WebhookEvent
from apps.channels.services.gateway import gateway_for
from apps.channels.storefronts import OrderTold
from apps.core.errors import HezhangError
from apps.orders.services.notices.forged import refuse_forged
from apps.orders.services.notices.keeping import event_name, insert_notice
from apps.orders.services.notices.orders import do_order
from apps.orders.services.notices.payments import do_payment
from apps.orders.services.notices.refunds import TooEarly, do_refund
from apps.orders.services.notices.words import Told, about, as_json, kept_body

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Intake:
    """What to answer: `acknowledgement` when it was kept, else the HTTP status of the refusal."""

    status: int
    acknowledgement: Acknowledgement | None = None


def take_notice(*, channel: Channel, headers: dict[str, str], body: bytes, now: datetime) -> Intake:
    """Keeps a notice and does what it says. Header names are in lower case.

    A forged one is counted and answered 401 or, when there are many, 429; one that cannot be read is kept and answered 400; both change
    nothing else. When the work fails for our own reasons the answer is 503 and the notice stays `received`: the provider sends it again,
    and so does the clock, until it is done. One that speaks of what we have not heard yet is kept `received` and answered as done.

    :raises GatewayMissing: the channel cannot be called, so nobody can prove its notices either.
    """
    gateway = gateway_for(channel)
    try:
        told = gateway.read_notices(headers, body)
    except NoticeForged:
        return Intake(refuse_forged(channel, headers, body, now))
    except NoticeUnreadable as error:
        insert_notice(channel, NoticeState.UNREADABLE, headers, body, now, result=str(error)[:200])
        logger.warning("notice.unreadable channel=%s", channel.pk)
        return Intake(400)
    done = [take_told(channel, one, headers, kept_body(one, body), now) for one in told]
    return Intake(200, gateway.acknowledgement()) if all(done) else Intake(503)


def take_told(channel: Channel, told: Told, headers: dict[str, str], body: bytes, now: datetime) -> bool:
    """One thing that a proven notice tells, once: whoever brings the same meanwhile waits for us. False when we could not do it."""
    with transaction.atomic():
        pk = insert_notice(channel, NoticeState.RECEIVED, headers, body, now, event_id=told.event_id, about=about(told))
        is_new = pk is not None
        if not is_new:
            rows = WebhookEvent.objects.filter(channel=channel, event_id=event_name(told.event_id))
            pk, state = rows.values_list("pk", "state").get()
            if state != NoticeState.RECEIVED:
                return True
        return do_notice(channel, pk, told, now, is_ours=is_new)


def do_notice(channel: Channel, pk: int, told: Told, now: datetime, *, is_ours: bool = False) -> bool:
    """Does what a kept notice says, unless it was done. In the caller's transaction, which keeps the notice whatever happens to its work.

    `is_ours`: the row was written in this transaction, so nobody else holds it.
    """
    row = WebhookEvent.objects.filter(pk=pk, state=NoticeState.RECEIVED)
    if not is_ours and row.select_for_update(of=("self",)).values_list("pk", flat=True).first() is None:
        return True
    try:
        with transaction.atomic():
            state, result = _do(channel, told, now)
    except TooEarly:  # ours now: the clock does it when the payment has been told
        row.update(told=as_json(told))
        return True
    except Exception:
        logger.exception("Unable to process notice=%s", pk)
        row.update(told=as_json(told))
        return False
    row.update(state=state, result=result[:200], processed_at=now, told={})
    return True


def _do(channel: Channel, told: Told, now: datetime) -> tuple[NoticeState, str]:
    if isinstance(told, DisputeTold):
        try:
            dispute = pass_on_dispute(channel=channel, notice=told.dispute, now=now)
        except HezhangError as error:
            return NoticeState.IGNORED, str(error)
        return (NoticeState.PROCESSED, f"dispute {dispute}") if dispute else (NoticeState.IGNORED, "no desk for disputes")
    if isinstance(told, OrderTold):
        return do_order(channel, told, now)
    return do_refund(channel, told, now) if isinstance(told, RefundNotice) else do_payment(channel, told, now)
