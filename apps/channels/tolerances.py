"""How far a figure may be off, and how far apart in time two sides may be, as data. No Django here; money in minor units."""

from dataclasses import dataclass
from datetime import date

import polars as pl

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Tolerance:
    """An absolute limit (minor units) and one in millionths of what is expected; of those that are set the smaller wins, none is zero."""

    absolute: int | None = 0
    ppm: int | None = None

    def limit(self, expected: pl.Expr) -> pl.Expr:
        """The largest difference that is accepted, itself included. The share is counted in two parts, because it may not fit 64 bits."""
        limits = [] if self.absolute is None else [pl.lit(self.absolute, pl.Int64)]
        if self.ppm is not None:
            size = expected.abs()
            limits.append(size // MILLION * self.ppm + size % MILLION * self.ppm // MILLION)
        return pl.min_horizontal(limits) if limits else pl.lit(0, pl.Int64)


@dataclass(frozen=True, slots=True)
class MatchRules:
    """The rules of one channel in one version; version 0 is what holds where nobody has set any.

    `fee_ppm` is a second limit beside the tolerance of each fee rule. `pairing_hours` is how far apart the shop's and the provider's
    clock may be for a pair by amount, `bank_days` the open days after its due day on which a payout's amount is still looked for.
    """

    version: int = 0
    amount: Tolerance = Tolerance(0, None)
    fee_ppm: int | None = None
    fx: Tolerance = Tolerance(None, 5_000)
    pairing_hours: int = 24
    bank_days: int = 5


@dataclass(frozen=True, slots=True)
class Rate:
    """A booked rate: one unit of `base` is `pico` millionths of a millionth of a unit of `quote`, from a day on."""

    base: str
    quote: str
    valid_from: date
    pico: int


PICO = 10**12


def converted(minor: int, pico: int, base_digits: int, quote_digits: int) -> int:
    """Minor units of one currency in those of another, by a booked rate, rounded half up away from zero; exact integers throughout."""
    top, bottom = abs(minor) * pico * 10**quote_digits, PICO * 10**base_digits
    whole = (2 * top + bottom) // (2 * bottom)
    return whole if minor >= 0 else -whole
