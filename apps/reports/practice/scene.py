"""The world while faults are being planted: who may be picked, and the answer key as it grows.

Nothing is picked twice, nothing is picked on a day whose file is lost, and everything picked fell due long enough before the as-of
date that its absence is a fact and not a matter of time.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from apps.reports.practice.habits import by_habit
from apps.reports.practice.lines import Provider
from apps.reports.practice.records import Line, Payment, Refund, Truth, local_day
from apps.reports.practice.sales import LATE, Books, Shop, captured
from apps.reports.practice.terms import Channel

DUE_FOR = 5  # open days after a business date until nothing about it can still be in time


@dataclass
class Scene:
    """`gaps` and `totals_off` are days by channel; a total is off by the given minor units."""

    rng: random.Random
    channels: dict[str, Channel]
    shop: Shop
    provider: Provider
    first_day: date
    as_of: date
    truth: list[Truth] = field(default_factory=list)
    gaps: dict[str, set[date]] = field(default_factory=dict)
    totals_off: dict[tuple[str, date], int] = field(default_factory=dict)
    has_habits: bool = False  # faults of payments mostly fall where `habits.follows` says

    @property
    def books(self) -> Books:
        return self.shop.books

    def index(self) -> None:
        """Looks up once who has which line and which orders stand alone."""
        self.line_of = {id(line.payment): line for line in self.provider.lines if line.payment is not None and line.kind == "payment"}
        self.refund_line = {id(line.refund): line for line in self.provider.lines if line.refund is not None}
        self.per_order = Counter(payment.order_no for payment in self.books.payments)
        self.per_payment = Counter(id(refund.payment) for refund in self.books.refunds)

    def day_of(self, payment_or_refund: Payment | Refund) -> date:
        if isinstance(payment_or_refund, Refund):
            return local_day(payment_or_refund.refunded_at, self.channels[payment_or_refund.payment.channel].zone_hours)
        return local_day(payment_or_refund.paid_at, self.channels[payment_or_refund.channel].zone_hours)

    def is_settled(self, code: str, day: date, more: int = 0) -> bool:
        return self.channels[code].after(day, DUE_FOR + more) < self.as_of

    def is_usable(self, code: str, day: date, more: int = 0) -> bool:
        """Long enough ago, after the first day, in a file that is delivered."""
        return day > self.first_day and self.is_settled(code, day, more) and day not in self.gaps.get(code, ())

    def has_file_without(self, line: Line) -> bool:
        """Whether the day's file comes even when it lacks this line; on a closed day without lines none does."""
        channel = self.channels[line.channel]
        if channel.statements != "daily" or channel.is_open(line.file_day):
            return True
        return any(other is not line for other in lines_of_day(self.provider.lines, line.channel, line.file_day))

    def pick_payment(self, code: str, mark: str, where: Callable[[Payment], bool] = lambda payment: True, more: int = 0) -> Payment | None:
        """An untouched captured payment of an order that has no other; from now on marked."""
        fit = [
            payment
            for payment in captured(self.books.payments)
            if payment.channel == code
            and not payment.marks
            and self.per_order[payment.order_no] == 1
            and id(payment) in self.line_of
            and self.is_usable(code, self.day_of(payment), more)
            and where(payment)
        ]
        return self._marked(by_habit(fit, self.day_of, self.rng) if self.has_habits else fit, mark)

    def pick_refund(self, code: str, mark: str, where: Callable[[Refund], bool] = lambda refund: True) -> Refund | None:
        """An untouched refund that went through, the only one of its payment."""
        fit = [
            refund
            for refund in self.books.refunds
            if refund.payment.channel == code
            and refund.status == "succeeded"
            and not refund.marks
            and refund.payment.marks == {"refunded"}
            and self.per_payment[id(refund.payment)] == 1
            and self.is_usable(code, self.day_of(refund))
            and where(refund)
        ]
        return self._marked(fit, mark)

    def pick_day(self, code: str, needs_lines: bool) -> date | None:
        """An open day whose file may be lost or wrong, with both neighbours whole."""
        busy = Counter(line.file_day for line in self.provider.lines if line.channel == code and line.gross)
        marked = self.gaps.get(code, set()) | {day for channel, day in self.totals_off if channel == code}
        near = {day + timedelta(days=step) for day in marked for step in (-1, 0, 1)}
        days = [self.first_day + timedelta(days=ahead) for ahead in range(2, (self.as_of - self.first_day).days)]
        fit = [
            day
            for day in days
            if day not in near and self.channels[code].is_open(day) and self.is_settled(code, day) and (busy[day] or not needs_lines)
        ]
        return self.rng.choice(fit) if fit else None

    def moment_after(self, payment: Payment, first: int, last: int) -> datetime | None:
        """A moment `first` to `last` days after a payment, on a day that can carry a fault; None when there is none."""
        hours = self.channels[payment.channel].zone_hours
        for _ in range(20):
            at = payment.paid_at + timedelta(days=self.rng.randint(first, last), minutes=self.rng.randrange(600))
            if self.is_usable(payment.channel, local_day(at, hours)):
                return at
        return None

    def tell(self, kind: str, payment: Payment, day: date, note: str, **values) -> None:
        """One row of the answer key about a payment, its line or its refund."""
        names = {"order_no": payment.order_no, "merchant_ref": payment.merchant_ref, "provider_ref": payment.provider_ref}
        ids = tuple(value for value in (payment.charge, *values.pop("ids", ())) if value)
        channel, currency = payment.channel, self.channels[payment.channel].currency
        self.truth.append(
            Truth(**{"kind": kind, "channel": channel, "currency": currency, "day": day, "note": note, "ids": ids, **names, **values})
        )

    def tell_day(self, kind: str, code: str, day: date, note: str, **values) -> None:
        """One row of the answer key about a channel's day, file or payout."""
        self.truth.append(Truth(kind, code, self.channels[code].currency, day, note, **values))

    def _marked(self, fit: list, mark: str):
        if not fit:
            return None
        chosen = self.rng.choice(fit)
        chosen.marks.add(mark)
        return chosen


def paid_online(payment: Payment) -> bool:
    """Whether the provider can give this payment's money back by itself."""
    return payment.method not in LATE


def lines_of_day(lines: list[Line], code: str, day: date) -> list[Line]:
    return [line for line in lines if line.channel == code and line.file_day == day]
