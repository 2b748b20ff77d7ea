"""Notices that could not be done or read, done again by a person who has mended the cause."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.channels.gateways import NoticeForged, NoticeUnreadable
from apps.channels.models import NoticeState, WebhookEvent
from apps.channels.services.gateway import gateway_for
from apps.core.errors import HezhangError
from apps.merchants.models import Merchant, User
from apps.orders.services.notices.doing import do_notice
from apps.orders.services.notices.intake import keep_told


class NothingToReplay(HezhangError):
    """It was done, or proves nothing."""

    message = _("This notice was done already, or cannot be proved.")


class StillUnreadable(HezhangError):
    message = _("This notice still cannot be read. Ask the provider to send it again.")


def replay_notice(*, merchant: Merchant, notice_id: int, by: User | None, now: datetime) -> WebhookEvent:
    """Does a kept notice that was never done: one that is `received`, or `unreadable` and read now. Exactly once, as when it came.

    :raises WebhookEvent.DoesNotExist: also for another merchant's. :raises NothingToReplay, StillUnreadable: nothing changed.
    """
    rows = WebhookEvent.objects.for_merchant(merchant).select_related("channel__merchant")
    event = rows.get(pk=notice_id)
    if event.state == NoticeState.UNREADABLE:
        _read_again(event, now)
    elif event.state == NoticeState.RECEIVED and event.told:
        do_notice(event.channel, event.pk, now)
    else:
        raise NothingToReplay
    event = rows.get(pk=notice_id)
    if by is not None:
        after = {"state": event.state, "result": event.result}
        record(merchant_id=merchant.pk, action="notice.replayed", subject=event, by=by, now=now, after=after)
    return event


def _read_again(event: WebhookEvent, now: datetime) -> None:
    body = event.body.encode()
    try:
        told = gateway_for(event.channel).read_notices(event.headers, body, event.received_at)
    except (NoticeForged, NoticeUnreadable) as error:
        raise StillUnreadable from error
    with transaction.atomic():
        row = WebhookEvent.objects.filter(pk=event.pk, state=NoticeState.UNREADABLE)
        if row.select_for_update(of=("self",)).values_list("pk", flat=True).first() is None:
            raise NothingToReplay
        for one in told:
            if (pk := keep_told(event.channel, one, event.headers, body, now)) is not None:
                do_notice(event.channel, pk, now)
        row.update(state=NoticeState.IGNORED, result=f"read_again {len(told)}", processed_at=now)
