"""The calculator: what a sample payment costs, when it reaches the bank, and what other channels would leave of it."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from apps.channels import fees, terms
from apps.channels.calendar import BusinessCalendar, CalendarError
from apps.channels.enums import WEEKDAY_NAMES
from apps.channels.models import Channel
from apps.channels.selectors.cards import SAMPLE_MAJOR, channels_of, methods_of
from apps.channels.selectors.months import CalendarDay, way_to_bank
from apps.channels.selectors.terms_view import Cost, cost_of
from apps.core.figures import day_text


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample payment worked out. `cost` is None when no terms are in force, `arrives` empty when no day can be told."""

    cost: Cost | None
    sentence: str
    way: list[CalendarDay]
    others: list[tuple[str, str]]  # other channels and what would arrive, best first


def sample_start(channel: Channel) -> tuple[dict, list[str]]:
    """What the calculator opens with, and the methods it offers."""
    methods = methods_of(terms.terms_for(channel))
    return {"amount": str(SAMPLE_MAJOR), "method": methods[0] if methods else ""}, methods


def sample_of(channel: Channel, *, amount: int, method: str, today: date) -> Sample:
    """Works out a payment of `amount` minor units made today."""
    calendars = terms.calendars_of(channel.merchant)
    cost = cost_of(channel, method, amount, today)
    due_on, calendar = _due(channel, calendars, today)
    return Sample(
        cost=cost,
        sentence=_sentence(cost, due_on),
        way=way_to_bank(calendar, today, due_on) if calendar and due_on else [],
        others=_others(channel, method, amount, today) if cost else [],
    )


def _due(channel: Channel, calendars: dict[str, BusinessCalendar], today: date) -> tuple[date | None, BusinessCalendar | None]:
    try:
        calendar = terms.calendar_for(channel, calendars)
        return terms.settlement_for(channel).due(today, calendar), calendar
    except CalendarError:
        return None, None


def _sentence(cost: Cost | None, due_on: date | None) -> str:
    if cost is None or due_on is None:
        return ""
    values = {"method": cost.method, "amount": cost.amount, "net": cost.net, "day": weekday_text(due_on)}
    return _("Of %(amount)s paid today by %(method)s, %(net)s arrives on %(day)s.") % values


def weekday_text(day: date) -> str:
    """A day that names its weekday in every language; in Traditional Chinese `day_text` has it already."""
    text = day_text(day)
    return text if "（" in text else _("%(weekday)s, %(day)s") % {"weekday": WEEKDAY_NAMES[day.weekday()], "day": text}


def _others(channel: Channel, method: str, amount: int, today: date) -> list[tuple[str, str]]:
    """The same money through the merchant's other channels of this currency that have terms for the method."""
    found = []
    for other in channels_of(channel.merchant):
        if other.pk == channel.pk or other.currency != channel.currency or not other.is_on:
            continue
        rule = fees.rule_for(terms.terms_for(other), method, today)
        cost = cost_of(other, method, amount, today) if rule and method in rule.methods else None
        if cost and rule:
            found.append((fees.expected_fee(rule, amount), other.label, cost.net))
    return [(label, net) for _fee, label, net in sorted(found)]
