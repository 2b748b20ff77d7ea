"""What a fake provider knows to be true, whatever it answers. Amounts are minor units of ISO 4217; several threads may use it at once."""

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class Mood(StrEnum):
    """How a call goes. Only DECLINE and LATER change what the books hold; the others what the caller hears of it."""

    OK = "ok"
    DECLINE = "decline"
    LATER = "later"  # accepted; done when it is asked about for the second time
    SILENT_BEFORE = "silent_before"  # the line is cut, and nothing was done
    SILENT_AFTER = "silent_after"  # the line is cut, and it was done
    BUSY = "busy"  # HTTP 503, nothing was done
    GARBAGE_AFTER = "garbage_after"  # done, and the answer is a page of somebody's proxy
    ODD_CODE = "odd_code"  # nothing was done, and the code is one that nobody has documented


@dataclass
class Back:
    """A refund as the provider holds it: succeeded, pending or failed. `key` is ours, `number` the provider's."""

    key: str
    number: str
    amount: int
    state: str
    done_at: datetime
    asked: int = 0


@dataclass
class Attempt:
    """A payment as the provider holds it. `state` is pending, approved, authorized, paid, declined, expired or cancelled."""

    merchant_ref: str
    number: str
    amount: int
    currency: str
    method: str
    state: str
    opened_at: datetime
    paid_at: datetime | None = None
    captured: int = 0
    asked: int = 0
    more: dict = field(default_factory=dict)  # what only this provider's format needs
    backs: dict[str, Back] = field(default_factory=dict)

    @property
    def refunded(self) -> int:
        """What went back or is on its way."""
        return sum(back.amount for back in self.backs.values() if back.state != "failed")


class Refused(Exception):
    """The provider's rules say no; the argument is one of unknown, too_much, state."""


class Books:
    """One account's payments, by our number. `script` says how the next calls of an operation go; without one they go well."""

    def __init__(self, now: datetime | None = None):
        self.payments: dict[str, Attempt] = {}
        self.lock = threading.RLock()
        self.moods: dict[str, list[Mood]] = defaultdict(list)
        self.now = now  # a fixed clock where a test wants one
        self._numbers = 0

    def moment(self) -> datetime:
        """What the provider's clock says."""
        return self.now or datetime.now(UTC)

    def script(self, operation: str, *moods: Mood) -> None:
        """How the next calls of `operation` (an `Operation`'s value) go, in turn."""
        with self.lock:
            self.moods[operation] += moods

    def next_mood(self, operation: str) -> Mood:
        """Uses up the next script."""
        with self.lock:
            return self.moods[operation].pop(0) if self.moods[operation] else Mood.OK

    def number(self) -> int:
        """The next number of the provider's own, from 1."""
        with self.lock:
            self._numbers += 1
            return self._numbers

    def open(self, merchant_ref: str, amount: int, currency: str, method: str, *, number: str, mood: Mood = Mood.OK, **more) -> Attempt:
        """A new payment; a known number stays the one it is."""
        with self.lock:
            if merchant_ref in self.payments:
                return self.payments[merchant_ref]
            state = "declined" if mood == Mood.DECLINE else "pending"
            attempt = Attempt(merchant_ref, number, amount, currency, method, state, self.moment(), more=more)
            if mood == Mood.LATER:
                attempt.more["later"] = True
            self.payments[merchant_ref] = attempt
            return attempt

    def find(self, merchant_ref: str = "", number: str = "") -> Attempt | None:
        """By our number, else by the provider's."""
        with self.lock:
            by_ours = self.payments.get(merchant_ref)
            return by_ours or next((one for one in self.payments.values() if number and one.number == number), None)

    def move(self, merchant_ref: str, state: str) -> Attempt:
        """What the payer, the clock or the shop did: the payer pays with `paid`, also after an expiry."""
        with self.lock:
            attempt = self.payments[merchant_ref]
            attempt.state = state
            if state == "paid":
                attempt.paid_at = self.moment()
                attempt.captured = attempt.captured or attempt.amount
            return attempt

    def ask(self, attempt: Attempt) -> Attempt:
        """A question; one that goes LATER is paid at the second."""
        with self.lock:
            attempt.asked += 1
            if attempt.more.get("later") and attempt.asked >= 2 and attempt.state == "pending":
                self.move(attempt.merchant_ref, "paid")
            return attempt

    def refund(self, attempt: Attempt | None, key: str, amount: int, *, number: str, mood: Mood = Mood.OK) -> Back:
        """Gives money back once a key. :raises Refused: no such payment, not paid, or more than is left."""
        with self.lock:
            if attempt is None:
                raise Refused("unknown")
            if key in attempt.backs:
                return attempt.backs[key]
            if attempt.state != "paid":
                raise Refused("state")
            if amount > attempt.captured - attempt.refunded:
                raise Refused("too_much")
            state = {Mood.DECLINE: "failed", Mood.LATER: "pending"}.get(mood, "succeeded")
            attempt.backs[key] = Back(key, number, amount, state, self.moment())
            return attempt.backs[key]

    def ask_back(self, back: Back) -> Back:
        """A question about a refund; a pending one is done at the second."""
        with self.lock:
            back.asked += 1
            if back.state == "pending" and back.asked >= 2:
                back.state, back.done_at = "succeeded", self.moment()
            return back

    def find_back(self, key: str = "", number: str = "") -> tuple[Attempt, Back] | None:
        """A refund by our key, else by the provider's number."""
        with self.lock:
            for attempt in self.payments.values():
                for back in attempt.backs.values():
                    if (key and back.key == key) or (number and back.number == number):
                        return attempt, back
            return None
