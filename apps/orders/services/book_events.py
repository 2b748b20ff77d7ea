"""The time line of payments that a file changed."""

import json
from datetime import datetime

import polars as pl

from apps.core.bulk import copy_rows
from apps.merchants.models import Merchant
from apps.orders.models import PaymentEvent


def write_state_changes(
    merchant: Merchant, changes: pl.DataFrame, *, file_name: str, now: datetime, kind: str = "books.state_changed"
) -> None:
    """`changes`: payment_id, state_was, state, and refund_no for refunds. Rows whose state stayed leave no event."""
    moved = changes.filter(pl.col("state") != pl.col("state_was"))
    details = [
        json.dumps({"from": row["state_was"], "to": row["state"], "file": file_name} | _refund(row), ensure_ascii=False)
        for row in moved.iter_rows(named=True)
    ]
    moment = pl.lit(now).cast(pl.Datetime("us", "UTC"))
    frame = moved.select("payment_id", merchant_id=pl.lit(merchant.pk), happened_at=moment, kind=pl.lit(kind))
    copy_rows(PaymentEvent, frame.with_columns(detail=pl.Series(details, dtype=pl.String)))


def _refund(row: dict) -> dict:
    return {"refund_no": row["refund_no"]} if "refund_no" in row else {}
