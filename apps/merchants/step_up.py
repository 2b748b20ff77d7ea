"""The second factor within a session: when it was last given, and whether a person has one at all.

    approve_refund(…, mfa_at=step_up.fresh_at(request))        # the service refuses when it needs one and gets None
    return redirect(step_up.address(request))                  # asks for it and comes back here

`{% include "merchants/_step_up.html" %}` asks in place: a card with the code field that leads back to the page it stands on.
"""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.urls import reverse

from apps.core import clock
from apps.merchants.models import User

FRESH_FOR = timedelta(minutes=10)
SESSION_KEY = "second_factor_at"
# Recovery codes alone are no factor: they stand in for one that is lost.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def given_at(request: HttpRequest) -> datetime | None:
    """When this session last saw a second factor of its person (UTC); None when it never did."""
    text = request.session.get(SESSION_KEY, "")
    return datetime.fromisoformat(text) if text else None


def fresh_at(request: HttpRequest) -> datetime | None:
    """The same, but only when it was within the last FRESH_FOR: what a grave decision passes on as `mfa_at`."""
    return given_at(request) if is_recent(request.session.get(SESSION_KEY, "")) else None


def is_recent(text: str) -> bool:
    """Whether a moment kept in a session (ISO, or empty) lies within the last FRESH_FOR."""
    return bool(text) and timedelta(0) <= clock.now() - datetime.fromisoformat(text) < FRESH_FOR


def mark(request: HttpRequest, now: datetime) -> None:
    """Remembers in the session that its person has just given a second factor."""
    request.session[SESSION_KEY] = now.isoformat()


def has_factor(user: User) -> bool:
    """Whether the person can give a second factor."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def address(request: HttpRequest, back_to: str = "") -> str:
    """Where to send a person who must give the factor first; they return to `back_to`, else to the page they asked for."""
    return f"{reverse('merchants:step_up')}?{urlencode({'next': back_to or request.get_full_path()})}"
