"""Notices whose signature is wrong: anybody can send them without end, so they cost little and fill nothing; of many people hear."""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels.models import Channel, NoticeState, WebhookEvent
from apps.merchants.enums import NoticeSeverity
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify
from apps.orders.services.notices.keeping import insert_notice

logger = logging.getLogger(__name__)
FORGED_KEPT = 200  # rows of each channel, the newest; what they say of the others is their number
KEPT_OF_FORGED = 500  # characters: enough to see who plays, too little to fill a disk
KEPT_A_MINUTE = 30  # of each channel and process; more are counted and not written down
MANY = 20  # within an hour, and people are told once an hour


@dataclass
class _Minute:
    """What this process has seen for one channel in the minute that began at `since`; `unkept` waits for the next row that is kept."""

    since: datetime
    seen: int = 0
    unkept: int = 0
    told_at: datetime | None = None


_minutes: dict[int, _Minute] = {}
_lock = threading.Lock()


def refuse_forged(channel: Channel, headers: dict[str, str], body: bytes, now: datetime) -> int:
    """Counts one, and keeps it while there are not too many. Returns the HTTP status of the refusal."""
    logger.warning("notice.forged channel=%s", channel.pk)
    with _lock:
        minute = _minutes.setdefault(channel.pk, _Minute(now))
        if not timedelta(0) <= now - minute.since < timedelta(minutes=1):
            minute.since, minute.seen = now, 0
        minute.seen += 1
        if minute.seen > KEPT_A_MINUTE:
            minute.unkept += 1
            return 429
        unkept, minute.unkept = minute.unkept, 0
    _keep(channel, headers, body[: KEPT_OF_FORGED * 4], now, unkept)
    _tell_many(channel, minute, now)
    return 401


@transaction.atomic
def _keep(channel: Channel, headers: dict[str, str], body: bytes, now: datetime, unkept: int) -> None:
    """The oldest give way. The newest row says how many did, or were never written: "dropped 12".

    Who else drops rows at this moment is not waited for; the number may then be a little too low.
    """
    rows = WebhookEvent.objects.filter(channel=channel, state=NoticeState.FORGED).order_by("-pk")
    last = rows.values_list("result", flat=True).first() or ""
    before = list(rows.values_list("pk", flat=True)[FORGED_KEPT - 1 :][:FORGED_KEPT])
    old = list(rows.filter(pk__in=before).select_for_update(skip_locked=True).values_list("pk", flat=True))
    WebhookEvent.objects.filter(pk__in=old).delete()
    dropped = unkept + len(old) + int(last.removeprefix("dropped ") or 0)
    short = body.decode("utf-8", "backslashreplace")[:KEPT_OF_FORGED].encode()
    insert_notice(channel, NoticeState.FORGED, headers, short, now, result=f"dropped {dropped}" if dropped else "")


def _tell_many(channel: Channel, minute: _Minute, now: datetime) -> None:
    if minute.told_at and now - minute.told_at < timedelta(hours=1):
        return
    recent = WebhookEvent.objects.filter(channel=channel, state=NoticeState.FORGED, received_at__gt=now - timedelta(hours=1))
    if recent.count() < MANY:
        return
    minute.told_at = now
    merchant = channel.merchant
    notify(
        merchant=merchant,
        users=members_with(merchant, "edit_channels"),
        kind="notice.forged",
        title=format_lazy(_("Many notices with a wrong signature for {channel}"), channel=channel.label),
        body=_("Nothing was changed by them. Somebody plays at being the provider, or the key for notices was changed in its console."),
        href=reverse("channels:channel", args=[merchant.slug, channel.code]),
        severity=NoticeSeverity.HIGH,
        group_key=f"forged:{channel.public_id}",
        now=now,
    )
