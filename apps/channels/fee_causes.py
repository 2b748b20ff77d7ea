"""Why a fee is not the planned one: which change of the plan gives exactly the figure that was charged. No Django here, no floats in money.

Every change is tried for itself and, for a tax, on top of the terms that applied. A single figure often fits several changes, so each has a
weight (the lower the likelier), and what explains many fees of a period beats what explains one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from apps.channels.fees import ANY_METHOD, MILLION, ROUNDING_RULES, FeeTerms, expected_fee, returned_fee, rule_for
from apps.core.money import exponent

# Taxes that providers put on their fees, in millionths, by the currency of the account.
TAXES = {
    "TWD": (50_000,),
    "CNY": (60_000,),
    "SGD": (90_000,),
    "JPY": (100_000,),
    "INR": (180_000,),
    "GBP": (200_000,),
    "EUR": (190_000, 200_000, 210_000, 220_000),
}
RATE_STEPS = ((10_000, 16), (5_000, 17), (2_500, 18), (1_000, 19), (500, 21), (100, 24))  # rates people agree on, with their weights
MOST_RATES = 25  # of one step: more fit only where the amount is so small that none is likely
SUPPORT = 14  # how much lighter a cause becomes with each fee it explains

WEAK, COMPANY = 26, 3  # causes of this weight fit any figure: they count only where so many fees share them


class CauseKind(StrEnum):
    """What was done otherwise than agreed."""

    NOT_CHARGED = "not_charged"
    TWICE = "twice"
    METHOD = "method"  # the terms of another method or card type
    VERSION = "version"  # terms of the same method that apply at another time
    TAX = "tax"
    MINIMUM = "minimum"
    CAP = "cap"
    FIXED = "fixed"
    ROUNDING = "rounding"
    REFUND_FEE = "refund_fee"  # the fee of a refunded part was given back although it is kept
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `value` is millionths for a rate or a tax, minor units for an amount; 0 says that the term was left out.

    `terms` are the other terms that fit, where the change is to use them.
    """

    kind: CauseKind
    value: int = 0
    word: str = ""  # of a rounding: its rule
    terms: FeeTerms | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """One or two changes that together give the figure."""

    changes: tuple[Change, ...]
    weight: int

    @property
    def kind(self) -> CauseKind:
        return self.changes[0].kind


@dataclass(frozen=True, slots=True)
class ChargedFee:
    """A fee to explain, in minor units: `charged` is a positive cost on a positive `gross`; `refunded` went back of the payment."""

    charged: int
    gross: int
    method: str
    day: date
    refunded: int = 0


def causes_of(fee: ChargedFee, terms: Sequence[FeeTerms], currency: str) -> list[Cause]:
    """Every change that explains the fee to the last minor unit, the likeliest first; empty when the plan itself gives the figure."""
    plan = rule_for(terms, fee.method, fee.day)
    if plan is None or fee.gross <= 0 or expected_fee(plan, fee.gross) == fee.charged:
        return []
    found: dict[tuple[Change, ...], int] = {}
    for cause in _candidates(fee, plan, terms, currency):
        found[cause.changes] = min(cause.weight, found.get(cause.changes, cause.weight))
    return sorted((Cause(changes, weight) for changes, weight in found.items()), key=_order)


def common_causes(fees: Iterable[ChargedFee], terms: Sequence[FeeTerms], currency: str) -> list[Cause | None]:
    """The likeliest cause of each fee, seen together: what explains more of them is the likelier, whatever each alone suggests."""
    every = [causes_of(fee, terms, currency) for fee in fees]
    found: list[Cause | None] = [None] * len(every)
    waiting = {at for at, causes in enumerate(every) if causes}
    while waiting:  # the cause that explains most of what is left takes all of it that it explains
        support = Counter(cause for at in waiting for cause in every[at])
        likely = [cause for cause, count in support.items() if cause.weight < WEAK or count >= COMPANY]
        if not likely:
            break
        best = min(likely, key=lambda cause: (cause.weight - SUPPORT * support[cause], _order(cause)))
        explained = {at for at in waiting if best in every[at]}
        for at in explained:
            found[at] = best
        waiting -= explained
    return found


def _order(cause: Cause) -> tuple:
    """The same causes come in the same order, whatever order they were found in."""
    return cause.weight, [(change.kind.value, change.value, change.word, str(change.terms)) for change in cause.changes]


