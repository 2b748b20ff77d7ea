"""Judging how a channel does: its last hour against its own past. Pure: figures in, a finding out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median

LEAST_CALLS = 5  # below, an hour says nothing
SILENT_SHARE, CONFIG_SHARE = 0.3, 0.5
LEAST_PAST_HOURS = 12  # with calls; a younger channel has no usual yet
LEAST_DROP = 0.15  # of the calls: smaller drops are noise, however narrow the past
SPREADS = 4.0  # times the median deviation


class Cause(StrEnum):
    """What a drop most likely means."""

    PROVIDER_DOWN = "provider_down"
    CREDENTIALS = "credentials"
    ONE_METHOD = "one_method"
    DECLINES = "declines"


@dataclass(frozen=True, slots=True)
class Hour:
    """The calls of one hour and method."""

    hour: datetime
    method: str
    calls: int
    well: int
    declined: int
    config: int
    unanswered: int
    ms_total: int = 0

    @property
    def share_well(self) -> float:
        return self.well / self.calls


@dataclass(frozen=True, slots=True)
class Finding:
    """A drop: its cause, the method where one alone fails, and the shares of calls that went well, now and usually."""

    cause: Cause
    method: str
    share_now: float
    share_usual: float | None
    calls: int


def judge(latest: Iterable[Hour], past: Iterable[Hour]) -> Finding | None:
    """The gravest thing that the latest hour shows; None when it is as usual or too quiet to tell."""
    latest, past = list(latest), list(past)
    now = _sum(latest)
    if now is None or now.calls < LEAST_CALLS:
        return None
    usual = _usual(past)
    share_usual = usual[0] if usual else None
    if now.unanswered / now.calls >= SILENT_SHARE:
        return Finding(Cause.PROVIDER_DOWN, "", now.share_well, share_usual, now.calls)
    if now.config / now.calls >= CONFIG_SHARE:
        return Finding(Cause.CREDENTIALS, "", now.share_well, share_usual, now.calls)
    failing = [hour for hour in latest if hour.method and _dropped(hour, _usual([row for row in past if row.method == hour.method]))]
    if failing:
        worst = min(failing, key=lambda hour: hour.share_well)
        others = [hour for hour in latest if hour not in failing]
        past_share = _usual([row for row in past if row.method == worst.method])[0]
        cause = Cause.ONE_METHOD if others and len(failing) == 1 else Cause.DECLINES
        return Finding(cause, worst.method if cause == Cause.ONE_METHOD else "", worst.share_well, past_share, worst.calls)
    if usual and _dropped(now, usual):
        return Finding(Cause.DECLINES, "", now.share_well, share_usual, now.calls)
    return None


def _sum(hours: list[Hour]) -> Hour | None:
    if not hours:
        return None
    names = ("calls", "well", "declined", "config", "unanswered", "ms_total")
    return Hour(hours[0].hour, "", **{name: sum(getattr(hour, name) for hour in hours) for name in names})


def _usual(past: list[Hour]) -> tuple[float, float] | None:
    """The median share that went well, and how far hours usually are from it; None while there is too little to go by."""
    by_hour: dict[datetime, list[Hour]] = {}
    for row in past:
        by_hour.setdefault(row.hour, []).append(row)
    shares = [_sum(rows).share_well for rows in by_hour.values()]
    if len(shares) < LEAST_PAST_HOURS:
        return None
    middle = median(shares)
    return middle, median(abs(share - middle) for share in shares)


def _dropped(hour: Hour, usual: tuple[float, float] | None) -> bool:
    if usual is None or hour.calls < LEAST_CALLS:
        return False
    middle, spread = usual
    return middle - hour.share_well >= max(LEAST_DROP, SPREADS * spread)
