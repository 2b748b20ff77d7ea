"""What a channel should charge, by the terms in force on a day. No Django here, no floats, one rounding at the end.

A fee is a positive cost in minor units: percent of the gross plus a fixed part, then at least the minimum, then at most the cap, then
rounded to the unit. Until that rounding everything is counted in millionths of a minor unit, which a percentage of up to
four decimals fills exactly. A negative gross gives the same fee back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from apps.core.money import MoneyError, to_decimal, to_minor

MILLION = 1_000_000
ANY_METHOD = "*"
ROUNDING_RULES = ("half_up", "half_even", "up", "down")
REFUND_FEES = ("keep", "return")


class FeeError(ValueError):
    """Terms that cannot be used; `field` is the key of merchant.toml, `code` bad_value, bad_amount, excess_digits or too_large."""

    def __init__(self, field: str, code: str, text: str):
        super().__init__(f"{field}: {code}: {text!r}")
        self.field = field
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """One dated rule of a fee plan; money in minor units, `ppm` millionths of the gross (2.75 % is 27,500)."""

    methods: tuple[str, ...]
    ppm: int
    valid_from: date
    fixed: int = 0
    minimum: int | None = None
    cap: int | None = None
    refund_fee: str = "keep"
    tolerance: int = 0
    rounding: str = "half_up"
    unit: int = 1

    def __post_init__(self):
        amounts = {"fixed": self.fixed, "minimum": self.minimum or 0, "cap": self.cap or 0, "tolerance": self.tolerance}
        for field, value in amounts.items():
            if value < 0:
                raise FeeError(field, "bad_value", str(value))
        if not 0 <= self.ppm <= MILLION:
            raise FeeError("percent", "bad_value", str(self.percent))
        if not self.methods:
            raise FeeError("methods", "bad_value", "")
        if self.rounding not in ROUNDING_RULES:
            raise FeeError("rounding", "bad_value", self.rounding)
        if self.refund_fee not in REFUND_FEES:
            raise FeeError("refund_fee", "bad_value", self.refund_fee)
        if not 1 <= self.unit <= 1_000_000:
            raise FeeError("unit", "bad_value", str(self.unit))

    @property
    def percent(self) -> Decimal:
        return Decimal(self.ppm) / 10_000


def terms_from(rule: dict, currency: str) -> FeeTerms:
    """A `[[channels.fees]]` table of merchant.toml: percent in percent, money in major units, empty for none.

    :raises FeeError: naming the key.
    """

    def money(field: str, default: str) -> int | None:
        text = str(rule.get(field, default)).strip()
        try:
            return to_minor(text, currency) if text else None
        except MoneyError as error:
            raise FeeError(field, error.code, text) from error

    methods = rule.get("methods") or [ANY_METHOD]
    return FeeTerms(
        methods=(methods,) if isinstance(methods, str) else tuple(methods),
        ppm=parts_per_million(str(rule.get("percent") or "0")),
        valid_from=rule.get("valid_from") or date.min,
        fixed=money("fixed", "0") or 0,
        minimum=money("minimum", ""),
        cap=money("cap", ""),
        refund_fee=rule.get("refund_fee") or "keep",
        tolerance=money("tolerance", "0") or 0,
        rounding=rule.get("rounding") or "half_up",
        unit=_unit(rule, money("unit", "")),
    )


def _unit(rule: dict, unit: int | None) -> int:
    if unit == 0:
        raise FeeError("unit", "bad_value", str(rule["unit"]))
    return 1 if unit is None else unit


def parts_per_million(percent: str) -> int:
    """ "2.75" percent as 27,500 millionths.

    :raises FeeError: more than four decimals, or no plain number.
    """
    try:
        scaled = to_decimal(percent).scaleb(4)
    except MoneyError as error:
        raise FeeError("percent", error.code, percent) from error
    if scaled != scaled.to_integral_value():
        raise FeeError("percent", "excess_digits", percent)
    return int(scaled)


def rule_for(terms: Iterable[FeeTerms], method: str, day: date) -> FeeTerms | None:
    """The rule in force: one that names the method beats `*`; among those the latest `valid_from` on or before the day.

    A rule that only starts later is not in force and beats nothing. Of two with one date, the one written last counts.
    """
    in_force = [rule for rule in terms if rule.valid_from <= day]
    for wanted in (method, ANY_METHOD):
        named = [rule for rule in in_force if wanted and wanted in rule.methods]
        if named:
            return max(reversed(named), key=lambda rule: rule.valid_from)
    return None


def expected_fee(terms: FeeTerms, gross: int) -> int:
    """The fee on a gross, both in minor units; positive for a positive gross."""
    if gross < 0:
        return -expected_fee(terms, -gross)
    return _rounded(_micro(terms, gross), terms)


def returned_fee(payment_fee: int, refund: int, captured: int, terms: FeeTerms) -> int:
    """What comes back of a payment's fee when part of it is refunded: 0 when the provider keeps it, else pro rata, rounded by the rule.

    All in minor units and positive.

    :raises ValueError: nothing captured.
    """
    if captured <= 0:
        raise ValueError("captured must be positive")
    if terms.refund_fee == "keep":
        return 0
    return _ratio_rounded(abs(payment_fee) * abs(refund), captured * terms.unit, terms.rounding) * terms.unit


@dataclass(frozen=True, slots=True)
class FeeStep:
    """One step of the calculation: `code` percent, fixed, minimum, cap or rounding; `term` the figure of the rule it applies.

    `after` is the fee after the step, in minor units, exact (a Decimal may carry a fraction until the rounding).
    """

    code: str
    term: Decimal
    after: Decimal


def explain(terms: FeeTerms, gross: int) -> tuple[FeeStep, ...]:
    """How a fee comes about, for the calculator page. Only steps that the rule has are listed; the last is always the rounding.

    `term` is percent for the first step and minor units for the others.
    """
    size = abs(gross)
    sign = -1 if gross < 0 else 1
    micro = size * terms.ppm
    steps = [("percent", terms.percent, micro)]
    if terms.fixed:
        micro += terms.fixed * MILLION
        steps.append(("fixed", Decimal(terms.fixed), micro))
    if terms.minimum is not None:
        micro = max(micro, terms.minimum * MILLION)
        steps.append(("minimum", Decimal(terms.minimum), micro))
    if terms.cap is not None:
        micro = min(micro, terms.cap * MILLION)
        steps.append(("cap", Decimal(terms.cap), micro))
    steps.append(("rounding", Decimal(terms.unit), _rounded(micro, terms) * MILLION))
    return tuple(FeeStep(code, term, sign * Decimal(after) / MILLION) for code, term, after in steps)


def _micro(terms: FeeTerms, gross: int) -> int:
    micro = gross * terms.ppm + terms.fixed * MILLION
    if terms.minimum is not None:
        micro = max(micro, terms.minimum * MILLION)
    return micro if terms.cap is None else min(micro, terms.cap * MILLION)


def _rounded(micro: int, terms: FeeTerms) -> int:
    return _ratio_rounded(micro, MILLION * terms.unit, terms.rounding) * terms.unit


def _ratio_rounded(numerator: int, denominator: int, rule: str) -> int:
    """A non-negative fraction as an integer, by rule."""
    whole, rest = divmod(numerator, denominator)
    if rule == "down" or rest == 0:
        return whole
    if rule == "up":
        return whole + 1
    if 2 * rest == denominator:
        return whole + (1 if rule == "half_up" else whole % 2)
    return whole + (2 * rest > denominator)


def with_expected_fee(frame: pl.DataFrame, terms: Sequence[FeeTerms]) -> pl.DataFrame:
    """Adds `expected_fee` and `tolerance` (minor units, null where no rule is in force) to rows of method, business_date, gross.

    The rule is looked up once for each method and day; the arithmetic is the vectorised twin of `expected_fee`.
    """
    pairs = frame.select("method", "business_date").unique()
    records = []
    for method, day in pairs.iter_rows():
        rule = rule_for(terms, method or "", day) if day else None
        if rule:
            terms_of = (rule.ppm, rule.fixed, rule.minimum, rule.cap, rule.unit, rule.rounding, rule.tolerance)
            records.append((method, day, *terms_of))
    integers = dict.fromkeys(("_ppm", "_fixed", "_minimum", "_cap", "_unit"), pl.Int64)
    schema = {"method": pl.String, "business_date": pl.Date} | integers | {"_rounding": pl.String, "tolerance": pl.Int64}
    rules = pl.DataFrame(records, schema=schema, orient="row")
    joined = frame.join(rules, on=["method", "business_date"], how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(expected_fee=fee_expr("gross")).drop(*integers, "_rounding")


def fee_expr(gross: str) -> pl.Expr:
    """`expected_fee` over columns `_ppm`, `_fixed`, `_minimum`, `_cap`, `_unit` and `_rounding`.

    Gross times ppm does not fit 64 bits, so the fee is kept as whole minor units and a rest in millionths.
    """
    size = pl.col(gross).abs()
    rest_product = (size % MILLION) * pl.col("_ppm")
    whole = (size // MILLION) * pl.col("_ppm") + rest_product // MILLION + pl.col("_fixed")
    rest = rest_product % MILLION
    minimum, cap = pl.col("_minimum"), pl.col("_cap")
    lifted = (whole < minimum).fill_null(False)
    whole, rest = pl.when(lifted).then(minimum).otherwise(whole), pl.when(lifted).then(0).otherwise(rest)
    capped = (whole >= cap).fill_null(False)
    whole, rest = pl.when(capped).then(cap).otherwise(whole), pl.when(capped).then(0).otherwise(rest)
    unit, rule = pl.col("_unit"), pl.col("_rounding")
    steps = whole // unit
    over = (whole % unit) * MILLION + rest  # millionths above the last whole unit; unit ≤ 10**6 keeps it in 64 bits
    half = (2 * over - unit * MILLION).sign()
    up = (
        pl.when(rule == "down")
        .then(False)
        .when(rule == "up")
        .then(over > 0)
        .when(rule == "half_up")
        .then(half >= 0)
        .otherwise((half > 0) | ((half == 0) & (steps % 2 == 1)))
    )
    return pl.when(pl.col(gross) < 0).then(-1).otherwise(1) * (steps + up.cast(pl.Int64)) * unit
