"""The due clock: how long until (or since) a deadline, in words and in a tone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import clock, figures
from apps.core.ui import Tone

SOON = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline as shown: `tone` neutral (more than a day), amber (under 8 hours) or red (past)."""

    moment: datetime
    text: str
    tone: str
    icon: str


def due(moment: datetime, now: datetime | None = None) -> Due:
    """A deadline seen from `now`: a date when more than a day away, else the time left or the time overdue."""
    left = moment - (now or clock.now())
    if left < timedelta(0):
        return Due(moment, _("overdue %(time)s") % {"time": length_text(-left, exact=False)}, Tone.RED, "alert-circle")
    if left <= SOON:
        return Due(moment, length_text(left), Tone.AMBER, "clock")
    if left <= timedelta(days=1):
        return Due(moment, length_text(left), Tone.NEUTRAL, "clock")
    return Due(moment, figures.day_text(moment.astimezone(timezone.get_current_timezone()).date()), Tone.NEUTRAL, "clock")


def length_text(length: timedelta, *, exact: bool = True) -> str:
    """The two largest units of a length of time: 1 day 3 hours, 2 hours 14 minutes. Not `exact`, hours drop their minutes."""
    minutes = int(length.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [ngettext("%d day", "%d days", days) % days] if days else []
    if hours:
        parts.append(ngettext("%d hour", "%d hours", hours) % hours)
    if not days and (not hours or (rest and exact)):
        parts.append(ngettext("%d minute", "%d minutes", rest) % rest)
    return " ".join(parts)