def _candidates(fee: ChargedFee, plan: FeeTerms, terms: Sequence[FeeTerms], currency: str) -> Iterator[Cause]:
    if fee.charged == 0:
        yield Cause((Change(CauseKind.NOT_CHARGED),), 5)
        return
    for changes, applied, weight in _terms_applied(fee, plan, terms):
        if changes and expected_fee(applied, fee.gross) == fee.charged:
            yield Cause(changes, weight)
        for nth, tax in enumerate(TAXES.get(currency, ())):
            if fee.charged in _taxed(expected_fee(applied, fee.gross), tax, applied):
                yield Cause((*changes, Change(CauseKind.TAX, tax)), weight + 8 + nth)
    planned = expected_fee(plan, fee.gross)
    if fee.charged == 2 * planned:
        yield Cause((Change(CauseKind.TWICE),), 10)
    if fee.refunded > 0 and plan.refund_fee == "keep":
        back = returned_fee(planned, min(fee.refunded, fee.gross), fee.gross, replace(plan, refund_fee="return"))
        if back and fee.charged == planned - back:
            yield Cause((Change(CauseKind.REFUND_FEE, back),), 9)
    for changed, change, weight in _plans_changed(fee, plan, 10 ** exponent(currency)):
        if expected_fee(changed, fee.gross) == fee.charged:
            yield Cause((change,), weight)


def _terms_applied(fee: ChargedFee, plan: FeeTerms, terms: Sequence[FeeTerms]) -> Iterator[tuple[tuple[Change, ...], FeeTerms, int]]:
    """The plan itself, the terms of other methods on that day, and those of this method at other times."""
    yield (), plan, 0
    methods = sorted({method for rule in terms for method in rule.methods} - {fee.method})
    for method in methods:
        other = rule_for(terms, "" if method == ANY_METHOD else method, fee.day)
        if other and other is not plan:
            yield (Change(CauseKind.METHOD, terms=other),), other, 10
    for rule in terms:
        if rule is not plan and rule.valid_from != plan.valid_from and (fee.method in rule.methods or rule.methods == plan.methods):
            yield (Change(CauseKind.VERSION, terms=rule),), rule, 11 if rule.valid_from < plan.valid_from else 13


def _taxed(fee: int, tax: int, terms: FeeTerms) -> set[int]:
    """A fee with a tax on top, rounded half up to the minor unit or to the unit of the terms."""
    micro = fee * (MILLION + tax)
    return {(2 * micro + unit * MILLION) // (2 * unit * MILLION) * unit for unit in (1, terms.unit)}


def _plans_changed(fee: ChargedFee, plan: FeeTerms, whole_unit: int) -> Iterator[tuple[FeeTerms, Change, int]]:
    """The plan with one of its terms left out, or another. `whole_unit` is one major unit in minor units: fees are often rounded to it."""
    if plan.minimum is not None:
        yield replace(plan, minimum=None), Change(CauseKind.MINIMUM), 9
    if plan.cap is not None:
        yield replace(plan, cap=None), Change(CauseKind.CAP), 9
    if plan.fixed:
        yield replace(plan, fixed=0), Change(CauseKind.FIXED), 12
    for unit in sorted({1, whole_unit, plan.unit}):
        for rule in ROUNDING_RULES:
            if (rule, unit) != (plan.rounding, plan.unit):
                yield replace(plan, rounding=rule, unit=unit), Change(CauseKind.ROUNDING, unit, rule), 13 if rule == plan.rounding else 14
    for ppm, weight in _rates(fee, plan):
        yield replace(plan, ppm=ppm), Change(CauseKind.RATE, ppm), weight
    fixed = plan.fixed + fee.charged - expected_fee(plan, fee.gross)
    if fixed > 0 and fixed != plan.fixed:
        yield replace(plan, fixed=fixed), Change(CauseKind.FIXED, fixed), 25 if fixed % whole_unit == 0 else 27
    # Any fee that is higher than planned could be a minimum: only many fees of one figure make it likely.
    if fee.charged > expected_fee(plan, fee.gross):
        yield replace(plan, minimum=fee.charged, cap=None), Change(CauseKind.MINIMUM, fee.charged), 26


def _rates(fee: ChargedFee, plan: FeeTerms) -> Iterator[tuple[int, int]]:
    """Round rates that lie where the charged figure could come from, each with the weight of the roundest step it is on."""
    low, high = ((fee.charged + part * plan.unit - plan.fixed) * MILLION // fee.gross for part in (-1, 1))
    seen = {plan.ppm}
    for step, weight in RATE_STEPS:
        first = -(-max(low, 1) // step) * step
        rates = range(first, min(high, MILLION) + 1, step)
        if len(rates) > MOST_RATES:
            continue
        for ppm in rates:
            if ppm not in seen:
                seen.add(ppm)
                yield ppm, weight
