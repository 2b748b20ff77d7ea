"""Deadlines of open differences: pausing and resuming the clock, and telling people when one has passed.

`due_at` is moved by the whole pause when it begins, so lists and counts need not know of pauses; ending it early takes the rest back.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.audit.services import event, record, record_many
from apps.merchants.enums import Role
from apps.merchants.models import Membership, Merchant, User
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify
from apps.settlements.errors import AlreadyClosed, NotPaused, PauseTooLong, ReasonMissing
from apps.settlements.models import Discrepancy
from apps.settlements.services.resolve import lock

LONGEST = timedelta(days=90)
SECOND_STEP = timedelta(days=1)  # after the deadline: then the owners of the shop hear, too
AT_ONCE = 1000
_NO_PAUSE = {"paused_at": None, "paused_until": None, "paused_by": None, "pause_reason": ""}


def pause(*, merchant: Merchant, ids: Iterable[int], until: datetime, reason: str, by: User, now: datetime) -> list[Discrepancy]:
    """The clock of these stands still until a moment, with a reason; one that is paused already is paused anew from now.

    :raises ReasonMissing, PauseTooLong, AlreadyClosed: and nothing changed.
    """
    if not reason.strip():
        raise ReasonMissing
    if not now < until <= now + LONGEST:
        raise PauseTooLong
    with transaction.atomic():
        items = lock(merchant, ids)
        if any(not item.is_open for item in items):
            raise AlreadyClosed
        for item in items:
            due_at = item.due_at - (item.paused_until - now if item.is_paused and item.paused_until > now else timedelta())
            item.paused_at, item.paused_until, item.paused_by, item.pause_reason = now, until, by, reason.strip()
            item.due_at = due_at + (until - now)
            item.save(update_fields=[*_NO_PAUSE, "due_at"])
        record_many(
            event(
                merchant_id=merchant.pk, action="discrepancy.paused", subject=item, by=by, now=now, reason=reason.strip(), after=_kept(item)
            )
            for item in items
        )
    return items


def resume(*, merchant: Merchant, discrepancy_id: int, by: User, now: datetime) -> Discrepancy:
    """Ends a pause before its time; the deadline comes nearer by what was left of it. :raises NotPaused."""
    with transaction.atomic():
        item = next(iter(lock(merchant, [discrepancy_id])), None)
        if item is None or not item.is_paused:
            raise NotPaused
        item.due_at -= max(item.paused_until - now, timedelta())
        for name, value in _NO_PAUSE.items():
            setattr(item, name, value)
        item.save(update_fields=[*_NO_PAUSE, "due_at"])
        record(merchant_id=merchant.pk, action="discrepancy.resumed", subject=item, by=by, now=now, after={"due_at": item.due_at})
    return item


def end_pauses(*, now: datetime) -> int:
    """Every minute by the schedule: pauses whose time has come end by themselves, on the record. Returns how many."""
    with transaction.atomic():
        over = Discrepancy.objects.filter(paused_until__lte=now).select_for_update(of=("self",), skip_locked=True).order_by("pk")
        items = list(over[:AT_ONCE])
        Discrepancy.objects.filter(pk__in=[item.pk for item in items]).update(**_NO_PAUSE)
        record_many(
            event(
                merchant_id=item.merchant_id, action="discrepancy.resumed", subject=item, by=None, now=now, after={"due_at": item.due_at}
            )
            for item in items
        )  # fmt: skip
    return len(items)


def escalate(*, merchant: Merchant, now: datetime) -> int:
    """Tells people of deadlines that have passed, once a step: first who has the difference (everybody who may resolve it, where nobody
    has), a day later the owners of the shop. One row of an inbox and one letter however many they are. Paused ones are left alone.
    """
    late = Discrepancy.objects.for_merchant(merchant).filter(closed_at=None, paused_at=None, due_at__lt=now)
    first = Q(escalated_at=None) | Q(escalated_at__lt=F("due_at"))
    second = Q(due_at__lt=now - SECOND_STEP) & Q(escalated_at__lt=F("due_at") + SECOND_STEP)
    with transaction.atomic():
        rows = late.filter(first | second).select_for_update(of=("self",), skip_locked=True).order_by("pk")
        items = list(rows[:AT_ONCE])
        if not items:
            return 0
        Discrepancy.objects.filter(pk__in=[item.pk for item in items]).update(escalated_at=now)
        _tell(merchant, items, now)
        record_many(
            event(merchant_id=merchant.pk, action="discrepancy.escalated", subject=item, by=None, now=now, after={"step": _step(item, now)})
            for item in items
        )
    return len(items)


def _step(item: Discrepancy, now: datetime) -> int:
    return 2 if item.due_at < now - SECOND_STEP else 1


def _tell(merchant: Merchant, items: list[Discrepancy], now: datetime) -> None:
    inside = {one.user_id: one for one in Membership.objects.for_merchant(merchant).active().select_related("user")}
    everybody = {user.pk for user in members_with(merchant, "resolve")}
    owners = {pk for pk, one in inside.items() if one.role == Role.OWNER}
    number: Counter[int] = Counter()
    for item in items:
        concerned = {item.owner_id} if item.owner_id in inside else everybody
        number.update(concerned | (owners if _step(item, now) == 2 else set()))
    for user_id in sorted(number):
        notify(
            merchant=merchant,
            users=[inside[user_id].user],
            kind="discrepancy.overdue",
            title=_("Differences are overdue"),
            body=format_lazy(_("{count} more passed their deadline."), count=number[user_id]),
            href=reverse("settlements:queue", args=[merchant.slug]) + "?view=overdue",
            severity="high",
            group_key="discrepancies.overdue",
            now=now,
        )


def _kept(item: Discrepancy) -> dict:
    return {"until": item.paused_until, "due_at": item.due_at}
