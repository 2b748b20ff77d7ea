"""One side's item, and the set as a whole."""

from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from apps.channels.cells import key_text
from apps.settlements.matching.suggesting.shapes import ITEMS, Knowledge

Relation = tuple[frozenset[int], frozenset[int]]  # their ids, our ids


@dataclass(slots=True)
class Item:
    """An open item as a row of ITEMS; references are written as delivered and become keys in the frame."""

    id: int
    pool: int
    kind: str
    amount: int
    day: date
    owner: int | None = None
    currency: str = "TWD"
    net: int | None = None
    moment: datetime | None = None
    method: str = ""
    merchant_ref: str = ""
    provider_ref: str = ""
    memo: str = ""
    bundle: str = ""


@dataclass(frozen=True)
class Hop:
    """Both sides of one hop, its key, and how each relation was made."""

    theirs: pl.DataFrame
    ours: pl.DataFrame
    key: dict[Relation, str]
    knowledge: Knowledge = field(default_factory=Knowledge)


@dataclass(frozen=True)
class LabelledSet:
    """`lines`: statement lines and payments; `bank`: bank lines and payouts."""

    lines: Hop
    bank: Hop


def frame_of(items: list[Item], open_days: dict[date, int]) -> pl.DataFrame:
    """Items as a frame of ITEMS, sorted so that nothing can be read from the order in which they were made."""
    rows = [
        {name: getattr(one, name) for name in ITEMS if name != "open_day"}
        | {name: key_text(getattr(one, name)) for name in ("merchant_ref", "provider_ref")}
        | {"memo": one.memo.lower(), "open_day": open_days[one.day]}
        for one in items
    ]
    return pl.DataFrame(rows, schema=ITEMS).sort("day", "amount", "id")
