"""What a provider must do whose shop system holds the orders, in our words. No Django here, as in `gateways`.

Orders are read, never written: what the shop system knows of an order and its payments becomes the shop's own books. Its notices only say
that an order changed; what it changed to is always asked for, so their order, repetition or loss makes no difference.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from apps.channels.fetching import FetchOutcome


@dataclass(frozen=True, slots=True)
class StorefrontPayment:
    """What one payment gateway of the shop system took for an order, all its captures together. `state` is a word of payments.csv.

    `gateway` is its name as the shop system writes it: which of the shop's channels that is, the shop says. Minor units.
    """

    gateway: str
    state: str
    amount_minor: int
    currency: str
    provider_ref: str = ""
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StorefrontRefund:
    """Money back through one gateway. `ref` is the shop system's number, `state` a word of refunds.csv. Positive minor units."""

    gateway: str
    ref: str
    state: str
    amount_minor: int
    currency: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class StorefrontOrder:
    """An order as it stands. `ref` is the shop system's number, `order_no` the one that people know. Times in UTC, minor units."""

    ref: str
    order_no: str
    placed_at: datetime
    updated_at: datetime
    total_minor: int
    currency: str
    is_test: bool = False
    payments: tuple[StorefrontPayment, ...] = ()
    refunds: tuple[StorefrontRefund, ...] = ()


@dataclass(frozen=True, slots=True)
class UnreadOrder:
    """An order of which nothing is believed. `code` is one of `core.money.MoneyError`, or undocumented: a word that no document has."""

    order_no: str
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class OrdersAnswer:
    """One page of orders, the oldest change first: FETCHED, FAILED (refused) or UNKNOWN (nobody answered).

    `after` is empty on the last page; `raw` is request and answer as logged, secrets left out.
    """

    outcome: FetchOutcome
    orders: tuple[StorefrontOrder, ...] = ()
    unread: tuple[UnreadOrder, ...] = ()
    after: str = ""
    code: str = ""
    message: str = ""
    raw: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderTold:
    """A verified notice that an order changed. `event_id` is the same when the notice comes again."""

    event_id: str
    order_no: str
    topic: str


class StorefrontGateway(Protocol):
    """The part of a gateway that reads orders. Never raises for what the network or the provider did."""

    def read_orders(self, changed_since: datetime, after: str = "") -> OrdersAnswer:
        """The orders that changed at that moment or later; `after` as the page before said. May try again by itself."""
