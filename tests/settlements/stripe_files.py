"""Small Stripe payout reports and bank files for the tests of intake: one call a file, rows as dictionaries."""

from datetime import date
from decimal import Decimal

HEADER = [
    "automatic_payout_id", "automatic_payout_effective_at_utc", "balance_transaction_id", "created_utc", "currency", "gross", "fee", "net",
    "reporting_category", "source_id", "description", "charge_id", "payment_intent_id", "payment_metadata[merchant_ref]",
    "refund_metadata[refund_no]",
]  # fmt: skip


def row(number: int, *, gross: str = "10.00", fee: str = "0.30", day: date = date(2026, 11, 16), payout: str = "po_1Qx88", **cells) -> dict:
    """A charge of 10.00 with a fee of 0.30; `number` names its ids."""
    net = Decimal(gross) - Decimal(fee)
    usual = {
        "automatic_payout_id": payout,
        "automatic_payout_effective_at_utc": "2026-11-18 00:00:00", "balance_transaction_id": f"txn_{number}",
        "created_utc": f"{day} 03:00:00", "currency": "usd", "gross": gross, "fee": fee, "net": net, "reporting_category": "charge",
        "source_id": f"ch_{number}", "charge_id": f"ch_{number}", "payment_intent_id": f"pi_{number}",
        "payment_metadata[merchant_ref]": f"A{number}",
    }  # fmt: skip
    return {**usual, **cells}


def report(*rows: dict, columns: list[str] | None = None) -> bytes:
    """The file of a payout; `columns` puts them in another order."""
    columns = columns or HEADER
    lines = [",".join(columns)] + [",".join(str(one.get(name, "")) for name in columns) for one in rows]
    return ("\n".join(lines) + "\n").encode()


BANK_MAPPING = {"date": "Date", "date_format": "%Y-%m-%d", "amount": "Amount", "memo": ["Memo"], "encoding": "utf-8"}


def bank(*rows: tuple[str, str, str]) -> bytes:
    """(day, amount, memo) rows of a mapped bank CSV."""
    return "\n".join(["Date,Amount,Memo", *(",".join(one) for one in rows), ""]).encode()
