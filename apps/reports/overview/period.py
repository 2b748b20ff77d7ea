"""What the overview is asked to show: days, one currency, one channel or all."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from apps.channels.models import Channel
from apps.merchants.models import Merchant
from apps.reports.figures.months import Month
from apps.reports.models import DailyFigure


@dataclass(frozen=True, slots=True)
class Scope:
    """`first` to `last` are business dates, both included; `last` is today in the running month. `channel` is None for all."""

    merchant: Merchant
    month: Month
    today: date
    currency: str
    channel: Channel | None
    channels: list[Channel]
    months: list[Month]
    currencies: list[str]

    @property
    def first(self) -> date:
        return self.month.first

    @property
    def last(self) -> date:
        return max(min(self.month.last, self.today), self.month.first)

    @property
    def previous(self) -> tuple[date, date]:
        """The same days of the month before; the whole of it where this month is over."""
        before = self.month.previous
        same = before.first + timedelta(days=(self.last - self.first).days)
        return before.first, before.last if self.last == self.month.last else min(same, before.last)

    @property
    def shown(self) -> list[Channel]:
        """The channels in question that settle in this currency, or hold figures in it."""
        return [self.channel] if self.channel else self.channels

    def query(self, **changes: str) -> str:
        """This scope as a query string, with some parts changed."""
        parts = {"month": str(self.month), "currency": self.currency, "channel": self.channel.code if self.channel else ""}
        return "?" + urlencode({name: value for name, value in {**parts, **changes}.items() if value})


def scope_of(merchant: Merchant, query, today: date) -> Scope:
    """Reads `month`, `currency` and `channel`; what makes no sense is left out. Two queries.

    Without a month it is this month, or the latest one with figures where this month has none yet.
    """
    channels = list(Channel.objects.for_merchant(merchant).select_related("bank_account").order_by("code"))
    days = DailyFigure.objects.for_merchant(merchant).order_by("currency", "-day").values_list("currency", "day").distinct()
    months: dict[Month, None] = {}
    held: dict[str, None] = {}
    for currency, day in days:
        months[Month.of(day)] = None
        held[currency] = None
    ordered = sorted(months, key=lambda month: month.first, reverse=True)
    currencies = sorted({*held, *(channel.currency for channel in channels)}, key=lambda code: (code != merchant.currency, code))
    currencies = currencies or [merchant.currency]
    asked = query.get("currency", "")
    return Scope(
        merchant=merchant,
        month=_month(query.get("month", ""), today, ordered),
        today=today,
        currency=asked if asked in currencies else currencies[0],
        channel=next((one for one in channels if one.code == query.get("channel")), None),
        channels=channels,
        months=ordered,
        currencies=currencies,
    )


def _month(text: str, today: date, held: list[Month]) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        this = Month.of(today)
        past = [month for month in held if month.first <= today]
        return this if this in past or not past else past[0]
