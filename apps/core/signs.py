"""Signs of risk beside an order, a payment or a refund: a later app knows them, an earlier page shows them, hence a registry."""

from collections.abc import Callable, Sequence

from apps.core.ui import Chip

# Functions `(merchant, subject) -> list[Chip]`, and those that answer for a whole list; apps add theirs in `AppConfig.ready`.
_readers: dict[Callable, Callable | None] = {}
_ORDER = {"red": 0, "amber": 1, "neutral": 2, "outline": 3, "green": 4}


def register_signs(fn: Callable, many: Callable | None = None) -> None:
    """`fn(merchant, subject) -> list[Chip]` is asked wherever a Payment, an Order or a Refund is shown; the same function counts once.

    A function answers `[]` for a subject it knows nothing about, and reads a fixed number of rows whatever the subject. Lists ask
    `many(merchant, subjects) -> dict[pk, list[Chip]]` instead, in a fixed number of queries whatever the length; without it they show
    nothing of `fn`.
    """
    _readers.setdefault(fn, many)


def signs_for(merchant, subject) -> list[Chip]:
    """All signs of a Payment, Order or Refund, the gravest tone first; the caller has made sure that it is the merchant's."""
    return _sorted(sign for fn in _readers for sign in fn(merchant, subject))


def signs_for_many(merchant, subjects: Sequence) -> dict[int, list[Chip]]:
    """The same by primary key, for a list of subjects of one kind."""
    answers = [many(merchant, subjects) for many in _readers.values() if many and subjects]
    return {subject.pk: _sorted(sign for answer in answers for sign in answer.get(subject.pk, ())) for subject in subjects}


def _sorted(signs) -> list[Chip]:
    return sorted(signs, key=lambda sign: _ORDER.get(sign.tone, 9))
