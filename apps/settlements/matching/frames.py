"""What reconciliation takes in and gives out: plain frames, no database. Money is signed minor units from the merchant's side."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from apps.channels.calendar import BusinessCalendar, Settlement
from apps.channels.fees import FeeTerms
from apps.channels.tolerances import MatchRules, Rate

TEXT, WHOLE, DAY, MOMENT = pl.String(), pl.Int64(), pl.Date(), pl.Datetime("us", "UTC")

PAYMENTS = {
    "id": WHOLE,
    "order_id": WHOLE,
    "order_key": TEXT,  # where several payments are of one order; may be null elsewhere
    "merchant_ref_key": TEXT,
    "provider_ref_key": TEXT,
    "method": TEXT,
    "currency": TEXT,
    "amount": WHOLE,
    "order_total": WHOLE,
    "state": TEXT,
    "paid_at": MOMENT,
    "business_date": DAY,
}
REFUNDS = {
    "id": WHOLE,
    "payment_id": WHOLE,
    "refund_no_key": TEXT,
    "provider_refund_ref": TEXT,
    "provider_refund_ref_key": TEXT,
    "currency": TEXT,
    "amount": WHOLE,  # positive, as the books hold it
    "state": TEXT,
    "refunded_at": MOMENT,
    "business_date": DAY,
}
# References are compared by their keys (`channels.cells.key`); what was written stays in the database.
LINES = {
    "id": WHOLE,
    "statement_id": WHOLE,
    "row_no": WHOLE,
    "kind": TEXT,
    "provider_ref_key": TEXT,
    "merchant_ref_key": TEXT,
    "provider_refund_ref_key": TEXT,
    "refund_ref_key": TEXT,
    "line_ref": TEXT,
    "method": TEXT,
    "currency": TEXT,
    "gross": WHOLE,
    "fee": WHOLE,
    "net": WHOLE,
    "occurred_at": MOMENT,
    "business_date": DAY,
    "payout_ref": TEXT,
    "payout_on": DAY,
    "row_hash": WHOLE,
    "ordinal": WHOLE,
}
DISPUTES = {
    "id": WHOLE,
    "line_id": WHOLE,  # the line a person opened it from
    "dispute_ref_key": TEXT,
    "payment_id": WHOLE,
    "currency": TEXT,
    "amount": WHOLE,  # positive
    "opened_at": MOMENT,
}
DISPUTE_LINKS = {"line_id": WHOLE, "dispute_id": WHOLE, "role": TEXT, "rule": TEXT}  # role: taken | returned
STATEMENTS = {"id": WHOLE, "name": TEXT, "first_day": DAY, "last_day": DAY, "lists": TEXT}
BANK_LINES = {
    "id": WHOLE,
    "bank_account_id": WHOLE,
    "booked_on": DAY,
    "currency": TEXT,
    "amount": WHOLE,
    "reference": TEXT,
    "memo": TEXT,
    "row_hash": WHOLE,
    "ordinal": WHOLE,
}
# Links a person made or undid; one of payment and refund is null. `amount_minor` is how much of the line is theirs, signed as the line.
LINKS = {"line_id": WHOLE, "payment_id": WHOLE, "refund_id": WHOLE, "slot": WHOLE, "line_slot": WHOLE, "amount_minor": WHOLE}

MATCHES = {
    "line_id": WHOLE,
    "payment_id": WHOLE,
    "refund_id": WHOLE,
    "slot": WHOLE,
    "line_slot": WHOLE,
    "rule": TEXT,
    "amount": WHOLE,
}
# One row a fault. The subject is named by type and by `subject_key`: an id as text, or an ISO day.
FAULTS = {
    "kind": TEXT,
    "subject_type": TEXT,
    "subject_key": TEXT,
    "payment_id": WHOLE,
    "refund_id": WHOLE,
    "line_id": WHOLE,
    "payout_key": TEXT,
    "bank_line_id": WHOLE,
    "statement_id": WHOLE,
    "currency": TEXT,
    "expected": WHOLE,
    "actual": WHOLE,
    "business_date": DAY,
    "due_on": DAY,  # the day it should have been, where the kind is about time
    "found_on": DAY,
}
# Differences within tolerance: no faults, but money that has to be booked somewhere. One of payment and refund is null.
ACCEPTED = {
    "kind": TEXT,
    "payment_id": WHOLE,
    "refund_id": WHOLE,
    "currency": TEXT,
    "expected": WHOLE,
    "actual": WHOLE,
    "business_date": DAY,
}
PAYOUTS = {
    "ref": TEXT,
    "is_named": pl.Boolean(),
    "currency": TEXT,
    "due_on": DAY,
    "covers_from": DAY,
    "covers_to": DAY,
    "lines_net": WHOLE,
    "line_count": WHOLE,
    "announced": WHOLE,  # less what it pays again of payouts that came back
    "returned_on": DAY,  # the day the provider says that it came back; null where it did not
    "carried_by": TEXT,  # the reference of the payout by which it is paid again, empty as long as none is known
}
# Which bank line carries which payout. Several payouts share a line by their `amount`, which together never come to more than it.
TIES = {
    "payout_id": WHOLE,
    "bank_line_id": WHOLE,
    "rule": TEXT,
    "amount": WHOLE,  # signed, as the line
    "slot": WHOLE,  # counts the lines that share a payout
    "line_slot": WHOLE,  # counts the payouts that share a line
}


@dataclass(frozen=True)
class ChannelTerms:
    """What was agreed with one provider, as far as reconciliation needs it."""

    channel_id: int
    statements: str  # daily | per_payout
    calendar: BusinessCalendar
    settlement: Settlement
    fees: tuple[FeeTerms, ...]
    grace_days: int
    bank_account_id: int | None = None
    bank_keywords: tuple[str, ...] = ()
    rules: MatchRules = field(default_factory=MatchRules)
    rates: tuple[Rate, ...] = ()  # booked rates, the latest first
    sweeps: bool = False  # payouts take the whole balance; see `Capabilities.sweeps`


@dataclass(frozen=True)
class ChannelBooks:
    """Everything about one channel that a pass looks at; lines and payments as `keys.in_order` leaves them."""

    payments: pl.DataFrame
    refunds: pl.DataFrame
    lines: pl.DataFrame
    statements: pl.DataFrame
    made_by_hand: pl.DataFrame = field(default_factory=lambda: empty(LINKS))
    undone_by_hand: pl.DataFrame = field(default_factory=lambda: empty(LINKS))
    disputes: pl.DataFrame = field(default_factory=lambda: empty(DISPUTES))


@dataclass(frozen=True)
class Proposal:
    """What a pass over one channel proposes; a service writes it down."""

    matches: pl.DataFrame  # MATCHES
    faults: pl.DataFrame  # FAULTS
    payouts: pl.DataFrame  # PAYOUTS
    covered_until: date | None = None
    dispute_links: pl.DataFrame = field(default_factory=lambda: empty(DISPUTE_LINKS))
    accepted: pl.DataFrame = field(default_factory=lambda: empty(ACCEPTED))


def empty(schema: dict) -> pl.DataFrame:
    """A frame of a schema without rows."""
    return pl.DataFrame(schema=schema)


def shaped(frame: pl.DataFrame, schema: dict) -> pl.DataFrame:
    """The frame with exactly the columns of a schema; those it lacks become null."""
    have = frame.columns
    return frame.select((pl.col(name) if name in have else pl.lit(None)).cast(dtype).alias(name) for name, dtype in schema.items())
