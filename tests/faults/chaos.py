"""A day on which everything goes wrong: worker processes that take payments and refunds of a practice shop, and are killed at any moment.

The simulator's own books say what is true. Workers are forked from the test, so a kill is a real one and costs nothing to make up for;
they read the present moment from a file, so that days of waiting pass in seconds.
"""

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine
from django.db import connections

from apps.channels.models import Channel
from apps.channels.providers.simulator.payment_books import NotPossible
from apps.channels.services.gateway import gateway_for
from apps.core.errors import HezhangError
from apps.core.jobs import runner, sweep
from apps.core.models import OPEN_JOB_STATES, Job
from apps.merchants.models import User
from apps.orders.errors import RefundStale
from apps.orders.models import Payment, PaymentExecution, Refund
from apps.orders.services.notices.doing import do_waiting
from apps.orders.services.notices.intake import take_notice
from apps.orders.services.payments.starting import Figures, start_payment
from apps.orders.services.payments.sweeping import ring_payments
from apps.orders.services.refunds.deciding import approve_refund, review_again, withdraw_refund
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.services.refunds.sweeping import ring_refunds

AMOUNT = 100_000
OPENING = ("success",) * 7 + ("decline", "timeout_before", "timeout_after", "slow")
ASKING = ("success",) * 6 + ("timeout_before",)
REFUNDING = ("success",) * 5 + ("decline", "timeout_before", "timeout_after", "slow", "slow_decline", "duplicate_notice", "disorder")
ACTS = ("pay",) * 8 + ("approve", "decline", "expire", "expire")
TELLING = ("once",) * 4 + ("twice", "disorder", "lost", "forged")


@dataclass(frozen=True)
class Day:
    """What is to be done, and who does it."""

    channel: Channel
    clerk: User
    judge: User
    payments: int
    refunds: int
    clock: Path  # seconds that the day is ahead of the real clock

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=int(self.clock.read_text()))

    def pass_time(self, by: timedelta) -> None:
        ahead = int(self.clock.read_text()) + int(by.total_seconds())
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str(ahead))
        fresh.replace(self.clock)

    def next_cart(self) -> int:
        """A number from 1 that no process had before."""
        return self._count("carts")

    def done_acts(self) -> int:
        """How often anybody began something."""
        file = self.clock.with_name("acts")
        return file.stat().st_size if file.exists() else 0

    def _count(self, name: str) -> int:
        with self.clock.with_name(name).open("ab", buffering=0) as file:
            file.write(b".")
            return file.tell()

    def begin_act(self) -> None:
        """One more."""
        self._count("acts")

    def note(self, word: str) -> None:
        """One more of what went wrong; several processes write at once."""
        with self.clock.with_name("faults").open("a") as file:
            file.write(f"{word}\n")

    def noted(self) -> Counter:
        """How often each thing went wrong."""
        file = self.clock.with_name("faults")
        return Counter(file.read_text().split()) if file.exists() else Counter()


def work(day: Day, seed: int) -> None:
    """One worker, for ever: whatever comes to its mind next."""
    dice = random.Random(seed)
    while True:
        with time_machine.travel(day.now(), tick=True), suppress(HezhangError, NotPossible):
            day.begin_act()
            dice.choice((_start, _start, _start, _pay, _pay, _carry, _refund, _refund, run_jobs, run_jobs, run_jobs, ring))(day, dice)


def _start(day: Day, dice: random.Random) -> None:
    """A cart that somebody pays: the next one, or a second click on one that somebody had."""
    number = day.next_cart() if dice.random() < 0.8 else dice.randrange(day.next_cart())
    books = gateway_for(day.channel).books
    opening, asking = dice.choice(OPENING), dice.choice(ASKING)
    books.script_payment("create_payment", opening)
    books.script_payment("query_payment", asking)
    day.note(f"opening:{opening}")
    figures = Figures(f"C{number}", AMOUNT + number, "TWD", "atm" if number % 3 == 0 else "credit_card")
    start_payment(channel=day.channel, request_key=f"cart-{number}", figures=figures, now=day.now())


def _pay(day: Day, dice: random.Random) -> None:
    gateway = gateway_for(day.channel)
    waiting = [held for held in gateway.books.payments() if held.state in ("pending", "approved", "expired")]
    for held in dice.sample(waiting, min(3, len(waiting))):
        act = dice.choice(ACTS) if held.state != "expired" else dice.choice(("pay", "nothing"))
        if act != "nothing":
            telling = dice.choice(TELLING)
            gateway.payer(held.merchant_ref, act, telling=telling)
            day.note(f"notice:{telling}")


def _carry(day: Day, dice: random.Random) -> None:
    """What the provider has to tell, in any order, some of it twice."""
    waiting = gateway_for(day.channel).pending_notices()
    twice = [one for one in waiting if dice.random() < 0.1]
    waiting += twice
    for _one in twice:
        day.note("notice:carried_twice")
    dice.shuffle(waiting)
    for headers, body in waiting:
        take_notice(channel=day.channel, headers=headers, body=body, now=day.now())


