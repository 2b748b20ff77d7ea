"""A channel's dated terms as a page shows them, and what a sample payment costs by them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext as _

from apps.channels import fees, terms
from apps.channels.enums import REFUND_FEE_LABELS, ROUNDING_LABELS
from apps.channels.models import Channel, FeeRule
from apps.channels.selectors.cards import method_list
from apps.core.figures import day_text, money_text, percent_text
from apps.core.money import exponent
from apps.core.panels import Step


@dataclass(frozen=True, slots=True)
class FeeGroup:
    """All versions for one set of methods, oldest first. `upcoming` have not begun and may be withdrawn."""

    title: str
    key: str
    latest: FeeRule
    steps: list[Step]
    upcoming: list[FeeRule]


@dataclass(frozen=True, slots=True)
class CostStep:
    """One line of the working: what was applied, and the fee after it."""

    label: str
    after: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What a payment costs. `method` and amounts are ready text."""

    amount: str
    fee: str
    net: str
    currency: str
    method: str
    since: str
    steps: list[CostStep]


def groups_of(rules: list[FeeRule], today: date, currency: str) -> list[FeeGroup]:
    """Versions grouped by their methods, those for every method last."""
    ordered = sorted(rules, key=lambda rule: (rule.methods == [fees.ANY_METHOD], rule.methods_key, rule.valid_from))
    return [_group(key, list(versions), today, currency) for key, versions in groupby(ordered, key=lambda rule: rule.methods_key)]


def _group(key: str, versions: list[FeeRule], today: date, currency: str) -> FeeGroup:
    begun = [rule for rule in versions if rule.valid_from <= today]
    current = begun[-1] if begun else None
    return FeeGroup(
        title=method_list(versions[0].methods),
        key=key,
        latest=versions[-1],
        steps=[_step(rule, current, today, currency) for rule in versions],
        upcoming=[rule for rule in versions if rule.valid_from > today],
    )


def _step(rule: FeeRule, current: FeeRule | None, today: date, currency: str) -> Step:
    if rule is current:
        state, word = "done", _("in force")
    elif rule.valid_from > today:
        state, word = "expected", _("agreed, not begun")
    else:
        state, word = "done", _("replaced")
    icon = {"expected": "clock"}.get(state, "check" if rule is current else "history")
    return Step(
        day_text(rule.valid_from, with_year=True), summary(rule, currency), state, f"{word} · {small_print(rule, currency)}", "", icon
    )


def summary(rule: FeeRule, currency: str) -> str:
    """The price in one line: `2.75 % + 5, at least 10, at most 26`."""
    price = percent_of(rule.percent_ppm)
    if rule.fixed_minor:
        fixed = money_text(rule.fixed_minor, currency)
        price = f"{price} + {fixed}" if rule.percent_ppm else _("%(amount)s each") % {"amount": fixed}
    parts = [price]
    if rule.minimum_minor is not None:
        parts.append(_("at least %(amount)s") % {"amount": money_text(rule.minimum_minor, currency)})
    if rule.cap_minor is not None:
        parts.append(_("at most %(amount)s") % {"amount": money_text(rule.cap_minor, currency)})
    return _(", ").join(parts)


def small_print(rule: FeeRule, currency: str) -> str:
    """Rounding, tolerance and what happens on a refund."""
    rounding = _("rounded %(rule)s to %(unit)s") % {
        "rule": ROUNDING_LABELS[rule.rounding],
        "unit": money_text(rule.unit_minor, currency),
    }
    tolerance = _("tolerance %(amount)s") % {"amount": money_text(rule.tolerance_minor, currency)}
    refund = _("on a refund %(what)s") % {"what": REFUND_FEE_LABELS[rule.refund_fee]}
    return " · ".join([rounding, tolerance, refund])


def percent_of(ppm: int) -> str:
    """Parts per million with as many decimals as it has, two at least."""
    digits = 2 if ppm % 100 == 0 else 3 if ppm % 10 == 0 else 4
    return percent_text(ppm, digits)


def cost_of(channel: Channel, method: str, gross: int, day: date) -> Cost | None:
    """What a payment of `gross` minor units by this method costs on a day; None when no terms are in force."""
    rule = fees.rule_for(terms.terms_for(channel), method, day)
    if rule is None:
        return None
    fee = fees.expected_fee(rule, gross)
    return Cost(
        amount=money_text(gross, channel.currency),
        fee=money_text(fee, channel.currency),
        net=money_text(gross - fee, channel.currency),
        currency=channel.currency,
        method=method_list([method]),
        since=day_text(rule.valid_from, with_year=True),
        steps=[_cost_step(step, rule, gross, channel.currency) for step in fees.explain(rule, gross)],
    )


def _cost_step(step: fees.FeeStep, rule: fees.FeeTerms, gross: int, currency: str) -> CostStep:
    term = money_text(int(step.term), currency) if step.code != "percent" else percent_of(rule.ppm)
    label = {
        "percent": lambda: _("%(percent)s of %(amount)s") % {"percent": term, "amount": money_text(gross, currency)},
        "fixed": lambda: _("plus %(amount)s fixed") % {"amount": term},
        "minimum": lambda: _("at least %(amount)s") % {"amount": term},
        "cap": lambda: _("at most %(amount)s") % {"amount": term},
        "rounding": lambda: _("rounded %(rule)s to %(unit)s") % {"rule": ROUNDING_LABELS[rule.rounding], "unit": term},
    }[step.code]()
    return CostStep(label, exact_text(step.after, currency))


def exact_text(minor: Decimal, currency: str) -> str:
    """A fee before its rounding, in major units with all its digits."""
    if minor == minor.to_integral_value():
        return money_text(int(minor), currency)
    major = minor.scaleb(-exponent(currency)).normalize()
    return f"{major:,f}"
