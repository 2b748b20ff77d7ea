"""Where a person is signed in, and ending it: the row goes, and with it whatever browser held its key."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from apps.merchants.models import User, UserSession
from apps.merchants.services.security import note_for_person

# The first that a browser's own description names; Edge calls itself Chrome as well, and everybody calls themselves Safari.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A browser in which the person is signed in. `mark` names it without giving its key away."""

    mark: str
    device: str
    address: str
    began_at: datetime | None
    seen_at: datetime | None
    is_current: bool


def sessions_of(user: User, now: datetime, current_key: str = "") -> list[SessionLine]:
    """Where the person is signed in, this browser first, then the one seen last."""
    rows = UserSession.objects.filter(user=user, expire_date__gt=now).order_by("-seen_at", "session_key")
    lines = [
        SessionLine(
            session_mark(row.session_key), device_of(row.agent), row.address, row.began_at, row.seen_at, row.session_key == current_key
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: not line.is_current)


def session_mark(session_key: str) -> str:
    """What stands for a session in an address: nobody can make the key from it."""
    return sha256(session_key.encode()).hexdigest()[:20]


def device_of(agent: str) -> str:
    """Browser and system in two words, as far as the browser's description tells them."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "Safari" if "Safari" in agent else "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    return " · ".join(part for part in (browser, system) if part)


@transaction.atomic
def end_session(*, user: User, mark: str, by: User, now: datetime) -> bool:
    """Ends the session that `session_mark` calls so; False when it is already gone."""
    for row in UserSession.objects.filter(user=user):
        if session_mark(row.session_key) == mark:
            row.delete()
            note_for_person(user=user, action="session.ended", by=by, now=now, before={"address": row.address, "agent": row.agent})
            return True
    return False


@transaction.atomic
def end_other_sessions(*, user: User, keep: str, by: User, now: datetime) -> int:
    """Ends every session of the person but the one with the key `keep`; returns how many."""
    ended, _rows = UserSession.objects.filter(user=user).exclude(session_key=keep).delete()
    if ended:
        note_for_person(user=user, action="session.others_ended", by=by, now=now, after={"ended": ended})
    return ended