def _refund(day: Day, dice: random.Random) -> None:
    merchant = day.channel.merchant
    if Refund.objects.for_merchant(merchant).count() >= day.refunds:
        return
    by_card = Payment.objects.for_merchant(merchant).filter(state="paid", refunds=None, method="credit_card")  # ATM goes back by transfer
    paid = list(by_card.values_list("pk", flat=True)[:50])
    if not paid:
        return
    refunding = dice.choice(REFUNDING)
    gateway_for(day.channel).books.script("", refunding)
    day.note(f"refund:{refunding}")
    amount = dice.choice((AMOUNT, AMOUNT // 2, 1))
    now = day.now()
    refund = request_refund(
        merchant=merchant, payment_id=dice.choice(paid), amount_minor=amount, reason_code="fraud", by=day.clerk, now=now
    )
    approve_refund(merchant=merchant, refund_id=refund.pk, by=day.judge, now=now)


def ring(day: Day, _dice: random.Random | None = None) -> None:
    """The schedule's bells."""
    now = day.now()
    ring_payments(now=now)
    ring_refunds(now=now)
    do_waiting(now=now)
    sweep.ring_due(now=now)


def run_jobs(_day: Day, dice: random.Random, most: int = 8) -> None:
    """Some of what they rang for."""
    jobs = list(Job.objects.filter(state__in=OPEN_JOB_STATES).order_by("pk").values_list("pk", flat=True)[:200])
    for pk in dice.sample(jobs, min(most, len(jobs))):
        runner.run(job_id=pk)


class Crowd:
    """Workers in processes of their own."""

    def __init__(self, day: Day, size: int, seed: int):
        self.day, self.seed, self.kills = day, seed, 0
        connections.close_all()  # a fork must not share a connection
        self.workers = [self._fork() for _n in range(size)]

    def _fork(self) -> int:
        self.seed += 1
        pid = os.fork()
        if pid:
            return pid
        try:
            work(self.day, self.seed)
        finally:
            os._exit(1)

    def kill_one(self, dice: random.Random) -> None:
        """Kill -9, and another takes its place."""
        at = dice.randrange(len(self.workers))
        _end(self.workers[at])
        self.kills += 1
        self.workers[at] = self._fork()

    def end(self) -> None:
        for pid in self.workers:
            _end(pid)


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def live(day: Day, *, seconds: float, size: int, seed: int, acts: int = 10) -> int:
    """The day itself, for at most so long and until all was started and refunded. One is killed at a random moment of every so many
    `acts`, however fast the machine is. Returns how many were.
    """
    dice, crowd, until = random.Random(seed), Crowd(day, size, seed), time.monotonic() + seconds
    try:
        while time.monotonic() < until and not _all_done(day):
            connections.close_all()
            before, patience = day.done_acts(), time.monotonic() + 5
            while day.done_acts() < before + acts and time.monotonic() < patience:
                time.sleep(dice.random() / 20)
            crowd.kill_one(dice)
            day.pass_time(timedelta(seconds=dice.choice((5, 20, 60))))
    finally:
        crowd.end()
    return crowd.kills


def _all_done(day: Day) -> bool:
    merchant = day.channel.merchant
    started = Payment.objects.for_merchant(merchant).count()
    return started >= day.payments and Refund.objects.for_merchant(merchant).count() >= day.refunds


def left_over() -> list[tuple]:
    """What somebody still has to ask about or do."""
    payments = PaymentExecution.objects.filter(ask_at__isnull=False).values_list(
        "payment__state", "asks", "late_looks", "last_code", "ask_at"
    )
    refunds = Refund.objects.filter(state__in=("requested", "approved", "submitting", "unknown")).values_list(
        "state", "execution__asks", "execution__last_code", "execution__ask_at"
    )
    jobs = Job.objects.filter(state__in=OPEN_JOB_STATES).values_list("kind", "state", "attempts", "lease_until")
    return [*payments, *refunds, *jobs]


def _approve_the_rest(day: Day) -> None:
    """Whoever asked may have been killed before somebody else approved: people do it in the evening. Where two had asked for refunds of
    one payment, the second request is stale: who asked looks at it again, and takes it back where nothing is left.
    """
    shop = day.channel.merchant
    for refund in Refund.objects.for_merchant(shop).filter(state="requested").order_by("pk"):
        try:
            approve_refund(merchant=shop, refund_id=refund.pk, by=day.judge, now=day.now())
        except RefundStale:
            day.note("refund:stale")
            try:
                review_again(merchant=shop, refund_id=refund.pk, by=day.clerk, now=day.now())
            except HezhangError:
                withdraw_refund(merchant=shop, refund_id=refund.pk, by=day.clerk, now=day.now())
            else:
                approve_refund(merchant=shop, refund_id=refund.pk, by=day.judge, now=day.now())


def settle(day: Day, seed: int) -> int:
    """The evening: what is open expires at the provider, and time passes until nobody has to ask. Returns how many rounds it took."""
    dice, gateway = random.Random(seed), gateway_for(day.channel)
    with time_machine.travel(day.now(), tick=True):
        _approve_the_rest(day)
    for round_no in range(1, 40):
        with time_machine.travel(day.now(), tick=True):
            for held in gateway.books.payments():
                if held.state in ("pending", "approved"):
                    gateway.payer(held.merchant_ref, "expire", telling="lost")
            _carry(day, dice)
            for _n in range(10):
                ring(day)
                run_jobs(day, dice, most=200)
                if not Job.objects.filter(state__in=OPEN_JOB_STATES).exists():
                    break
        if not left_over():
            return round_no
        day.pass_time(timedelta(minutes=20) if round_no < 6 else timedelta(hours=6))
    return 0
