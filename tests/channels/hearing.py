"""Notices in tests of gateways, which arrive now unless a test says when."""

from datetime import datetime

from apps.channels.gateways import Gateway
from apps.core import clock


def hear(gateway: Gateway, headers: dict[str, str], body: bytes, at: datetime | None = None) -> list:
    """What a gateway reads in a notice that arrived at that moment."""
    return gateway.read_notices(headers, body, at or clock.now())
