"""One lock-out for passwords and codes alike: django-axes counts failures by the pair of e-mail and address."""

from axes.handlers.proxy import AxesProxyHandler
from django.http import HttpRequest

from apps.merchants.models import User


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
