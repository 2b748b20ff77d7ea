"""Charts as plain values: what static/js/charts.js draws, and the same figures as a table."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.channels.enums import WEEKDAY_SHORT
from apps.channels.models import Channel
from apps.core.figures import cash_text, day_text, money_text, percent_text
from apps.core.money import exponent
from apps.reports.overview.cashflow import CashFlow, Day
from apps.reports.overview.differences import Differences
from apps.reports.overview.period import Scope
from apps.reports.overview.where import Where

SERIES = 5  # colours that can be told apart; further channels are drawn as one
BAR = 100  # width of a bar at its longest
MILLION = 1_000_000
TENTH = 100  # parts per million that can be seen in a rate with two decimals


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One day of the table view; ready text."""

    day: str
    arrived: str
    expected: str
    missing: str
    is_today: bool


@dataclass(frozen=True, slots=True)
class FeeBar:
    """A channel's rate against its contract. `width` and `target` are 0–100 of the bar; a rate is text, `—` where nothing was settled."""

    label: str
    actual: str
    agreed: str
    width: int
    target: int
    is_over: bool
    count: int


@dataclass(frozen=True, slots=True)
class LossBar:
    """One cause of the loss radar."""

    label: str
    kind: str
    count: int
    amount: str
    width: int


def flow_chart(scope: Scope, flow: CashFlow) -> dict:
    """Values in minor units with their text; `unit` is what to divide by for the axis."""
    own = [channel for channel in scope.shown if channel.currency == scope.currency]
    named = own if len(own) <= SERIES else own[: SERIES - 1]
    series = [_series(channel.label, flow, scope.currency, {channel.pk}) for channel in named]
    rest = {pk for day in flow.days for side in (day.arrived, day.expected, day.missing) for pk in side} - {one.pk for one in named}
    if rest:
        series.append(_series(_("Other"), flow, scope.currency, rest))
    return {
        "labels": [[f"{day.day.day}", _weekday(day.day)] for day in flow.days],
        "today": next((at for at, day in enumerate(flow.days) if day.day >= scope.today), len(flow.days)),
        "unit": 10 ** exponent(scope.currency),
        "series": series,
        "words": {"arrived": _("arrived"), "expected": _("expected"), "missing": _("not here"), "ahead": _("expected from here on")},
    }


def _weekday(day) -> str:
    return str(WEEKDAY_SHORT[day.weekday()])


def _series(label: str, flow: CashFlow, currency: str, channels: set[int]) -> dict:
    sides = {}
    for name in ("arrived", "expected", "missing"):
        values = [sum(amount for pk, amount in getattr(day, name).items() if pk in channels) for day in flow.days]
        sides[name] = [{"v": value, "t": cash_text(value, currency)} if value else None for value in values]
    return {"label": label, **sides}


def flow_rows(scope: Scope, flow: CashFlow) -> list[FlowRow]:
    """The chart as a table."""
    return [
        FlowRow(
            day_text(day.day),
            *(_text(getattr(day, name), scope.currency) for name in ("arrived", "expected", "missing")),
            day.day == scope.today,
        )
        for day in flow.days
    ]


def _text(amounts: dict[int, int], currency: str) -> str:
    return money_text(Day.total(amounts), currency) if amounts else ""


def flow_sentence(scope: Scope, flow: CashFlow) -> str:
    """The chart in one sentence, its name for those who do not see it."""
    arrived = sum(Day.total(day.arrived) for day in flow.days)
    missing = sum(Day.total(day.missing) for day in flow.days)
    text = _("%(arrived)s reached the bank in the last ten days, %(expected)s is expected in the next fourteen.") % {
        "arrived": cash_text(arrived, scope.currency),
        "expected": cash_text(flow.expected_minor, scope.currency),
    }
    return (
        f"{text} " + _("%(missing)s should have come and has not.") % {"missing": cash_text(missing, scope.currency)} if missing else text
    )


def fee_bars(channels: list[Channel], rows: dict[int, Where], found: Differences) -> list[FeeBar]:
    """Fees of settled payments against what the plans say; differences within tolerance count as agreed."""
    rates = []
    for channel in channels:
        one = rows.get(channel.pk)
        gross = one.sales + one.not_booked if one else 0
        if gross > 0:
            n, gap = found.overcharged.get(channel.pk, (0, 0))
            rates.append((channel.label, -one.sales_fees * MILLION // gross, (gap - one.sales_fees) * MILLION // gross, n))
    most = max((max(actual, agreed) for _label, actual, agreed, _n in rates), default=0) or 1
    return [
        FeeBar(
            label,
            percent_text(actual),
            percent_text(agreed),
            _share(actual, most),
            _share(agreed, most),
            actual // TENTH > agreed // TENTH,
            n,
        )
        for label, actual, agreed, n in rates
    ]


def loss_bars(scope: Scope, found: Differences) -> list[LossBar]:
    most = max((loss.amount_minor for loss in found.losses), default=1)
    return [
        LossBar(loss.label, loss.kind, loss.count, money_text(loss.amount_minor, scope.currency), _share(loss.amount_minor, most))
        for loss in found.losses
    ]


def _share(value: int, most: int) -> int:
    """0–100, and never too thin to see."""
    return max(min(value * BAR // most, BAR), 2) if value > 0 else 0
