"""Open bank lines and payouts: memos that name the payout badly or not at all, batches, split payouts, kept fees, other deposits."""

import random
from datetime import date, timedelta

import polars as pl

from apps.reports.practice.lost import damage
from apps.reports.practice.lost.records import Hop, Item, Relation, frame_of
from apps.settlements.matching.suggesting.shapes import SIGNS, Knowledge

# account, channel, letters of its payout numbers, the word the bank writes, whether the shop entered it
CHANNELS = ((1, 11, "EC", "綠界科技", True), (1, 12, "LP", "LINEPAY", True), (2, 13, "ST", "STRIPE", True), (2, 14, "PX", "PXPAYTW", False))
MIX = {"cut": 18, "mistyped": 18, "word": 16, "blank": 12, "fee": 14, "batch": 14, "split": 8}
STRAYS = 25  # percent of deposits that no payout explains, and half as many payouts that never come
PER_DAY = 2  # open payouts
OTHER_MEMOS = ("跨行轉入", "租金收入", "利息", "現金存入", "ACH 代收", "退票補款", "WIRE IN", "")
START = date(2026, 3, 2)


class Deposits:
    """Makes one hop; as `shop_lines.Lines`."""

    def __init__(self, rng: random.Random, size: int, open_days: dict[date, int]):
        self.rng, self.size, self.open_days = rng, size, open_days
        self.days = max(size // PER_DAY, 14)
        self.ids = rng.sample(range(1, 40 * size + 1_000), 12 * size + 200)
        self.theirs: list[Item] = []
        self.ours: list[Item] = []
        self.key: dict[Relation, str] = {}

    def made(self) -> Hop:
        kinds, shares = list(MIX), list(MIX.values())
        for _nth in range(self.size):
            kind = self.rng.choices(kinds, shares)[0]
            {"batch": self._batch, "split": self._split}.get(kind, lambda kind=kind: self._pair(kind))()
            if self.rng.random() * 100 < STRAYS:
                self._stray()
            if self.rng.random() * 200 < STRAYS:
                self.ours.append(self._payout(self.rng.choice(CHANNELS)))
        signs = [(channel, "word", word.lower(), "given") for _account, channel, _letters, word, entered in CHANNELS if entered]
        knowledge = Knowledge(pl.DataFrame(signs, schema=SIGNS, orient="row"))
        return Hop(frame_of(self.theirs, self.open_days), frame_of(self.ours, self.open_days), self.key, knowledge)

    def _open(self, day: date, ahead: int = 0) -> date:
        """The `ahead`-th open day from a day on."""
        while True:
            if day.weekday() < 5:
                if ahead == 0:
                    return day
                ahead -= 1
            day += timedelta(days=1)

    def _amount(self) -> int:
        """Mostly of their own, now and then round, so that some are equal."""
        if self.rng.random() < 0.12:
            return self.rng.choice((500_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000))
        return 100 * self.rng.randrange(3_000, 120_000)

    def _payout(self, channel: tuple, day: date | None = None) -> Item:
        account, owner, letters, _word, _entered = channel
        day = day or self._open(START + timedelta(days=self.rng.randrange(self.days)))
        ref = f"{letters}{day:%y%m%d}{self.rng.randrange(10_000):04}" if self.rng.random() < 0.7 else ""
        return Item(self.ids.pop(), account, "payout", self._amount(), day, owner, provider_ref=ref)

    def _deposit(self, account: int, amount: int, due: date, memo: str, *, extra: int = 0) -> Item:
        late = self.rng.choices((0, 1, 2, 3, 5), (62, 22, 9, 4, 3))[0]
        booked = self._open(due, late + extra)
        return Item(
            self.ids.pop(),
            account,
            "payout",
            amount,
            booked,
            memo=f"{memo} {self.rng.randrange(10**7):07}" if self.rng.random() < 0.5 else memo,
        )

    def _pair(self, kind: str) -> None:
        rng, channel = self.rng, self.rng.choice(CHANNELS)
        payout, word, amount = self._payout(channel), channel[3], 0
        memo = {"cut": "", "mistyped": "", "word": word, "blank": rng.choice(OTHER_MEMOS), "fee": word if rng.random() < 0.5 else ""}[kind]
        if kind in ("cut", "mistyped") or (kind == "fee" and not memo):
            spoil = damage.cut if kind == "cut" or (kind == "fee" and rng.random() < 0.5) else damage.mistyped
            written = spoil(rng, payout.provider_ref) if payout.provider_ref else word
            memo = f"{rng.choice((word, 'ACH', ''))} {written}".strip()
        if kind == "fee":
            amount = -rng.choice((1_000, 1_500, 3_000))
        self._add(kind, [self._deposit(payout.pool, payout.amount + amount, payout.day, memo)], [payout])

    def _batch(self) -> None:
        """A deposit for 2 to 5 payouts of one channel on days that follow each other."""
        rng, channel = self.rng, self.rng.choice(CHANNELS)
        day = self._open(START + timedelta(days=rng.randrange(self.days)))
        payouts = []
        for _nth in range(rng.randint(2, 5)):
            payouts.append(self._payout(channel, day))
            day = self._open(day, rng.choices((0, 1), (15, 85))[0])
        memo = rng.choice((channel[3], channel[3], "", f"{channel[3]} {payouts[-1].provider_ref}"))
        deposit = self._deposit(channel[0], sum(one.amount for one in payouts), payouts[-1].day, memo)
        self._add("batch", [deposit], payouts)

    def _split(self) -> None:
        """A payout that came in 2 to 5 deposits within a few days."""
        rng, channel = self.rng, self.rng.choice(CHANNELS)
        payout = self._payout(channel)
        count = rng.randint(2, 5)
        edges = sorted(rng.sample(range(1, payout.amount // 100), count - 1))
        parts = [100 * (right - left) for left, right in zip([0, *edges], [*edges, payout.amount // 100], strict=True)]
        memo = rng.choice((channel[3], channel[3], ""))
        deposits = [self._deposit(payout.pool, part, payout.day, memo) for part in parts]
        self._add("split", deposits, [payout])

    def _stray(self) -> None:
        """Somebody else's money, a third of it with an amount that a payout has, too."""
        rng = self.rng
        account = rng.choice((1, 2))
        amount = rng.choice(self.ours).amount if self.ours and rng.random() < 0.33 else self._amount()
        day = self._open(START + timedelta(days=rng.randrange(self.days)))
        memo = rng.choice(OTHER_MEMOS) if rng.random() < 0.7 else f"{rng.choice(('INV', 'TX', 'EC'))}{rng.randrange(10**10):010}"
        self.theirs.append(self._deposit(account, amount, day, memo))

    def _add(self, kind: str, theirs: list[Item], ours: list[Item]) -> None:
        self.theirs += theirs
        self.ours += ours
        self.key[frozenset(one.id for one in theirs), frozenset(one.id for one in ours)] = kind
