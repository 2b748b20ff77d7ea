"""Frames for the matching tests: one line of text a row, defaults for the rest. Amounts are whole minor units."""

from datetime import UTC, date, datetime, timedelta

import polars as pl

from apps.channels.calendar import Settlement, calendar_from
from apps.channels.cells import key_text
from apps.channels.fees import terms_from
from apps.settlements.matching import frames
from apps.settlements.matching.keys import in_order

DAY = date(2026, 9, 1)  # a Tuesday
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
WEEK = calendar_from(weekend=["sat", "sun"])
CARD = {
    "methods": ["credit_card"],
    "percent": "2",
    "tolerance": "0.01",
    "unit": "0.01",
    "rounding": "half_up",
    "valid_from": date(2026, 1, 1),
}


def terms(**changes) -> frames.ChannelTerms:
    """A daily channel that pays on T+1, grace one open day, 2 % on cards with a tolerance of one cent."""
    usual = {
        "channel_id": 1,
        "statements": "daily",
        "calendar": WEEK,
        "settlement": Settlement.parse("T+1"),
        "fees": (terms_from(CARD, "CNY"),),
        "grace_days": 1,
        "bank_account_id": 9,
        "bank_keywords": ("ACME",),
    }
    return frames.ChannelTerms(**(usual | changes))


def _frame(rows: list[dict], schema: dict) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema) if rows else frames.empty(schema)


def payments(*rows: dict) -> pl.DataFrame:
    """Paid card payments of 100.00 at noon, ids from 1; `ref` is the merchant reference, `pref` the provider's."""
    made = []
    for at, row in enumerate(rows, 1):
        ref, pref = row.get("ref", f"M{at}"), row.get("pref", "")
        paid_at = row.get("paid_at", NOON)
        amount = row.get("amount", 10000)
        made.append(
            {
                "id": at,
                "order_id": row.get("order_id", at),
                "order_key": key_text(row.get("order", f"O{at}")),
                "merchant_ref_key": key_text(ref),
                "provider_ref_key": key_text(pref),
                "method": row.get("method", "credit_card"),
                "currency": row.get("currency", "CNY"),
                "amount": amount,
                "order_total": row.get("order_total", amount),
                "state": row.get("state", "paid"),
                "paid_at": paid_at,
                "business_date": paid_at.date() if paid_at else None,
            }
        )
    return _frame(made, frames.PAYMENTS)


def refunds(*rows: dict) -> pl.DataFrame:
    """Succeeded refunds of 40.00 at noon; `payment` is the payment's id."""
    made = []
    for at, row in enumerate(rows, 1):
        done = row.get("refunded_at", NOON)
        made.append(
            {
                "id": at,
                "payment_id": row["payment"],
                "refund_no_key": key_text(row.get("no", f"R{at}")),
                "provider_refund_ref": row.get("rref", ""),
                "provider_refund_ref_key": key_text(row.get("rref", "")),
                "currency": row.get("currency", "CNY"),
                "amount": row.get("amount", 4000),
                "state": row.get("state", "succeeded"),
                "refunded_at": done,
                "business_date": done.date() if done else None,
            }
        )
    return _frame(made, frames.REFUNDS)


def lines(*rows: dict) -> pl.DataFrame:
    """Payment lines of 100.00 with a fee of 2.00 at noon, ids from 101."""
    made = []
    for at, row in enumerate(rows, 101):
        gross = row.get("gross", 10000)
        fee = row.get("fee", -gross // 50 if row.get("kind", "payment") == "payment" else 0)
        at_time = row.get("at", NOON)
        made.append(
            {
                "id": at,
                "statement_id": row.get("statement_id", 1),
                "row_no": at,
                "kind": row.get("kind", "payment"),
                "provider_ref_key": key_text(row.get("pref", "")),
                "merchant_ref_key": key_text(row.get("ref", "")),
                "provider_refund_ref_key": key_text(row.get("rref", "")),
                "refund_ref_key": key_text(row.get("no", "")),
                "line_ref": row.get("line_ref", ""),
                "method": row.get("method", ""),
                "currency": row.get("currency", "CNY"),
                "gross": gross,
                "fee": fee,
                "net": row.get("net", gross + fee),
                "occurred_at": at_time,
                "business_date": row.get("day", at_time.date()),
                "payout_ref": row.get("po", ""),
                "payout_on": row.get("po_on"),
                "row_hash": row.get("hash", at),
                "ordinal": row.get("ordinal", 0),
            }
        )
    return _frame(made, frames.LINES)


def statements(first: date = DAY, days: int = 10, *, without: tuple[date, ...] = ()) -> pl.DataFrame:
    """One posted file a day."""
    every = [first + timedelta(days=at) for at in range(days)]
    rows = [
        {"id": at, "name": f"f{day}", "first_day": day, "last_day": day, "lists": "trades"}
        for at, day in enumerate(every, 1)
        if day not in without
    ]
    return _frame(rows, frames.STATEMENTS)


def links(*pairs: tuple[int, int | None, int | None]) -> pl.DataFrame:
    """(line, payment, refund) links a person made or undid."""
    rows = [(*pair, 0, 0, None) for pair in pairs]
    return pl.DataFrame(rows, schema=frames.LINKS, orient="row")


def bank(*rows: dict) -> pl.DataFrame:
    """Bank lines of account 9, ids from 501."""
    made = [
        {
            "id": at,
            "bank_account_id": row.get("account", 9),
            "booked_on": row.get("on", date(2026, 9, 2)),
            "currency": "CNY",
            "amount": row["amount"],
            "reference": row.get("reference", ""),
            "memo": row.get("memo", "ACME settlement"),
            "row_hash": at,
            "ordinal": 0,
        }
        for at, row in enumerate(rows, 501)
    ]
    return _frame(made, frames.BANK_LINES)


def payouts(*rows: dict) -> pl.DataFrame:
    """Unnamed payouts of channel 1, due on 2 September, ids from 1; `ref` names one."""
    made = []
    for at, row in enumerate(rows, 1):
        due = row.get("due", date(2026, 9, 2))
        made.append(
            {
                "id": at,
                "channel_id": row.get("channel", 1),
                "ref": row.get("ref", due.isoformat()),
                "is_named": "ref" in row,
                "currency": "CNY",
                "due_on": due,
                "covers_from": DAY,
                "covers_to": DAY,
                "lines_net": row["net"],
                "line_count": 1,
                "announced": row.get("announced"),
                "returned_on": row.get("returned_on"),
                "carried_by": row.get("carried_by", ""),
            }
        )
    return _frame(made, {"id": frames.WHOLE, "channel_id": frames.WHOLE, **frames.PAYOUTS})


def books(pay, back, rows, posted=None, **hands) -> frames.ChannelBooks:
    """The four frames of a channel; ten days of statements unless given."""
    return in_order(frames.ChannelBooks(pay, back, rows, statements() if posted is None else posted, **hands))


def told(faults: pl.DataFrame) -> list[tuple]:
    """(kind, subject, expected, actual) of every fault, sorted."""
    return sorted(faults.select("kind", "subject_key", "expected", "actual").rows())


def linked(matches: pl.DataFrame) -> list[tuple]:
    """(line, payment, refund, rule, amount) of every match, sorted."""
    return sorted(matches.select("line_id", "payment_id", "refund_id", "rule", "amount").rows(), key=str)
