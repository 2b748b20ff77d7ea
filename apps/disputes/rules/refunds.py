"""Refunds: too many for what is sold, and too many for one day."""

from datetime import timedelta

import polars as pl

from apps.disputes.rules.baselines import CLEAR, count_spread, dense, seasonal, surely_above
from apps.disputes.rules.frames import Finding, Span
from apps.disputes.rules.settings import Settings

MILLION = 1_000_000
LEAST_DAYS = 7  # of trade before anything can be called normal


def _days(frame: pl.DataFrame, span: Span) -> pl.DataFrame:
    """Every day of each currency since its first trade."""
    if frame.is_empty():
        return frame
    return dense(
        frame,
        time="day",
        by=["currency"],
        values=["payments", "refunds", "minor"],
        first=frame["day"].min(),
        last=max(span.last_day, frame["day"].max()),
    )


def refund_rate(settings: Settings, frame: pl.DataFrame, span: Span) -> list[Finding]:
    """Days on which the refunds of the window are surely more than the threshold of its payments."""
    days = _days(frame, span)
    if days.is_empty():
        return []
    rolled = days.with_columns(
        pl.col("refunds").rolling_sum(settings.window, min_samples=1).over("currency").alias("asked"),
        pl.col("payments").rolling_sum(settings.window, min_samples=1).over("currency").alias("sold"),
    ).with_columns(pl.max_horizontal("sold", "asked").alias("sold"))
    hits = rolled.filter(
        pl.col("day").is_between(span.first_day, span.last_day),
        pl.col("refunds") > 0,
        pl.col("asked") >= max(settings.floor, 1),
        surely_above("asked", "sold") * MILLION > settings.threshold,
    )
    return [
        _finding(
            row, span, settings.window, {"refunds": row["asked"], "payments": row["sold"], "rate": row["asked"] * MILLION // row["sold"]}
        )
        for row in hits.sort("day", "currency").iter_rows(named=True)
    ]


def refund_surge(settings: Settings, frame: pl.DataFrame, span: Span) -> list[Finding]:
    """Days with several times the refunds that this weekday has, and more than chance explains."""
    days = _days(frame, span)
    if days.is_empty():
        return []
    before = pl.col("refunds").cast(pl.Float64).rolling_median(56, min_samples=LEAST_DAYS).shift(1).over("currency")
    known = seasonal(days, "refunds", time="day", by=["currency"]).with_columns(pl.coalesce("normal", before).alias("normal"))
    hits = known.filter(
        pl.col("day").is_between(span.first_day, span.last_day),
        pl.col("normal").is_not_null(),
        pl.col("refunds") >= max(settings.floor, 1),
        pl.col("refunds") * 100 >= pl.col("normal") * settings.threshold,
        pl.col("refunds") >= pl.col("normal") + CLEAR * count_spread(),
    )
    return [
        _finding(row, span, 1, {"refunds": row["refunds"], "normal": round(row["normal"] * 10)})
        for row in hits.sort("day", "currency").iter_rows(named=True)
    ]


def _finding(row: dict, span: Span, window: int, facts: dict) -> Finding:
    day, currency = row["day"], row["currency"]
    evidence = {"rows": "refunds", "currency": currency, "since": (day - timedelta(days=window - 1)).isoformat(), "until": day.isoformat()}
    return Finding(
        key=f"{currency}:{day.isoformat()}",
        group=f"currency:{currency}",
        at=span.day_start(day),
        amount_minor=row["minor"],
        currency=currency,
        count=row["refunds"],
        facts={**facts, "day": day.isoformat(), "days": window},
        evidence=evidence,
    )
