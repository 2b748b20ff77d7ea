"""Open items written shortly: `line(1, 1280)`, `payment(7, 1280, ref="NY1")`; amounts in major units of TWD, days of November 2026."""

from datetime import UTC, date, datetime

import polars as pl

from apps.channels.cells import key_text
from apps.settlements.matching.suggesting import ITEMS


def item(
    pk: int, amount: float, day: int = 16, *, kind: str = "payment", ref: str = "", provider_ref: str = "", memo: str = "", **fields
) -> dict:
    clock = fields.pop("clock", None)
    moment = datetime(2026, 11, day, *clock, tzinfo=UTC) if clock else None
    row = {
        "id": pk, "pool": 1, "owner": 1, "kind": kind, "currency": "TWD", "amount": round(amount * 100), "net": None,
        "day": date(2026, 11, day), "open_day": day, "moment": moment, "method": "", "merchant_ref": key_text(ref),
        "provider_ref": key_text(provider_ref), "memo": memo.lower(), "bundle": "",
    }  # fmt: skip
    return {**row, **fields}


def deposit(pk: int, amount: float, day: int = 16, **fields) -> dict:
    return item(pk, amount, day, kind="payout", owner=None, **fields)


def payout(pk: int, amount: float, day: int = 16, **fields) -> dict:
    return item(pk, amount, day, kind="payout", **fields)


def frame(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=ITEMS)
