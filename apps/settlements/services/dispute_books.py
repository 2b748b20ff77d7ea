"""Disputes belong to a later app, so it says here what it knows of them, and hears which statement lines are theirs."""

from collections.abc import Callable

import polars as pl

from apps.channels.models import Channel
from apps.settlements.ledger import frames as ledger
from apps.settlements.matching.frames import DISPUTES, empty

_readers: list[Callable] = []
_hearers: list[Callable] = []
_end_readers: list[Callable] = []


def register_dispute_books(read: Callable, hear: Callable) -> None:
    """`read(channel) -> frame of frames.DISPUTES`; `hear(channel, links, now)` gets every link in force (frames.DISPUTE_LINKS) in the
    pass's own transaction, also when there are none. For `AppConfig.ready`; there is one such app."""
    _readers[:], _hearers[:] = [read], [hear]


def disputes_of(channel: Channel) -> pl.DataFrame:
    """Known disputes of a channel; none where no app keeps them."""
    return pl.concat([empty(DISPUTES), *(read(channel) for read in _readers)])


def tell_links(channel: Channel, links: pl.DataFrame, now) -> None:
    """What a pass found, to the app that keeps disputes."""
    for hear in _hearers:
        hear(channel, links, now)


def register_dispute_ends(read: Callable) -> None:
    """`read(channel) -> (frame of ledger.frames.DISPUTE_LINES, frame of ledger.frames.DISPUTES)`: which lines moved the money of which
    dispute, and how those that ended did. The journal needs both. For `AppConfig.ready`."""
    _end_readers[:] = [read]


def dispute_ends_of(channel: Channel) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tied lines and ended disputes of a channel; none where no app keeps disputes."""
    for read in _end_readers:
        return read(channel)
    return ledger.empty(ledger.DISPUTE_LINES), ledger.empty(ledger.DISPUTES)
