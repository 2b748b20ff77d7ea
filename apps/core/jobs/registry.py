"""Kinds of job and the functions that do them. Handlers live in the tasks.py of each app and register on import."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from apps.core.jobs.errors import UnknownKind

Handler = Callable[..., dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """`limit` is how long one attempt may hold its lease; a longer one counts as hung and is started again elsewhere."""

    name: str
    handler: Handler
    queue: str
    limit: timedelta


_kinds: dict[str, Kind] = {}


def job(name: str, *, queue: str = "default", limit: timedelta = timedelta(hours=1)) -> Callable[[Handler], Handler]:
    """Registers `handler(job, progress) -> dict | None` for a kind; the dict becomes the job's result.

    A handler may run twice (a worker died after its work and before its last word), so it must be safe to repeat.
    It calls `progress(percent, step)` between steps, and never catches JobStopped.
    """

    def register(handler: Handler) -> Handler:
        known = _kinds.get(name)
        if known and known.handler.__qualname__ != handler.__qualname__:
            raise RuntimeError(f"two handlers for the job {name!r}")
        _kinds[name] = Kind(name=name, handler=handler, queue=queue, limit=limit)
        return handler

    return register


def kind_of(name: str) -> Kind:
    """:raises UnknownKind: when no tasks.py registers it."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(name) from None
