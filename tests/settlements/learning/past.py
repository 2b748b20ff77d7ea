"""Pasts to learn from: channel-days as frames with a habit planted in them or none, and rows in the database."""

import random
from datetime import date, timedelta

import polars as pl

from apps.channels.calendar import BusinessCalendar
from apps.core import clock
from apps.orders.models import Order, Payment
from apps.settlements.learning import days
from apps.settlements.learning.openings import opening_table
from apps.settlements.models import Discrepancy, LearnedModel
from tests import cast

FIRST = date(2026, 1, 1)
CHANNELS = (1, 2, 3)


def past_days(seed: int, count: int = 300, *, habit: bool) -> pl.DataFrame:
    """Three channels. With the habit two of three Fridays of channel 1 differ and else one day in fifty; without it one day in ten."""
    dice, calendar = random.Random(seed), BusinessCalendar()
    every = [FIRST + timedelta(days=at) for at in range(count)]
    sums = [(channel, day, "card", dice.randint(4, 12), dice.randint(1_000, 90_000)) for channel in CHANNELS for day in every]
    wrong = []
    for channel in CHANNELS:
        for day in every:
            rate = 0.1 if not habit else 0.67 if channel == 1 and day.weekday() == 4 else 0.02
            if dice.random() < rate:
                wrong.append((channel, day))
    return days.day_rows(
        pl.DataFrame(sums, schema=days.SUMS, orient="row"),
        pl.DataFrame([], schema=days.REFUNDS, orient="row"),
        pl.DataFrame(wrong, schema=days.DIFFERENCES, orient="row"),
        opening_table(dict.fromkeys(CHANNELS, every), dict.fromkeys(CHANNELS, calendar)),
        every[-1],
    )


def make_model(merchant, kind: str = "risk_day", *, passes: bool = True, **fields) -> LearnedModel:
    """A version of which every figure says the same as `passes`; of days, it likes Fridays."""
    part = {"rows": 300, "positives": 30, "first": "2026-01-01", "last": "2026-08-31"}
    pair = {"own": 0.5, "plain": 0.25}
    figures = {
        "trained": part, "held": part, "average_precision": pair, "log_loss": pair, "wins": 1.0, "chance": 0.001,
        "first_looks": {"looks": 30, "own": 15.0, "plain": 6.0},
    }  # fmt: skip
    points = {"weekday": {"4": 2.0, "0": -0.5}}
    defaults = {
        "version": 1, "trained_at": cast.NOW, "trained_from": FIRST, "trained_to": date(2026, 8, 31), "rows": 300, "positives": 30,
        "measured_at": cast.NOW, "score_ppm": 500_000, "baseline_ppm": 250_000, "figures": figures,
        "checks": [{"name": "wins", "found": 0.5, "needed": 0.95, "holds": passes}], "passes": passes,
        "parameters": {"base": -2.0, "points": points, "cuts": {"largest": {}, "amount": {}, "firsts": []}},
    }  # fmt: skip
    fields = {**defaults, **fields}
    if fields.get("is_on"):
        fields.setdefault("switched_at", cast.NOW)
    fields.setdefault("fingerprint", f"{kind}{merchant.pk}{fields['version']}{hash(str(fields['parameters']))}"[:64])
    return LearnedModel.objects.create(merchant=merchant, kind=kind, **fields)


def sell(channel, count: int, *, habit: bool, last: date = date(2026, 11, 19)) -> list[Payment]:
    """A payment a day up to `last`; with the habit, every Friday's differs (its statement says another amount)."""
    days = [last - timedelta(days=ago) for ago in range(count - 1, -1, -1)]
    moments = {day: clock.start_of_day(day, channel.timezone, hour=12) for day in days}
    common = {"merchant": channel.merchant, "currency": channel.currency}
    orders = [
        Order(order_no=f"D{day}", order_key=f"D{day}", placed_at=moments[day], total_minor=50_000, **common) for day in days
    ]  # fmt: skip
    Order.objects.bulk_create(orders)
    rows = [
        Payment(
            order=order, channel=channel, method="credit_card", merchant_ref=order.order_no, merchant_ref_key=order.order_no,
            amount_minor=50_000, order_total_minor=50_000, state="paid", placed_at=order.placed_at, paid_at=order.placed_at,
            business_date=day, **common,
        )
        for order, day in zip(orders, days, strict=True)
    ]  # fmt: skip
    Payment.objects.bulk_create(rows)
    wrong = [row for row in rows if habit and row.business_date.weekday() == 4]
    Discrepancy.objects.bulk_create(difference(row) for row in wrong)
    return rows


def difference(payment: Payment, **fields) -> Discrepancy:
    """A payment that a person found explained."""
    fields = {
        "state": "resolved", "closed_at": cast.NOW, "resolution": "explained", "reason": "rounding", "kind": "amount_mismatch",
        "subject_type": "payment", "subject_key": str(payment.pk), "currency": payment.currency, "severity": "normal",
        "expected_minor": 50_000, "actual_minor": 50_100, "difference_minor": 100, "business_date": payment.business_date,
        "opened_at": cast.NOW, "due_at": cast.NOW, **fields,
    }  # fmt: skip
    return Discrepancy(merchant=payment.merchant, channel=payment.channel, payment=payment, **fields)
