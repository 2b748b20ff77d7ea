"""The simulator's own books: a small database file that is none of ours, so that it knows the truth when we do not.

Each payment back is one row under the caller's key, written and committed before the caller hears of it. Times are UTC ISO texts.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS refunds (
    account TEXT NOT NULL, key TEXT NOT NULL, ref TEXT NOT NULL, payment TEXT NOT NULL, merchant_ref TEXT NOT NULL, refund_no TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL, outcome TEXT NOT NULL, behaviour TEXT NOT NULL,
    created_at TEXT NOT NULL, done_at TEXT, asked INTEGER NOT NULL DEFAULT 0, calls INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS scripts (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, payment TEXT NOT NULL, behaviour TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS notices (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, event TEXT NOT NULL, body TEXT NOT NULL, sent INTEGER NOT NULL DEFAULT 0);
"""


class Behaviour(StrEnum):
    """How the next call on a payment goes."""

    SUCCESS = "success"
    DECLINE = "decline"
    TIMEOUT_BEFORE = "timeout_before"  # nobody answers, and nothing was paid
    TIMEOUT_AFTER = "timeout_after"  # nobody answers, though the money went back
    SLOW = "slow"  # accepted; done when it is asked about a second time
    SLOW_DECLINE = "slow_decline"  # accepted; declined when it is asked about a second time
    DUPLICATE_NOTICE = "duplicate_notice"  # the notice comes twice
    DISORDER = "disorder"  # "accepted" arrives after "done"


@dataclass(frozen=True, slots=True)
class Paid:
    """One refund as the simulator holds it. `calls` counts how often it was asked for under this key."""

    key: str
    ref: str
    payment: str
    merchant_ref: str
    refund_no: str
    amount: int
    currency: str
    outcome: str  # succeeded | declined | pending
    behaviour: str
    done_at: datetime | None
    calls: int


class Books:
    """The books of one account in one file; opening makes the file. Several processes and threads may hold it at once."""

    def __init__(self, file: Path, account: str):
        self.file, self.account = Path(file), account
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as base:
            base.executescript(TABLES)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file, timeout=30, isolation_level=None)) as base:
            base.row_factory = sqlite3.Row
            base.execute("PRAGMA journal_mode=WAL")
            base.execute("PRAGMA synchronous=NORMAL")
            yield base

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            try:
                yield base
            except BaseException:
                base.execute("ROLLBACK")
                raise
            base.execute("COMMIT")

    def script(self, payment: str, behaviour: str) -> None:
        """The next call on this payment (its merchant reference; empty: any) goes like this; scripts are used up in order."""
        with self._write() as base:
            values = (self.account, payment, Behaviour(behaviour).value)
            base.execute("INSERT INTO scripts (account, payment, behaviour) VALUES (?, ?, ?)", values)

    def take_script(self, payment: str) -> Behaviour:
        """The behaviour of this call; a script of its own payment comes before one for any."""
        with self._write() as base:
            row = base.execute(
                "SELECT id, behaviour FROM scripts WHERE account = ? AND used = 0 AND payment IN (?, '') ORDER BY payment = '', id LIMIT 1",
                (self.account, payment),
            ).fetchone()
            if row is None:
                return Behaviour.SUCCESS
            base.execute("UPDATE scripts SET used = 1 WHERE id = ?", (row["id"],))
            return Behaviour(row["behaviour"])

    def known(self, key: str) -> Paid | None:
        """What is held under a key."""
        with self._open() as base:
            return _paid(base.execute("SELECT * FROM refunds WHERE account = ? AND key = ?", (self.account, key)).fetchone())

    def pay(self, call, behaviour: Behaviour, outcome: str) -> Paid:
        """Writes the refund unless its key is known: then that one stands, whatever is asked. More than the payment is declined."""
        with self._write() as base:
            known = base.execute("SELECT * FROM refunds WHERE account = ? AND key = ?", (self.account, call.key)).fetchone()
            if known:
                base.execute("UPDATE refunds SET calls = calls + 1 WHERE account = ? AND key = ?", (self.account, call.key))
                return _paid(known)
            room = self._room(base, call) - self._refunded(base, call.merchant_ref)
            outcome = "declined" if call.amount_minor > room else outcome
            now = datetime.now(UTC).isoformat()
            number = base.execute("SELECT count(*) FROM refunds").fetchone()[0] + 1
            base.execute(
                "INSERT INTO refunds (account, key, ref, payment, merchant_ref, refund_no, amount, currency, outcome, behaviour,"
                " created_at, done_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self.account, call.key, f"SIM-RF-{number:08d}", call.provider_ref, call.merchant_ref, call.refund_no, call.amount_minor,
                    call.currency, outcome, behaviour.value, now, None if outcome == "pending" else now,
                ),
            )  # fmt: skip
            return _paid(base.execute("SELECT * FROM refunds WHERE account = ? AND key = ?", (self.account, call.key)).fetchone())

    def _room(self, base: sqlite3.Connection, call) -> int:
        """What was paid, as far as these books know of payments: as the caller says."""
        return call.payment_amount_minor

    def _refunded(self, base: sqlite3.Connection, merchant_ref: str) -> int:
        row = base.execute(
            "SELECT coalesce(sum(amount), 0) FROM refunds WHERE account = ? AND merchant_ref = ? AND outcome <> 'declined'",
            (self.account, merchant_ref),
        )
        return row.fetchone()[0]

    def ask(self, key: str) -> Paid | None:
        """What became of a key; a slow one is done when it is asked about for the second time."""
        with self._write() as base:
            where = (self.account, key)
            base.execute("UPDATE refunds SET asked = asked + 1 WHERE account = ? AND key = ?", where)
            base.execute(
                "UPDATE refunds SET outcome = CASE behaviour WHEN 'slow_decline' THEN 'declined' ELSE 'succeeded' END, done_at = ?"
                " WHERE account = ? AND key = ? AND outcome = 'pending' AND asked >= 2",
                (datetime.now(UTC).isoformat(), *where),
            )
            return _paid(base.execute("SELECT * FROM refunds WHERE account = ? AND key = ?", where).fetchone())

    def post(self, event: str, body: str) -> None:
        """Puts a notice into the out-tray."""
        with self._write() as base:
            base.execute("INSERT INTO notices (account, event, body) VALUES (?, ?, ?)", (self.account, event, body))

    def take_notices(self) -> list[str]:
        """The bodies that nobody was told yet, in the order they leave; each is given out once."""
        return [body for _event, body in self.take_events()]

    def take_events(self) -> list[tuple[str, str]]:
        """The same with their names."""
        with self._write() as base:
            rows = base.execute(
                "SELECT id, event, body FROM notices WHERE account = ? AND sent = 0 ORDER BY id", (self.account,)
            ).fetchall()
            base.executemany("UPDATE notices SET sent = 1 WHERE id = ?", [(row["id"],) for row in rows])
            return [(row["event"], row["body"]) for row in rows]

    def truth(self) -> list[Paid]:
        """Everything this account ever asked for, oldest first."""
        with self._open() as base:
            rows = base.execute("SELECT * FROM refunds WHERE account = ? ORDER BY created_at, key", (self.account,)).fetchall()
            return [_paid(row) for row in rows]


def _paid(row: sqlite3.Row | None) -> Paid | None:
    if row is None:
        return None
    done = datetime.fromisoformat(row["done_at"]) if row["done_at"] else None
    names = ("key", "ref", "payment", "merchant_ref", "refund_no", "amount", "currency", "outcome", "behaviour")
    return Paid(*(row[name] for name in names), done, row["calls"])
