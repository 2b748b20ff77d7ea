"""Patterns that a watchful shop wants to hear of, planted in the trade of the last weeks, and their key.

They are planted before the providers report, so that every file agrees with them: most are no discrepancy at all. Random numbers
are their own, so that a world without them is the same, byte for byte, as before. Nothing else is planted on these payments.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from apps.reports.practice.records import CAPTURED, Payment
from apps.reports.practice.sales import COUNTRIES, Shop
from apps.reports.practice.terms import Channel, Fee

LEAST_DAYS = 60  # of trade, so that there is something normal to differ from
MARK = "risk"
FEE_RISE, FEE_DAYS = "3.6", 12  # percent of ECPay's card payments, and the days for which it has been so
RISKS = ("kind", "channel", "currency", "who", "day", "count", "note")


@dataclass(frozen=True, slots=True)
class Risk:
    """One row of the key. `who` is the IP, buyer, country or method; `day` the first day on which it shows, on the shop's clock."""

    kind: str
    channel: str
    currency: str
    who: str
    day: date
    count: int
    note: str

    def cells(self) -> list[str]:
        return [self.kind, self.channel, self.currency, self.who, self.day.isoformat(), str(self.count), self.note]


def dearer(channels: dict[str, Channel], as_of: date) -> dict[str, Channel]:
    """ECPay's card rate goes up in the last days: agreed, so no difference, and still worth an alert."""
    ecpay = channels["ecpay"]
    rise = Fee(("credit_card",), FEE_RISE, as_of - timedelta(days=FEE_DAYS), minimum=500, refund_fee="return", unit=100, tolerance=100)
    return {**channels, "ecpay": replace(ecpay, fees=(*ecpay.fees, rise))}


def plant_risks(shop: Shop, as_of: date, seed: int) -> list[Risk]:
    """Every pattern once, each in its own days of the last four weeks."""
    planter = _Planter(shop, as_of, random.Random(f"risk {seed}"))  # noqa: S311  a reproducible world, no secret
    planter.fee_ratio(FEE_DAYS)
    planter.refund_rate(27)
    planter.refund_surge(13)
    planter.ip_velocity(11)
    planter.buyer_velocity(10)
    planter.large_amount(8)
    planter.unusual_country(7)
    planter.failure_rate(5)
    planter.card_testing(3)
    return planter.key


class _Planter:
    """`ago` is in days before the as-of date."""

    def __init__(self, shop: Shop, as_of: date, rng: random.Random):
        self.shop, self.as_of, self.rng = shop, as_of, rng
        self.key: list[Risk] = []
        self.number = 0

    def ip_velocity(self, ago: int) -> None:
        day, ip = self._day(ago), "198.51.100.23"
        for at in self._moments(day, 14, minutes=40, count=12):
            self._pay("ecpay", at, 68000, "credit_card").ip = ip
        self._tell("ip_velocity", "ecpay", ip, day, 12, "twelve buyers pay from one address in 40 minutes")

    def buyer_velocity(self, ago: int) -> None:
        day, buyer = self._day(ago), "C77041"
        for at in self._moments(day, 21, minutes=35, count=7):
            self._pay("ecpay", at, 98000, "credit_card").customer = buyer
        self._tell("buyer_velocity", "ecpay", buyer, day, 7, "one buyer pays seven orders in 35 minutes")

    def large_amount(self, ago: int) -> None:
        day = self._day(ago)
        self._pay("ecpay", datetime.combine(day, time(11, 20)), 8880000, "credit_card")
        self._tell("large_amount", "ecpay", "", day, 1, "one order of NT$88,800")

    def unusual_country(self, ago: int) -> None:
        day = self._day(ago)
        for at in self._moments(day, 4, minutes=170, count=4):
            self._pay("ecpay", at, 228000, "credit_card").country = "BR"
        self._tell("unusual_country", "ecpay", "BR", day, 4, "four payments from a country that never bought")

    def failure_rate(self, ago: int) -> None:
        day = self._day(ago)
        for at in self._moments(day, 19, minutes=150, count=16):
            self._pay("ecpay", at, 52000, "credit_card", status="failed")
        self._tell("failure_rate", "ecpay", "credit_card", day, 16, "cards are refused for two hours and a half")

    def card_testing(self, ago: int) -> None:
        """Which is also a method that fails more than usual."""
        day = self._day(ago)
        for number, at in enumerate(self._moments(day, 2, minutes=25, count=24)):
            payment = self._pay("stripe", at, 100, "credit_card", status="" if number in (9, 17, 23) else "failed")
            payment.country = self.rng.choice(COUNTRIES)
        self._tell("card_testing", "stripe", "", day, 24, "24 charges of one dollar in 25 minutes, 21 refused")
        self._tell("failure_rate", "stripe", "credit_card", day, 21, "the same charges")

    def refund_rate(self, ago: int) -> None:
        """Four a day more for a week: never a surge, and far too many for what is sold."""
        first = self._day(ago)
        for ahead in range(7):
            self._refund(first + timedelta(days=ahead), 4)
        self._tell("refund_rate", "ecpay", "", first, 28, "four refunds a day more than usual, for a week")

    def refund_surge(self, ago: int) -> None:
        """Which may also be too many for the week."""
        day = self._day(ago)
        self._refund(day, 12)
        self._tell("refund_surge", "ecpay", "", day, 12, "twelve refunds in a day that has one or two")
        self._tell("refund_rate", "ecpay", "", day, 12, "the same refunds, too many for the week's sales")

    def fee_ratio(self, ago: int) -> None:
        """What `dearer` has changed."""
        self._tell("fee_ratio", "ecpay", "credit_card", self._day(ago), 0, "the card rate has risen to 3.6 percent")

    def _day(self, ago: int) -> date:
        return self.as_of - timedelta(days=ago)

    def _moments(self, day: date, hour: int, *, minutes: int, count: int) -> list[datetime]:
        """`count` moments within so many minutes from the hour on, the first and last of them at its ends."""
        start, step = datetime.combine(day, time(hour, 3)), minutes * 60 // (count - 1)
        return [start + timedelta(seconds=step * number + self.rng.randrange(min(step, 20))) for number in range(count)]

    def _pay(self, code: str, at: datetime, amount: int, method: str, status: str = "") -> Payment:
        self.number += 1
        order_no = f"{self.shop.prefix}{at:%y%m%d}-8{self.number:02d}"
        payment = self.shop.attempt(code, order_no, 1, at, amount, amount, method, "高山烏龍茶 150g", status)
        payment.marks.add(MARK)
        return payment

    def _refund(self, day: date, count: int) -> None:
        """Refunds of untouched payments of the week before, asked for in the afternoon."""
        at = datetime.combine(day, time(13))
        fit = self._fit(lambda one: one.channel == "ecpay" and one.method in ("credit_card", "installment") and one.paid_at < at)
        for payment in self.rng.sample(fit[-6 * count :], min(count, len(fit))):
            payment.marks.add(MARK)
            self.shop.refund(payment, payment.amount, at + timedelta(minutes=self.rng.randrange(300)))

    def _fit(self, where: Callable[[Payment], bool]) -> list[Payment]:
        """Captured payments with nothing done to them, by the moment they were paid."""
        books = self.shop.books.payments
        alone = [one for one in books if one.status in CAPTURED and not one.marks and where(one)]
        return sorted(alone, key=lambda one: one.paid_at)

    def _tell(self, kind: str, code: str, who: str, day: date, count: int, note: str) -> None:
        self.key.append(Risk(kind, code, self.shop.channels[code].currency, who, day, count, note))
