"""What the journal is derived from, and what it comes to: plain frames, no database. Amounts are minor units.

Lines, payouts, bank and differences are signed from the merchant's side; payments, refunds, transfers and disputes are positive.
"""

from dataclasses import dataclass, field, fields
from functools import partial

import polars as pl

TEXT, WHOLE, DAY = pl.String(), pl.Int64(), pl.Date()

PAYMENTS = {"id": WHOLE, "currency": TEXT, "amount": WHOLE, "business_date": DAY}  # captured ones alone
REFUNDS = {"id": WHOLE, "currency": TEXT, "amount": WHOLE, "business_date": DAY}  # succeeded, and paid by the provider
LINES = {
    "id": WHOLE,
    "kind": TEXT,
    "currency": TEXT,
    "business_date": DAY,
    "gross": WHOLE,
    "fee": WHOLE,
    "other": WHOLE,
}
MATCHES = {"line_id": WHOLE, "payment_id": WHOLE, "refund_id": WHOLE}  # links in force
DISPUTE_LINES = {"line_id": WHOLE, "dispute_id": WHOLE, "role": TEXT}  # role: taken | returned
DISPUTES = {"id": WHOLE, "currency": TEXT, "returned": WHOLE, "closed_on": DAY}  # ended ones alone
PAYOUTS = {
    "id": WHOLE,
    "currency": TEXT,
    "lines_net": WHOLE,
    "announced": WHOLE,  # null where the provider has no payout row of its own
    "announced_on": DAY,
    "arrived_on": DAY,  # null until the bank shows it
    "arrived": WHOLE,
    "bank_account_id": WHOLE,
    "bank_currency": TEXT,
}
DEPOSITS = {"id": WHOLE, "currency": TEXT, "amount": WHOLE, "booked_on": DAY, "bank_account_id": WHOLE}  # unexplained ones
TRANSFERS = {"id": WHOLE, "currency": TEXT, "amount": WHOLE, "paid_on": DAY, "bank_account_id": WHOLE}  # refunds our bank paid
DECISIONS = {
    "id": WHOLE,
    "kind": TEXT,  # of the difference
    "subject_type": TEXT,
    "subject_id": WHOLE,
    "resolution": TEXT,
    "currency": TEXT,
    "difference": WHOLE,
    "closed_on": DAY,
}
# Differences within tolerance in force, signed as decisions' are; and the payments and refunds whose rate somebody was told of.
ACCEPTED = {"kind": TEXT, "subject_type": TEXT, "subject_id": WHOLE, "currency": TEXT, "difference": WHOLE, "business_date": DAY}
RATES_TOLD = {"subject_type": TEXT, "subject_id": WHOLE}

# What the journal comes to: one row a posting. `debit` and `credit` are account keys, `amount` is positive.
POSTINGS = {
    "source_key": TEXT,
    "source": TEXT,
    "source_id": WHOLE,  # null where a day's rows are one entry
    "kind": TEXT,  # of the lines, or of the difference
    "belongs_on": DAY,
    "debit": TEXT,
    "credit": TEXT,
    "amount": WHOLE,
}


def empty(shape: dict) -> pl.DataFrame:
    return pl.DataFrame(schema=shape)


@dataclass
class Facts:
    """Everything that is known of one channel."""

    channel_id: int
    payments: pl.DataFrame = field(default_factory=partial(empty, PAYMENTS))
    refunds: pl.DataFrame = field(default_factory=partial(empty, REFUNDS))
    lines: pl.DataFrame = field(default_factory=partial(empty, LINES))
    matches: pl.DataFrame = field(default_factory=partial(empty, MATCHES))
    dispute_lines: pl.DataFrame = field(default_factory=partial(empty, DISPUTE_LINES))
    disputes: pl.DataFrame = field(default_factory=partial(empty, DISPUTES))
    payouts: pl.DataFrame = field(default_factory=partial(empty, PAYOUTS))
    deposits: pl.DataFrame = field(default_factory=partial(empty, DEPOSITS))
    transfers: pl.DataFrame = field(default_factory=partial(empty, TRANSFERS))
    decisions: pl.DataFrame = field(default_factory=partial(empty, DECISIONS))
    accepted: pl.DataFrame = field(default_factory=partial(empty, ACCEPTED))
    rates_told: pl.DataFrame = field(default_factory=partial(empty, RATES_TOLD))

    @property
    def is_empty(self) -> bool:
        return all(getattr(self, one.name).is_empty() for one in fields(self) if one.name != "channel_id")
