"""What suggesting takes in and gives out."""

from dataclasses import dataclass, field

import polars as pl

from apps.settlements.matching.frames import DAY, MOMENT, TEXT, WHOLE, empty

# One open item of either side. `theirs` is the later document (statement line, bank line), `ours` the earlier (payment, refund, payout).
ITEMS = {
    "id": WHOLE,
    "pool": WHOLE,  # items of one pool can belong together: the channel of lines and payments, the account of bank lines and payouts
    "owner": WHOLE,  # the channel whose learned signs count; null where the item names none (a bank line)
    "kind": TEXT,
    "currency": TEXT,
    "amount": WHOLE,  # signed minor units, from the merchant's side
    "net": WHOLE,  # ours: what is left after the planned fee; null where no fee is planned
    "day": DAY,  # business date, due day or booking day
    "open_day": WHOLE,  # the same as a number that counts open days, so that a weekend is no distance
    "moment": MOMENT,  # null where the source knows no time of day
    "method": TEXT,
    "merchant_ref": TEXT,  # as keys (`channels.cells.key`); empty where there is none
    "provider_ref": TEXT,
    "memo": TEXT,  # free text that may hold a reference, in lower case
    "bundle": TEXT,  # ours: what several items of one batch share (the customer); empty: they need not share anything
}
# Signs by which a channel is known: words of bank memos, and gaps between what was due and what came.
SIGNS = {"owner": WHOLE, "sign": TEXT, "value": TEXT, "source": TEXT}  # sign: word | gap; source: given | learned


@dataclass(frozen=True)
class Knowledge:
    """What people taught: signs of channels, and which pairs (their id, our id) they declined."""

    signs: pl.DataFrame = field(default_factory=lambda: empty(SIGNS))
    declined: frozenset[tuple[frozenset[int], frozenset[int]]] = frozenset()

    def declines(self, theirs: tuple[int, ...], ours: tuple[int, ...]) -> bool:
        return (frozenset(theirs), frozenset(ours)) in self.declined

    def declined_pairs(self) -> pl.DataFrame:
        """The one-to-one ones as a frame of `left_id` and `right_id`."""
        pairs = [(next(iter(one)), next(iter(other))) for one, other in self.declined if len(one) == len(other) == 1]
        return pl.DataFrame(pairs, schema={"left_id": WHOLE, "right_id": WHOLE}, orient="row")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One part of a score: its name, its grade (a key of the weights), the points it gave, and figures for the words."""

    part: str
    grade: str
    points: float
    n: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Items that probably belong together. `score` is the probability that they do, as calibrated on labelled sets."""

    theirs: tuple[int, ...]
    ours: tuple[int, ...]
    score: float
    is_ambiguous: bool  # another choice is as good, or nearly
    evidence: tuple[Evidence, ...]
