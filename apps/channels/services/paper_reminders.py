"""What the clock says of papers: that one expires soon, on the days of the channel's time zone."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels.models import QualificationDocument
from apps.channels.papers import PAPERS
from apps.core.clock import local_date
from apps.merchants.enums import NoticeSeverity
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify

MARKS = (30, 7, 1, 0)  # days before a paper's last day
EXPIRES = "case.paper_expires"
EARLIEST = timedelta(days=MARKS[0] + 1)  # a zone may be a day ahead of UTC


def remind_of_papers(*, now: datetime) -> int:
    """Tells shops of papers whose last day is in 30, 7 or 1 days, is today or has passed; each mark once. Returns how many were told."""
    soon = QualificationDocument.objects.filter(replaced_at=None, expires_on__lte=now.date() + EARLIEST)
    told = 0
    for row in soon.select_related("case__channel__merchant").order_by("expires_on", "pk"):
        days = (row.expires_on - local_date(now, row.case.channel.timezone)).days
        mark = min((mark for mark in MARKS if days <= mark), default=None)
        if mark is not None and (row.reminded_days is None or row.reminded_days > mark):
            told += _remind(row, mark, days, now)
    return told


@transaction.atomic
def _remind(row: QualificationDocument, mark: int, days: int, now: datetime) -> int:
    rows = QualificationDocument.objects.filter(pk=row.pk, reminded_days=row.reminded_days)
    if not rows.update(reminded_days=mark):
        return 0
    channel = row.case.channel
    title = _("{channel}: “{paper}” is valid until {day}") if days >= 0 else _("{channel}: “{paper}” has expired ({day})")
    notify(
        merchant=channel.merchant,
        users=members_with(channel.merchant, "edit_channels"),
        kind=EXPIRES,
        title=format_lazy(title, channel=channel.label, paper=PAPERS[row.paper].label, day=row.expires_on.isoformat()),
        href=reverse("channels:papers", args=[channel.merchant.slug, channel.code]),
        severity=NoticeSeverity.NORMAL if mark > 1 else NoticeSeverity.HIGH,
        group_key=f"paper:{row.pk}",
        now=now,
    )
    return 1
