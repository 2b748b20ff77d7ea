"""The payments in the simulator's books: what was asked for, what the payer did, and how the next calls go."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from apps.channels.providers.simulator.books import Books

TABLES = """
CREATE TABLE IF NOT EXISTS payments (
    account TEXT NOT NULL, merchant_ref TEXT NOT NULL, key TEXT NOT NULL, ref TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL, method TEXT NOT NULL, state TEXT NOT NULL, behaviour TEXT NOT NULL, at_once INTEGER NOT NULL,
    paid INTEGER NOT NULL DEFAULT 0, paid_at TEXT, expires_at TEXT NOT NULL, asked INTEGER NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (account, merchant_ref));
CREATE TABLE IF NOT EXISTS payment_scripts (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, operation TEXT NOT NULL, merchant_ref TEXT NOT NULL, behaviour TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0);
"""


class PaymentBehaviour(StrEnum):
    """How the next call about a payment goes."""

    SUCCESS = "success"
    DECLINE = "decline"
    TIMEOUT_BEFORE = "timeout_before"  # nobody answers, and nothing was done
    TIMEOUT_AFTER = "timeout_after"  # nobody answers, though it was done
    SLOW = "slow"  # of an opening: what the payer does is told only to the second question about it


class Act(StrEnum):
    """What the payer, or the clock, does with an open payment; money may come after the end."""

    PAY = "pay"
    APPROVE = "approve"  # the payer agrees, and it has to be finished
    DECLINE = "decline"
    EXPIRE = "expire"


STATES = {Act.PAY: "paid", Act.APPROVE: "approved", Act.DECLINE: "declined", Act.EXPIRE: "expired"}
OPEN_FOR = {act: ("pending", "approved", "expired") if act == Act.PAY else ("pending", "approved") for act in Act}


class NotPossible(Exception):
    """The payment does not stand so that this could happen."""


@dataclass(frozen=True, slots=True)
class Held:
    """One payment as the simulator holds it. `paid` is what came, 0 while nothing did; `calls` counts how often it was opened."""

    merchant_ref: str
    key: str
    ref: str
    amount: int
    currency: str
    method: str
    state: str  # pending | approved | authorized | paid | declined | expired | cancelled
    behaviour: str
    at_once: bool
    paid: int
    paid_at: datetime | None
    expires_at: datetime
    asked: int
    calls: int


class PaymentBooks(Books):
    """Refunds and payments of one account. A refund is held against the payment where these books know it."""

    def __init__(self, file: Path, account: str):
        super().__init__(file, account)
        with self._open() as base:
            base.executescript(TABLES)

    def script_payment(self, operation: str, behaviour: str, merchant_ref: str = "") -> None:
        """The next call of `operation` (an `Operation`'s value) on this payment (empty: any) goes like this; used up in order."""
        with self._write() as base:
            values = (self.account, operation, merchant_ref, PaymentBehaviour(behaviour).value)
            base.execute("INSERT INTO payment_scripts (account, operation, merchant_ref, behaviour) VALUES (?, ?, ?, ?)", values)

    def next_behaviour(self, operation: str, merchant_ref: str) -> PaymentBehaviour:
        """Uses a script up; one of its own payment comes before one for any."""
        with self._write() as base:
            row = base.execute(
                "SELECT id, behaviour FROM payment_scripts WHERE account = ? AND operation = ? AND used = 0 AND merchant_ref IN (?, '')"
                " ORDER BY merchant_ref = '', id LIMIT 1",
                (self.account, operation, merchant_ref),
            ).fetchone()
            if row is None:
                return PaymentBehaviour.SUCCESS
            base.execute("UPDATE payment_scripts SET used = 1 WHERE id = ?", (row["id"],))
            return PaymentBehaviour(row["behaviour"])

    def open_payment(self, call, behaviour: PaymentBehaviour) -> Held:
        """Writes the payment unless its number is known: then that one stands, whatever is asked."""
        with self._write() as base:
            known = self._held(base, call.merchant_ref)
            if known:
                self._set(base, call.merchant_ref, "calls = calls + 1")
                return self._held(base, call.merchant_ref)
            number = base.execute("SELECT count(*) FROM payments").fetchone()[0] + 1
            state = "declined" if behaviour == PaymentBehaviour.DECLINE else "pending"
            base.execute(
                "INSERT INTO payments (account, merchant_ref, key, ref, amount, currency, method, state, behaviour, at_once, expires_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self.account, call.merchant_ref, call.key, f"SIM-PAY-{number:08d}", call.amount_minor, call.currency, call.method,
                    state,
                    behaviour.value, call.captures_at_once, call.expires_at.isoformat(),
                ),
            )  # fmt: skip
            return self._held(base, call.merchant_ref)

    def find_payment(self, merchant_ref: str) -> Held | None:
        """As it stands."""
        with self._open() as base:
            return self._held(base, merchant_ref)

    def ask_payment(self, merchant_ref: str) -> Held | None:
        """As it is told: of a slow one the end only the second time. Counts the question."""
        with self._write() as base:
            self._set(base, merchant_ref, "asked = asked + 1")
            return self._held(base, merchant_ref)

    def act(self, merchant_ref: str, act: Act, amount: int | None = None) -> Held:
        """What the payer or the clock does; `amount` where they pay another sum. :raises NotPossible: see there; nothing changed."""
        with self._write() as base:
            held = self._held(base, merchant_ref)
            if held is None or held.state not in OPEN_FOR[act]:
                raise NotPossible(held.state if held else "unknown")
            if act == Act.PAY and not held.at_once and held.state != "expired":
                self._set(base, merchant_ref, "state = 'authorized'")
            elif act == Act.PAY:
                self._pay(base, merchant_ref, amount or held.amount)
            else:
                self._set(base, merchant_ref, "state = ?", STATES[act])
            return self._held(base, merchant_ref)

    def take(self, merchant_ref: str, amount: int, *, state: str) -> Held:
        """The shop takes what stands in `state`: what was approved or authorized. Else, as it stands. A repetition changes nothing."""
        with self._write() as base:
            held = self._held(base, merchant_ref)
            if held and held.state == state and 0 < amount <= held.amount:
                self._pay(base, merchant_ref, amount)
            return self._held(base, merchant_ref)

    def call_off(self, merchant_ref: str) -> Held | None:
        """The shop cancels it, where it is not too late."""
        with self._write() as base:
            held = self._held(base, merchant_ref)
            if held and held.state in ("pending", "approved", "authorized"):
                self._set(base, merchant_ref, "state = 'cancelled'")
            return self._held(base, merchant_ref)

    def payments(self) -> list[Held]:
        """Every payment of this account, by number."""
        with self._open() as base:
            rows = base.execute("SELECT * FROM payments WHERE account = ? ORDER BY ref", (self.account,)).fetchall()
            return [_held(row) for row in rows]

    def _room(self, base: sqlite3.Connection, call) -> int:
        held = self._held(base, call.merchant_ref)
        return held.paid if held else super()._room(base, call)

    def _held(self, base: sqlite3.Connection, merchant_ref: str) -> Held | None:
        return _held(base.execute("SELECT * FROM payments WHERE account = ? AND merchant_ref = ?", (self.account, merchant_ref)).fetchone())

    def _set(self, base: sqlite3.Connection, merchant_ref: str, change: str, *values) -> None:
        base.execute(f"UPDATE payments SET {change} WHERE account = ? AND merchant_ref = ?", (*values, self.account, merchant_ref))  # noqa: S608

    def _pay(self, base: sqlite3.Connection, merchant_ref: str, amount: int) -> None:
        self._set(base, merchant_ref, "state = 'paid', paid = ?, paid_at = ?", amount, datetime.now(UTC).isoformat())


def _held(row: sqlite3.Row | None) -> Held | None:
    if row is None:
        return None
    moments = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in ("paid_at", "expires_at")}
    names = ("merchant_ref", "key", "ref", "amount", "currency", "method", "state", "behaviour", "paid", "asked", "calls")
    return Held(**{name: row[name] for name in names}, at_once=bool(row["at_once"]), **moments)
