"""Telling people: a row in each one's inbox, and a letter where they want one.

notify(merchant=shop, users=members_with(shop, "approve_refund"), kind="refund.asked", title=_lazy("…"), href=url,
       severity="high", group_key=f"refund:{refund.pk}", now=now)
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import translation

from apps.core.jobs.services import enqueue
from apps.merchants.enums import LetterChoice, MailKind, NoticeSeverity
from apps.merchants.models import Membership, Merchant, Notification, User

TITLE_LENGTH = 200
_GRAVITY = {severity: place for place, severity in enumerate(NoticeSeverity.values)}
_LETTER_FROM = {
    LetterChoice.OFF: len(_GRAVITY),
    LetterChoice.IMPORTANT: _GRAVITY[NoticeSeverity.HIGH],
    LetterChoice.ALL: 0,
}


@transaction.atomic
def notify(
    *,
    merchant: Merchant,
    users: Iterable[User],
    kind: str,
    title,
    body="",
    href: str = "",
    severity: str = NoticeSeverity.NORMAL,
    group_key: str = "",
    now: datetime,
) -> list[Notification]:
    """Tells each of `users` who is an active member of the merchant, and nobody else: no shop's news reach a stranger.

    `title` and `body` may be lazy: they are written in each reader's language. `href` is a path of this site. With a `group_key`,
    an unread row of that key takes the new words and counts one more instead of a second row appearing; a letter goes out
    for a new row and when an unread one becomes graver, so a flood is one letter.

    :raises ValueError: a severity that is not known, or an address of another site.
    """
    if severity not in _GRAVITY:
        raise ValueError(f"unknown severity {severity!r}")
    if href and (not href.startswith("/") or href.startswith("//")):
        raise ValueError(f"not a path of this site: {href!r}")
    told, letters = [], []
    for user in _readers(merchant, users):
        with translation.override(user.language):
            words = {"title": str(title)[:TITLE_LENGTH], "body": str(body)}
        row, is_news = _write(merchant, user, {"kind": kind, "href": href, **words}, severity, group_key, now)
        told.append(row)
        if is_news and _GRAVITY[severity] >= _LETTER_FROM[user.letters]:
            letters.append(row.pk)
    if letters:
        enqueue(kind=MailKind.NOTICES, merchant_id=None, payload={"notifications": letters}, now=now)
    return told


def _readers(merchant: Merchant, users: Iterable[User]) -> list[User]:
    """In the order of their keys, so that two callers lock rows in the same order."""
    wanted = {user.pk for user in users}
    members = Membership.objects.for_merchant(merchant).active().filter(user__in=wanted)
    return [member.user for member in members.select_related("user").order_by("user_id")]


def _write(merchant, user, words: dict, severity: str, group_key: str, now: datetime) -> tuple[Notification, bool]:
    """The row, and whether it says something new: a first row, or one that became graver."""
    if not group_key:
        return _create(merchant, user, words, severity, "", now), True
    found = _add_to_unread(merchant, user, words, severity, group_key, now)
    if found:
        return found
    try:
        with transaction.atomic():
            return _create(merchant, user, words, severity, group_key, now), True
    except IntegrityError:  # somebody told the same at the same moment
        found = _add_to_unread(merchant, user, words, severity, group_key, now)
        if found is None:  # and it was read in between: a new row may stand
            return _create(merchant, user, words, severity, group_key, now), True
        return found


def _create(merchant, user, words: dict, severity: str, group_key: str, now: datetime) -> Notification:
    return Notification.objects.create(
        merchant=merchant, user=user, severity=severity, group_key=group_key, created_at=now, last_at=now, **words
    )


def _add_to_unread(merchant, user, words, severity, group_key, now) -> tuple[Notification, bool] | None:
    unread = Notification.objects.for_merchant(merchant).filter(user=user, group_key=group_key, read_at=None)
    row = unread.select_for_update(of=("self",)).first()
    if row is None:
        return None
    graver = _GRAVITY[severity] > _GRAVITY[row.severity]
    worst = severity if graver else row.severity
    fields = {**words, "count": F("count") + 1, "last_at": now, "severity": worst, **({"mailed_at": None} if graver else {})}
    Notification.objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db()
    return row, graver


def mark_read(*, merchant: Merchant, user: User, ids: Iterable[int] | None = None, now: datetime) -> int:
    """Marks these rows of the person's inbox in the merchant as read, all unread ones without `ids`; returns how many were unread."""
    unread = Notification.objects.for_merchant(merchant).filter(user=user, read_at=None)
    return (unread if ids is None else unread.filter(pk__in=list(ids))).update(read_at=now)
