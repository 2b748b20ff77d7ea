"""Telling a shop, once, that a live channel takes no new payments because its papers do not hold. The stop itself needs nobody."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.channels.approval import A_DAY, REPLACED_COUNTS, Standing, standing_of, stop_text
from apps.channels.models import QualificationCase
from apps.merchants.enums import NoticeSeverity
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify

STOPPED = "case.payments_stopped"


def watch_approvals(*, now: datetime) -> int:
    """Tells of stops that nobody was told of. Returns how many; safe to repeat."""
    return sum(tell_stop(case, now) for case in _untold(now))


@transaction.atomic
def tell_stop(case: QualificationCase, now: datetime) -> bool:
    """Tells those who look after channels that new payments stopped, unless they were told since the last approval, or none did stop."""
    channel = case.channel
    standing = standing_of(channel, now) if channel.is_on else None
    if standing is None or not standing.is_stopped:
        return False
    if not QualificationCase.objects.filter(pk=case.pk, stop_told_at=None).update(stop_told_at=now):
        return False
    record(merchant_id=case.merchant_id, action=STOPPED, subject=case, by=None, now=now, after=_after(standing))
    notify(
        merchant=channel.merchant,
        users=members_with(channel.merchant, "edit_channels"),
        kind=STOPPED,
        title=format_lazy(_("{channel} takes no new payments"), channel=channel.label),
        body=lazy(_body, str)(standing, case.reason),
        href=reverse("channels:papers", args=[channel.merchant.slug, channel.code]),
        severity=NoticeSeverity.HIGH,
        group_key=f"case:{case.pk}",
        now=now,
    )
    return True


def _untold(now: datetime):
    """Wide enough to hold every stop, as a zone may be a day from UTC; the rule decides."""
    today = now.date()
    ends = Q(first_end__lte=today + A_DAY) | Q(first_replaced__lte=now - REPLACED_COUNTS + A_DAY)
    rows = QualificationCase.objects.with_ends().filter(Q(approved_at=None) | ends, stop_told_at=None)
    rows = rows.filter(channel__is_live=True, channel__is_on=True, merchant__is_practice=False)
    return rows.select_related("channel__merchant").order_by("pk")


def _after(standing: Standing) -> dict:
    return {"reason": str(standing.reason), "paper": standing.paper, "since": standing.stops_on}


def _body(standing: Standing, reason: str) -> str:
    return "\n".join(part for part in [stop_text(standing), reason] if part)
