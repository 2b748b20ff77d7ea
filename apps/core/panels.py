"""What the larger components show: ready values, made by a view or a selector, drawn by `{% load ui %}`."""

from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the KPI strip. `operator` stands on the rule at its left: "", "=" or "+". `share` is 0–1000 of the bar below."""

    label: str
    figure: str
    caption: str = ""
    href: str = ""
    operator: str = ""
    note: str = ""
    note_tone: str = ""
    share: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """The line below the strip: whether both sides are equal, in one bold statement and the sum in words."""

    agrees: bool
    statement: str
    sum_text: str = ""
    href: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of the compare panel. A side that does not exist is the word "none" and differs."""

    label: str
    ours: str
    theirs: str
    differs: bool = False
    is_identifier: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One node of a trail or time line. `state` is done, expected or fault; `when` is ready text."""

    when: str
    title: str
    state: str = "done"
    detail: str = ""
    amount: str = ""
    icon: str = "check"
    href: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """One of the three clocks. `state` is done, expected, late (amber) or overdue (red)."""

    label: str
    headline: str
    caption: str = ""
    state: str = "done"
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A segment tab with an optional count."""

    label: str
    href: str
    is_current: bool = False
    count: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of the composition bar, in thousandths of its width."""

    part: int
    x: int
    width: int


def bars(cells: list[Cell]) -> list[Bar]:
    """The parts of the whole (every cell with a share) side by side. A part too thin to see is drawn 4 wide; the figure stays true."""
    parts = [cell.share for cell in cells if cell.share > 0]
    widths = [max(4, round(share * 1000 / sum(parts))) for share in parts]
    if widths:
        widths[widths.index(max(widths))] -= sum(widths) - 1000  # the widest gives way, so that all of it fits
    starts = accumulate([0, *widths])
    return [Bar(min(number, 6), x, width - 1) for number, (x, width) in enumerate(zip(starts, widths, strict=False), start=1)]
