"""Months are closed in a later app, so it says here up to which day a merchant's books are closed: the journal posts nothing there."""

from collections.abc import Callable
from datetime import date

from apps.merchants.models import Merchant

_readers: list[Callable[[Merchant], date | None]] = []


def register_closed_until(read: Callable[[Merchant], date | None]) -> None:
    """`read(merchant)` returns the last day of the last closed month, None before the first. For `AppConfig.ready`."""
    _readers[:] = [read]


def closed_until(merchant: Merchant) -> date | None:
    return _readers[0](merchant) if _readers else None
