"""From where the present request comes; every event recorded during it carries that."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from apps.core.middleware import client_address


@dataclass(frozen=True, slots=True)
class Origin:
    """The caller's address and what their browser calls itself; both empty in jobs and commands."""

    ip: str = ""
    user_agent: str = ""


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("audit_origin", default=NOWHERE)


def present() -> Origin:
    return _origin.get()


class OriginMiddleware:
    """Remembers from where the request comes while it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        agent = request.META.get("HTTP_USER_AGENT", "").encode("utf-8", "replace").decode().replace("\x00", "")
        token = _origin.set(Origin(client_address(request)[:45], agent[:200]))
        try:
            return self.get_response(request)
        finally:
            _origin.reset(token)
