"""What the tests refuse that production would let pass: network calls and undefined template variables."""

import ipaddress
import os
import socket
import sys

import pytest
from django.conf import settings

_real_connect = socket.socket.connect


def skip_or_fail(reason: str):
    """A missing tool skips on a developer's machine and fails in CI, where everything is meant to be installed."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI=true, but {reason}")
    pytest.skip(reason)


class NetworkRefused(AssertionError):
    """A test tried to leave the machine."""


class UndefinedTemplateVariable(AssertionError):
    """One of our templates used a name that its view did not hand over."""


def guarded_connect(self: socket.socket, address):
    """Loopback and UNIX sockets only; a name must be `localhost`, so that nothing is looked up."""
    if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
        raise NetworkRefused(f"tests may not connect to {address!r}")
    return _real_connect(self, address)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Undefined(str):
    """Stands for `string_if_invalid`: raises in our own templates, stays silent in those of libraries."""

    __slots__ = ()

    def __contains__(self, part):
        return part == "%s"

    def __mod__(self, variable):
        origin = _template_of_the_caller()
        if origin.startswith((str(settings.BASE_DIR / "templates"), str(settings.BASE_DIR / "apps"))):
            raise UndefinedTemplateVariable(f"{{{{ {variable} }}}} in {origin}")
        return ""


def _template_of_the_caller() -> str:
    """The file of the innermost template node being rendered."""
    frame = sys._getframe(2)
    while frame:
        node = frame.f_locals.get("self")
        origin = getattr(node, "origin", None)
        if origin is not None and hasattr(node, "token"):
            return str(origin.name)
        frame = frame.f_back
    return ""
