"""Notices of providers: proved, kept once, answered at once. What they say is done right after, from the rows: see doing.py.

This is the busiest door of the product: a notice costs one statement, whether it is new or known.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from apps.channels.gateways import Acknowledgement, NoticeForged, NoticeUnreadable
from apps.channels.models import Channel, NoticeState
from apps.channels.services.addresses import channel_at, channel_now_at
from apps.channels.services.gateway import GatewayMissing, gateway_for
from apps.orders.services.notices.forged import refuse_forged
from apps.orders.services.notices.keeping import insert_notice
from apps.orders.services.notices.words import Told, about, as_json, kept_body

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Intake:
    """What to answer: `acknowledgement` when it was kept, else the HTTP status of the refusal. `kept` are the rows that are new."""

    status: int
    acknowledgement: Acknowledgement | None = None
    kept: tuple[int, ...] = ()


def take_notice_at(*, public_id: str, headers: dict[str, str], body: bytes, now: datetime) -> Intake | None:
    """`take_notice` for the channel of an address; None where there is none.

    A key that was replaced may still prove a notice for five seconds; a new one proves at once.

    :raises GatewayMissing: as below.
    """
    channel = channel_at(public_id)
    if channel is None:
        return None
    try:
        return _take(channel, headers, body, now)
    except (NoticeForged, GatewayMissing):
        channel = channel_now_at(public_id)
    return take_notice(channel=channel, headers=headers, body=body, now=now) if channel else None


def take_notice(*, channel: Channel, headers: dict[str, str], body: bytes, now: datetime) -> Intake:
    """Keeps a notice; the answer means that it was received, and nothing more. Header names are in lower case.

    A forged one is counted and answered 401 or, when there are many, 429; one that cannot be read is kept and answered 400; both change
    nothing else.

    :raises GatewayMissing: the channel cannot be called, so nobody can prove its notices either.
    """
    try:
        return _take(channel, headers, body, now)
    except NoticeForged:
        return Intake(refuse_forged(channel, headers, body, now))


def _take(channel: Channel, headers: dict[str, str], body: bytes, now: datetime) -> Intake:
    gateway = gateway_for(channel)
    try:
        told = gateway.read_notices(headers, body, now)
    except NoticeUnreadable as error:
        insert_notice(channel, NoticeState.UNREADABLE, headers, body, now, result=str(error)[:200])
        logger.warning("notice.unreadable channel=%s", channel.pk)
        return Intake(400)
    kept = (keep_told(channel, one, headers, body, now) for one in told)
    return Intake(200, gateway.acknowledgement(), tuple(pk for pk in kept if pk is not None))


def keep_told(channel: Channel, told: Told, headers: dict[str, str], body: bytes, now: datetime) -> int | None:
    """One thing that a proven notice tells, as a row that waits to be done; None when it was told before."""
    fields = {"event_id": told.event_id, "about": about(told), "told": as_json(told), "due_at": now}
    return insert_notice(channel, NoticeState.RECEIVED, headers, kept_body(told, body), now, **fields)
