"""One lock-out for passwords and codes alike: django-axes counts failures by the pair of e-mail and address."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest

from apps.audit.services import record
from apps.core import clock
from apps.merchants.models import Membership, Merchant, User
from apps.merchants.services.security import note_for_person


def is_locked(request: HttpRequest, user: User) -> bool:
    """Whether this pair must wait. The answer to the request is then the lock-out page, whatever the view returns."""
    locked = AxesProxyHandler.is_locked(request, {"username": user.email})
    if locked:
        request.axes_locked_out = True
        request.axes_credentials = {"username": user.email}
    return locked


def note_failure(request: HttpRequest, user: User) -> None:
    """Counts a wrong code as a wrong password is counted."""
    AxesProxyHandler.user_login_failed(sender=__name__, credentials={"username": user.email}, request=request)


def forget_failures(request: HttpRequest, user: User) -> None:
    """After a right code inside a session: the count starts anew for this pair."""
    AxesProxyHandler.update_request(request)
    AxesProxyHandler.reset_attempts(username=user.email, ip_address=request.axes_ip_address)


def hear_lock_out(sender, request: HttpRequest, username: str, ip_address: str, **_signal) -> None:
    """Receiver of axes' signal: the attempt that locks is told and recorded, those that knock on the locked door are not."""
    if getattr(request, "axes_failures_since_start", None) != settings.AXES_FAILURE_LIMIT:
        return
    user = User.objects.filter(email=(username or "").lower(), is_active=True).first()
    if user:
        with transaction.atomic():
            note_for_person(user=user, action="login.locked", by=None, now=clock.now(), after={"address": ip_address}, tell=True)


def locked_among(emails: Iterable[str], now: datetime) -> set[str]:
    """Which of these cannot log in from at least one address at the moment."""
    since = now - timedelta(hours=settings.AXES_COOLOFF_TIME)
    attempts = AccessAttempt.objects.filter(username__in=list(emails), attempt_time__gte=since)
    pairs = attempts.values("username", "ip_address").annotate(failures=Sum("failures_since_start"))
    return set(pairs.filter(failures__gte=settings.AXES_FAILURE_LIMIT).values_list("username", flat=True))


@transaction.atomic
def unlock_member(*, merchant: Merchant, membership_id: int, by: User, now: datetime) -> int:
    """Forgets the wrong attempts of a member, from every address; returns how many pairs were counted.

    :raises Membership.DoesNotExist: for a membership of another merchant.
    """
    user = Membership.objects.for_merchant(merchant).filter(deactivated_at=None).select_related("user").get(pk=membership_id).user
    forgotten = AxesProxyHandler.reset_attempts(username=user.email)
    if forgotten:
        record(merchant_id=merchant.pk, action="login.unlocked", subject=user, by=by, now=now)
    return forgotten
