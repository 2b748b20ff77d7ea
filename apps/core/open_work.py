"""What a person has on their desk, by kind. Each app that gives work to people registers its kind in `AppConfig.ready`, so that taking
somebody out of a merchant, which lies below them all, can hand their work over.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenWork:
    """`label` is a lazily translated plural noun. `count(merchant, user)` says how much a person has; `hand_over` gives it to `to`, or to
    nobody where `to` is None or may not do such work, inside the caller's transaction, and returns how much it was.
    """

    kind: str
    label: str
    count: Callable[..., int]
    hand_over: Callable[..., int]  # keyword-only: merchant, user, to, by, now


_kinds: dict[str, OpenWork] = {}


def register_open_work(work: OpenWork) -> None:
    """Makes the kind known; a second one of the same name replaces it."""
    _kinds[work.kind] = work


def kinds_of_work() -> tuple[OpenWork, ...]:
    return tuple(_kinds[kind] for kind in sorted(_kinds))
