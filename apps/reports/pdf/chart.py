"""The daily chart as geometry; templates/pdf/_chart.html draws it. Units are those of the SVG's viewBox."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext as _

from apps.core import figures as text
from apps.core import money

WIDTH, HEIGHT = 800, 250
LEFT, RIGHT, TOP, BOTTOM = 56, 800, 12, 222
TICKS = 4
LABELLED = (1, 5, 10, 15, 20, 25)
TEN_THOUSAND = 10_000


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    series: str  # paid | arrived


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Two bars a day. Negative days (more refunded than paid out) are drawn as nothing; the tables have them."""

    bars: list[Bar]
    rules: list[Label]  # horizontal lines with their value
    days: list[Label]
    name: str

    width = WIDTH
    height = HEIGHT
    left = LEFT
    bottom = BOTTOM


def daily_chart(days: list[list], currency: str) -> Chart:
    """From `[ISO day, paid, arrived]` rows in minor units."""
    top = _round_up(max([*(row[1] for row in days), *(row[2] for row in days), 1]), currency)
    slot = (RIGHT - LEFT) / max(len(days), 1)
    width = slot * 0.38
    bars, labels = [], []
    last = len(days)
    for at, (iso, paid, arrived) in enumerate(days):
        x = LEFT + slot * at + slot * 0.12
        bars += [_bar(x, width, paid, top, "paid"), _bar(x + width, width, arrived, top, "arrived")]
        number = date.fromisoformat(iso).day
        if number in LABELLED or number == last:
            labels.append(Label(round(x + width, 1), BOTTOM + 20, str(number)))
    rules = [Label(LEFT, round(BOTTOM - (BOTTOM - TOP) * at / TICKS, 1), tick_text(top * at // TICKS, currency)) for at in range(TICKS + 1)]
    return Chart(
        [bar for bar in bars if bar.height], rules, labels, _("Sales and payouts of each day in %(currency)s") % {"currency": currency}
    )


def _bar(x: float, width: float, amount: int, top: int, series: str) -> Bar:
    height = max(0, amount) * (BOTTOM - TOP) / top
    return Bar(round(x, 1), round(BOTTOM - height, 1), round(width, 1), round(height, 1), series)


def _round_up(highest: int, currency: str) -> int:
    """The next amount of which a quarter is 1, 2, 2.5 or 5 times a power of ten, in minor units."""
    step = Decimal(highest) / TICKS
    size = Decimal(10) ** (len(str(int(step))) - 1)
    for factor in (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10)):
        if size * factor >= step and (size * factor) % 1 == 0:
            return int(size * factor) * TICKS
    return int(size * 10) * TICKS


def tick_text(minor: int, currency: str) -> str:
    """`8 萬` where Han readers count so, `80,000` elsewhere."""
    major = money.from_minor(minor, currency)
    if (translation.get_language() or "").startswith("zh") and major and major % 1000 == 0 and major >= TEN_THOUSAND:
        number = (major / TEN_THOUSAND).normalize()
        return f"{number:f} {'万' if translation.get_language() == 'zh-hans' else '萬'}"
    return text.count_text(int(major)) if major == major.to_integral_value() else text.money_text(minor, currency)
