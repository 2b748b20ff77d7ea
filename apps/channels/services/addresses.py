"""Whose address a notice came to. Asked for every notice, so what was found is remembered for a few seconds, with its credentials open."""

import threading
import time

from apps.channels.models import Channel

REMEMBERED = 5.0  # seconds; so long a process may still believe credentials that were replaced elsewhere
MOST = 1000  # channels
_found: dict[str, tuple[float, Channel]] = {}
_lock = threading.Lock()


def channel_at(public_id: str) -> Channel | None:
    """The channel, with its merchant, as it was within the last five seconds. Never for showing or changing it: read it anew for that."""
    held = _found.get(public_id)
    if held and time.monotonic() - held[0] < REMEMBERED:
        return held[1]
    return channel_now_at(public_id)


def channel_now_at(public_id: str) -> Channel | None:
    """As it is now: asked when a notice could not be proved by what was remembered, so that a new key counts at once."""
    began = time.monotonic()
    channel = Channel.objects.select_related("merchant").filter(public_id=public_id).first()
    with _lock:
        if channel is None:
            _found.pop(public_id, None)
            return None
        if len(_found) >= MOST:
            _found.clear()
        _found[public_id] = (began, channel)
    return channel
