"""What every request gets before a view runs."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from apps.core import clock


def client_address(request: HttpRequest) -> str:
    """The address a caller cannot choose: what the outermost of our own proxies saw, else the peer of the connection.

    Counted from the right, because everything further left in X-Forwarded-For is the caller's own claim.
    """
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if 0 < settings.TRUSTED_PROXIES <= len(hops):
        return hops[-settings.TRUSTED_PROXIES]
    return request.META.get("REMOTE_ADDR", "")


class UserLanguageMiddleware:
    """A signed-in person's own language beats the browser's; it must stand after AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response
        self.known = {code for code, _name in settings.LANGUAGES}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", "") if request.user.is_authenticated else ""
        if language not in self.known:
            return self.get_response(request)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        response.headers["Content-Language"] = language
        return response


class SessionTraceMiddleware:
    """Notes in a signed-in session from where and with what it is used, and when it was last seen, to SEEN_EVERY.

    The list of sessions shows it. It must stand after AuthenticationMiddleware.
    """

    SEEN_EVERY = timedelta(minutes=5)

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._note(request)
        return self.get_response(request)

    def _note(self, request: HttpRequest) -> None:
        trace, now = request.session.get("trace", {}), clock.now()
        place = {"address": client_address(request)[:45], "agent": request.headers.get("User-Agent", "")[:300]}
        same = place.items() <= trace.items()
        if same and now - datetime.fromisoformat(trace["seen_at"]) < self.SEEN_EVERY:
            return
        request.session["trace"] = {"began_at": now.isoformat(), **trace, **place, "seen_at": now.isoformat()}
