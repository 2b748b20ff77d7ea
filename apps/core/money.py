"""Money as integers of the minor unit, with the currency beside them.

Exponents are those of ISO 4217 (TWD 2, JPY 0, KWD 3). Nothing here rounds by itself: an amount with more
digits than its currency has is an error, and only `round_minor` rounds, once, by a named rule. No Django here.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, InvalidOperation

ZERO_DIGITS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
THREE_DIGITS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "up": ROUND_UP, "down": ROUND_DOWN}
MAX_MINOR = 9_000_000_000_000_000  # below 2**53, so that no spreadsheet or browser loses a cent of it
_AMOUNT = re.compile(r"[+\-−]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?", re.ASCII)


class MoneyError(ValueError):
    """An amount that cannot be read; `code` is bad_amount, excess_digits, too_large or mixed_currencies."""

    def __init__(self, code: str, text: str = ""):
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def exponent(currency: str) -> int:
    """Digits after the point of an ISO 4217 currency code."""
    if currency in ZERO_DIGITS:
        return 0
    return 3 if currency in THREE_DIGITS else 2


def to_decimal(text: str) -> Decimal:
    """Reads a plain decimal with optional sign and thousands commas.

    :raises MoneyError: bad_amount for anything else, exponents, NaN and infinity included.
    """
    text = text.strip()
    if not _AMOUNT.fullmatch(text):
        raise MoneyError("bad_amount", text)
    try:
        return Decimal(text.replace(",", "").replace("−", "-"))
    except InvalidOperation as error:
        raise MoneyError("bad_amount", text) from error


def to_minor(amount: str | Decimal | int, currency: str) -> int:
    """Major units to an integer of the minor unit, exactly.

    :raises MoneyError: bad_amount, excess_digits (never rounded) or too_large.
    """
    value = to_decimal(amount) if isinstance(amount, str) else Decimal(amount)
    scaled = value.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise MoneyError("excess_digits", str(amount))
    if abs(scaled) > MAX_MINOR:
        raise MoneyError("too_large", str(amount))
    return int(scaled)


def from_minor(minor: int, currency: str) -> Decimal:
    """An integer of the minor unit as a Decimal in major units, with the currency's digits."""
    return Decimal(minor).scaleb(-exponent(currency))


def plain(minor: int | None, currency: str) -> str:
    """For files: `1234.50`, no grouping, the currency's digits; empty for None."""
    return "" if minor is None else f"{from_minor(minor, currency):f}"


def round_minor(value: Decimal, *, rule: str = "half_up", unit: int = 1) -> int:
    """Rounds a Decimal count of minor units to a multiple of `unit` (minor units) by a named rule, away from zero for `up`."""
    return int((value / unit).quantize(Decimal(1), rounding=ROUNDINGS[rule])) * unit


@dataclass(frozen=True, slots=True)
class Money:
    """An amount that refuses to be mixed with another currency."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise MoneyError("mixed_currencies", f"{self.currency} {other.currency}")

    @property
    def major(self) -> Decimal:
        return from_minor(self.minor, self.currency)
