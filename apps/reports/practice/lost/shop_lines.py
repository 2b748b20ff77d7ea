"""Open statement lines and payments of a shop, with lines and payments that belong to nothing among them."""

import random
from datetime import date, datetime, time, timedelta

from apps.reports.practice.lost import damage
from apps.reports.practice.lost.records import Hop, Item, Relation, frame_of

PRICES = (290, 390, 390, 490, 490, 590, 690, 690, 890, 990, 990, 1280, 1280, 1480, 1680, 1980, 2380, 2980, 3680, 4980)
METHODS = ("credit_card", "credit_card", "credit_card", "atm", "cvs")
PER_DAY = 15  # open payments; trade itself is many times that
# How a true line says which payment it is for, in percent.
MIX = {"cut": 25, "mistyped": 25, "memo": 15, "blank": 12, "net": 9, "short": 6, "blank_net": 3, "batch": 5}
STRAYS = 25  # percent of lines without a payment, and as many payments without a line
WITH_CLOCK = 60  # percent of lines with a time of day
START = date(2026, 3, 2)


class Lines:
    """Makes one hop; ids of both sides are drawn from one shuffled range, so that they say nothing."""

    def __init__(self, rng: random.Random, size: int):
        self.rng, self.size = rng, size
        self.days = max(size // PER_DAY, 14)
        self.ids = rng.sample(range(1, 40 * size + 1_000), 8 * size + 200)
        self.theirs: list[Item] = []
        self.ours: list[Item] = []
        self.key: dict[Relation, str] = {}
        self.number = 0

    def made(self, open_days: dict[date, int]) -> Hop:
        kinds, shares = list(MIX), list(MIX.values())
        for _nth in range(self.size):  # customers come again, so that not everything of one customer is one batch
            kind = self.rng.choices(kinds, shares)[0]
            if kind == "batch":
                self._batch()
            else:
                self._pair(kind)
            if self.rng.random() * 100 < STRAYS:
                self._stray_line()
            if self.rng.random() * 100 < STRAYS:
                self.ours.append(self._payment())
        return Hop(frame_of(self.theirs, open_days), frame_of(self.ours, open_days), self.key)

    def _amount(self) -> int:
        goods = self.rng.choice(PRICES) * self.rng.choices((1, 2, 3), (80, 15, 5))[0]
        return 100 * (goods + self.rng.choice((0, 0, 0, 60, 80, 100)))

    def _payment(self, customer: str = "", day: date | None = None) -> Item:
        """Order numbers run on, so that neighbours differ by their last digit."""
        rng = self.rng
        day = day or START + timedelta(days=rng.randrange(self.days))
        self.number += 1
        amount, moment = self._amount(), datetime.combine(day, time(rng.randrange(8, 24), rng.randrange(60), rng.randrange(60)))
        return Item(
            id=self.ids.pop(), pool=1, owner=1, kind="payment", amount=amount, day=day, moment=moment, method=rng.choice(METHODS),
            net=amount - round(amount * 0.0275 / 100) * 100,
            merchant_ref=f"NY{day:%y%m%d}{1000 + 3 * self.number % 9000 + rng.randrange(3):04}",
            provider_ref=f"{day:%y%m%d}{rng.randrange(10**9):09}" if rng.random() < 0.7 else "",
            bundle=customer or f"c{rng.randrange(self.size * 3)}",
        )  # fmt: skip

    def _line(self, like: Item, **fields) -> Item:
        """A line about a payment: a day or more later now and then, with or without a clock, with or without a method."""
        rng = self.rng
        late = rng.choices((0, 1, 2, 3, 5, 8), (70, 18, 5, 3, 2, 2))[0]
        moment = None
        if rng.random() * 100 < WITH_CLOCK:
            seconds = rng.choices((20, 120, 900, 7200), (55, 30, 10, 5))[0]
            moment = like.moment + timedelta(seconds=rng.randrange(seconds))
        said = {"amount": like.amount, "method": like.method if rng.random() < 0.8 else "", **fields}
        return Item(id=self.ids.pop(), pool=1, owner=1, kind="payment", day=like.day + timedelta(days=late), moment=moment, **said)

    def _pair(self, kind: str) -> None:
        rng, payment = self.rng, self._payment()
        fields: dict = {}
        if kind in ("cut", "mistyped", "net", "short"):
            spoil = damage.cut if kind == "cut" or (kind != "mistyped" and rng.random() < 0.5) else damage.mistyped
            side = "provider_ref" if payment.provider_ref and rng.random() < 0.3 else "merchant_ref"
            fields[side] = spoil(rng, getattr(payment, side))
        if kind == "memo":
            fields["memo"] = damage.in_memo(rng, payment.merchant_ref)
        if kind in ("net", "blank_net"):
            fields["amount"] = payment.net
        if kind == "short":
            fields["amount"] = payment.amount - rng.choice((1000, 1500, 3000))
        line = self._line(payment, **fields)
        self._add(kind, [line], [payment])

    def _batch(self) -> None:
        """One line for 2 to 5 payments of one customer within a day."""
        rng = self.rng
        day = START + timedelta(days=rng.randrange(self.days))
        customer = f"c{rng.randrange(self.size * 3)}"
        payments = [self._payment(customer, day) for _nth in range(rng.randint(2, 5))]
        line = self._line(payments[-1], amount=sum(one.amount for one in payments))
        self._add("batch", [line], payments)

    def _add(self, kind: str, theirs: list[Item], ours: list[Item]) -> None:
        self.theirs += theirs
        self.ours += ours
        self.key[frozenset(one.id for one in theirs), frozenset(one.id for one in ours)] = kind

    def _stray_line(self) -> None:
        """A line of somebody else: often with a number that looks like one of ours, often with no number at all."""
        ghost, roll = self._payment(), self.rng.random()
        fields = (
            {"merchant_ref": ghost.merchant_ref}
            if roll < 0.5
            else {"provider_ref": f"{self.rng.randrange(10**15):015}"}
            if roll < 0.7
            else {}
        )
        self.theirs.append(self._line(ghost, **fields))
