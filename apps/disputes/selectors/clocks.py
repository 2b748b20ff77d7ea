"""How near a deadline is."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.ui import Badge

MARKS = (7, 3, 1)  # days before the deadline at which people are reminded
OVERDUE = 0


def mark_of(due_at: datetime, now: datetime) -> int | None:
    """The reminder that is due: 7, 3 or 1 days before, 0 once overdue; None while there is more time."""
    left = due_at - now
    if left <= timedelta(0):
        return OVERDUE
    fitting = [mark for mark in MARKS if left <= timedelta(days=mark)]
    return min(fitting) if fitting else None


def days_badge(due_at: datetime, now: datetime) -> Badge:
    """Short enough for the navigation: `3 d`, `5 h`, or that it is overdue."""
    left = due_at - now
    if left <= timedelta(0):
        return Badge(_("overdue"), "red")
    if left < timedelta(days=1):
        hours = int(left.total_seconds() // 3600)
        return Badge(ngettext("%(n)s h", "%(n)s h", hours) % {"n": hours}, "red")
    return Badge(ngettext("%(n)s d", "%(n)s d", left.days) % {"n": left.days}, "amber" if left <= timedelta(days=3) else "")
