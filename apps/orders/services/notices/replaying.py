"""Notices that could not be done or read, done again: by the clock, or by a person who has mended the cause."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.channels.gateways import NoticeForged, NoticeUnreadable
from apps.channels.models import NoticeState, WebhookEvent
from apps.channels.services.gateway import gateway_for
from apps.core.errors import HezhangError
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.merchants.models import Merchant, User
from apps.orders.enums import PaymentJob
from apps.orders.services.notices.intake import do_notice, take_told
from apps.orders.services.notices.words import from_json, kept_body

PATIENCE, KEEP_TRYING, AGAIN = timedelta(minutes=1), timedelta(days=3), timedelta(minutes=15)
AT_ONCE = 100


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
        with transaction.atomic():
            do_notice(event.channel, event.pk, from_json(event.told), now)
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
        told = gateway_for(event.channel).read_notices(event.headers, body)
    except (NoticeForged, NoticeUnreadable) as error:
        raise StillUnreadable from error
    with transaction.atomic():
        row = WebhookEvent.objects.filter(pk=event.pk, state=NoticeState.UNREADABLE)
        if row.select_for_update(of=("self",)).values_list("pk", flat=True).first() is None:
            raise NothingToReplay
        for one in told:
            take_told(event.channel, one, event.headers, kept_body(one, body), now)
        row.update(state=NoticeState.IGNORED, result=f"read_again {len(told)}", processed_at=now)


def ring_notices(*, now: datetime) -> int:
    """By the schedule: notices of the last days that are kept and were not done. Returns how many jobs were asked for."""
    rows = WebhookEvent.objects.filter(state=NoticeState.RECEIVED, received_at__lt=now - PATIENCE, received_at__gt=now - KEEP_TRYING)
    due = list(rows.order_by("received_at").values_list("merchant_id", "pk")[:AT_ONCE])
    keys = [f"notice:{pk}" for _merchant_id, pk in due]
    tried = set(
        Job.objects.filter(kind=PaymentJob.NOTICE, dedupe_key__in=keys, created_at__gt=now - AGAIN).values_list("dedupe_key", flat=True)
    )
    wanted = [(merchant_id, pk) for merchant_id, pk in due if f"notice:{pk}" not in tried]
    for merchant_id, pk in wanted:
        enqueue(kind=PaymentJob.NOTICE, merchant_id=merchant_id, payload={"notice_id": pk}, dedupe_key=f"notice:{pk}", now=now)
    return len(wanted)
