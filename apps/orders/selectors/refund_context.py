"""What apps above this one know about a refund's surroundings: the money a channel still owes, and what happened to the order.

Statements and payouts come later than orders, so they may be asked only through functions that they hand in (`AppConfig.ready`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from apps.core.panels import Step
from apps.merchants.models import Merchant
from apps.orders.models import Order


@dataclass(frozen=True, slots=True)
class ChannelBalance:
    """What a channel still owes by its statements, from which it takes refunds; minor units, negative when we owe it.

    `next_on` is the day of the next payout, None where none is expected.
    """

    minor: int
    currency: str
    next_on: date | None


_balances: list[Callable] = []
_stories: list[Callable] = []


def register_balances(fn: Callable) -> None:
    """`fn(merchant, channel_ids, today) -> dict[(channel_id, currency), ChannelBalance]`, in a fixed number of queries."""
    if fn not in _balances:
        _balances.append(fn)


def balances_of(merchant: Merchant, channel_ids: Iterable[int], today: date) -> dict[tuple[int, str], ChannelBalance]:
    """What is known; a channel that is missing is one of which nobody knows the balance."""
    wanted = sorted(set(channel_ids))
    found: dict[tuple[int, str], ChannelBalance] = {}
    for fn in _balances if wanted else ():
        found |= fn(merchant, wanted, today)
    return found


def register_story(fn: Callable) -> None:
    """`fn(order, now) -> list[Step]`: everything that happened to an order, oldest first, what is expected last."""
    if fn not in _stories:
        _stories.append(fn)


def steps_of(order: Order, now: datetime) -> list[Step]:
    """The order's time line, empty when nobody tells it."""
    return [step for fn in _stories for step in fn(order, now)]
