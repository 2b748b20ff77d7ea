"""Signs of risk beside an order, a payment or a refund: a later app knows them, an earlier page shows them, hence a registry."""

from collections.abc import Callable

from apps.core.ui import Chip

# Functions `(merchant, subject) -> list[Chip]`; apps add theirs in `AppConfig.ready`.
_readers: list[Callable] = []


def register_signs(fn: Callable) -> None:
    """`fn(merchant, subject) -> list[Chip]` is asked wherever a Payment, an Order or a Refund is shown; the same function counts once.

    A function answers `[]` for a subject it knows nothing about, and reads a fixed number of rows whatever the subject.
    """
    if fn not in _readers:
        _readers.append(fn)


def signs_for(merchant, subject) -> list[Chip]:
    """All signs of a Payment, Order or Refund, the gravest tone first; the caller has made sure that it is the merchant's."""
    order = {"red": 0, "amber": 1, "neutral": 2, "outline": 3, "green": 4}
    signs = [sign for fn in _readers for sign in fn(merchant, subject)]
    return sorted(signs, key=lambda sign: order.get(sign.tone, 9))
