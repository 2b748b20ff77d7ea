"""What the engine reads: counts that the database has added up already, never single payments by the million.

Days and hours are those of the merchant's clock: `day` is a date, `hour` a moment without zone written as if it were UTC.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

MOMENT = pl.Datetime("us", "UTC")
_WHERE = {"channel_id": pl.Int64(), "method": pl.String(), "currency": pl.String()}

# One row a difference, signed from the merchant's side, in minor units; `limit` is the threshold in its own currency.
DIFFERENCES = {
    "id": pl.Int64(), "channel_id": pl.Int64(), "kind": pl.String(), "opened_at": MOMENT, "difference_minor": pl.Int64(),
    "currency": pl.String(), "limit": pl.Int64(),
}  # fmt: skip
# Payments that were captured and refunds that were asked for, by day; `minor` is the money of the refunds.
REFUND_DAYS = {"currency": pl.String(), "day": pl.Date(), "payments": pl.Int64(), "refunds": pl.Int64(), "minor": pl.Int64()}
# One row a burst: `peak` is the most within one window, `count` and `minor` all of the burst. `who` is an IP, a buyer or a channel's key.
BURSTS = {
    "who": pl.String(), "currency": pl.String(), "first_at": pl.Int64(), "last_at": pl.Int64(), "hit_at": pl.Int64(),
    "peak": pl.Int64(), "count": pl.Int64(), "failed": pl.Int64(), "minor": pl.Int64(),
}  # fmt: skip
# Payments at or above the limit, by channel and day.
LARGE_DAYS = {
    "channel_id": pl.Int64(), "currency": pl.String(), "day": pl.Date(), "count": pl.Int64(), "minor": pl.Int64(), "most": pl.Int64(),
    "first_at": MOMENT,
}  # fmt: skip
COUNTRY_DAYS = {
    "channel_id": pl.Int64(), "currency": pl.String(), "country": pl.String(), "day": pl.Date(), "payments": pl.Int64(),
    "minor": pl.Int64(),
}  # fmt: skip
# `attempts` ended as captured or failed; `failed_minor` is the money of the failed ones.
ATTEMPT_HOURS = {**_WHERE, "hour": MOMENT, "attempts": pl.Int64(), "failed": pl.Int64(), "failed_minor": pl.Int64()}
# Payment lines of statements by business date; `fee` is positive when charged.
FEE_DAYS = {**_WHERE, "day": pl.Date(), "lines": pl.Int64(), "gross": pl.Int64(), "fee": pl.Int64()}
# `late` counts open days from the due day to the day it arrived, or to the last day the bank has reported.
PAYOUTS = {
    "id": pl.Int64(), "channel_id": pl.Int64(), "currency": pl.String(), "due_on": pl.Date(), "seen_on": pl.Date(), "late": pl.Int64(),
    "has_arrived": pl.Boolean(), "minor": pl.Int64(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """The time in which a finding may lie, and the clock of the merchant. Counts before `since` are only looked back on."""

    since: datetime
    until: datetime
    zone: str

    def moment(self, local: datetime) -> datetime:
        """A time of the merchant's clock as a moment in UTC."""
        return local.replace(tzinfo=ZoneInfo(self.zone)).astimezone(ZoneInfo("UTC"))

    def day_start(self, day: date) -> datetime:
        return self.moment(datetime(day.year, day.month, day.day))  # noqa: DTZ001  a time of the merchant's clock

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone))

    @property
    def first_day(self) -> date:
        return self.local(self.since).date()

    @property
    def last_day(self) -> date:
        return self.local(self.until).date()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found. `key` is its identity within the rule; findings of one `group` make one alert.

    `amount_minor` is the money involved (positive), counted in one finding only; `facts` are the figures of its sentence,
    `evidence` says which rows stand behind it.
    """

    key: str
    group: str
    at: datetime
    amount_minor: int
    currency: str
    count: int
    facts: dict = field(default_factory=dict)
    evidence: dict = field(default_factory=dict)
