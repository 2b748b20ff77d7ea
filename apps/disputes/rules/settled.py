"""What providers and banks did: differences, fees that rise, payouts that are late."""

from datetime import timedelta

import polars as pl

from apps.disputes.rules.baselines import CLEAR, SIGMA, dense, seasonal
from apps.disputes.rules.frames import Finding, Span
from apps.disputes.rules.settings import Settings

MILLION = 1_000_000
LEAST_RISE = 500  # parts per million of the sales: below, a rise is rounding


def single_difference(settings: Settings, frame: pl.DataFrame, span: Span) -> list[Finding]:
    """Every difference at or above the threshold, whichever way it goes."""
    hits = frame.filter(
        pl.col("opened_at").is_between(span.since, span.until), pl.col("difference_minor").abs() >= pl.max_horizontal("limit", pl.lit(1))
    )
    return [
        Finding(
            key=str(row["id"]),
            group=f"channel:{row['channel_id']}:{row['currency']}",
            at=row["opened_at"],
            amount_minor=abs(row["difference_minor"]),
            currency=row["currency"],
            count=1,
            facts={"channel": row["channel_id"], "kind": row["kind"], "difference": row["difference_minor"], "limit": row["limit"]},
            evidence={"rows": "differences", "id": row["id"]},
        )
        for row in hits.sort("opened_at", "id").iter_rows(named=True)
    ]


def fee_ratio(settings: Settings, frame: pl.DataFrame, span: Span) -> list[Finding]:
    """Days on which the fees of the window are a larger part of the sales than in the weeks before."""
    if frame.is_empty():
        return []
    by = ["channel_id", "method", "currency"]
    days = dense(
        frame, time="day", by=by, values=["lines", "gross", "fee"], first=frame["day"].min(), last=max(span.last_day, frame["day"].max())
    )
    rolled = days.with_columns(
        pl.col(name).rolling_sum(settings.window, min_samples=1).over(by).alias(f"all_{name}") for name in ("lines", "gross", "fee")
    )
    enough = (pl.col("all_lines") >= max(settings.floor, 1)) & (pl.col("all_gross") > 0)
    rolled = rolled.with_columns(pl.when(enough).then(pl.col("all_fee") * MILLION / pl.col("all_gross")).alias("ratio"))
    known = seasonal(rolled, "ratio", time="day", by=by)
    rise = pl.col("ratio") - pl.col("normal")
    hits = known.filter(
        pl.col("day").is_between(span.first_day, span.last_day),
        pl.col("lines") > 0,
        pl.col("normal").is_not_null() & pl.col("ratio").is_not_null(),
        rise >= pl.max_horizontal(pl.col("normal") * settings.threshold / MILLION, pl.lit(LEAST_RISE, pl.Float64)),
        rise >= CLEAR * SIGMA * pl.col("spread"),
    )
    return [_of_fees(row, span, settings.window) for row in hits.sort("day", *by).iter_rows(named=True)]


def _of_fees(row: dict, span: Span, window: int) -> Finding:
    where, day = {"channel": row["channel_id"], "method": row["method"]}, row["day"]
    normal = round(row["normal"])
    return Finding(
        key=f"{row['channel_id']}:{row['method']}:{row['currency']}:{day.isoformat()}",
        group=f"method:{row['channel_id']}:{row['method']}",
        at=span.day_start(day),
        amount_minor=max(row["fee"] - row["gross"] * normal // MILLION, 0),
        currency=row["currency"],
        count=row["lines"],
        facts={**where, "ratio": round(row["ratio"]), "normal": normal, "days": window, "day": day.isoformat()},
        evidence={
            "rows": "lines", **where, "currency": row["currency"],
            "since": (day - timedelta(days=window - 1)).isoformat(), "until": day.isoformat(),
        },
    )  # fmt: skip


def payout_late(settings: Settings, frame: pl.DataFrame, span: Span) -> list[Finding]:
    """Payouts that came, or still have not come, so many open days after the due day."""
    hits = frame.filter(pl.col("late") >= max(settings.threshold, 1), pl.col("seen_on").is_between(span.first_day, span.last_day))
    return [
        Finding(
            key=str(row["id"]),
            group=f"channel:{row['channel_id']}:{row['currency']}",
            at=span.day_start(row["due_on"] + timedelta(days=1)),
            amount_minor=abs(row["minor"]),
            currency=row["currency"],
            count=1,
            facts={"channel": row["channel_id"], "due": row["due_on"].isoformat(), "late": row["late"], "arrived": int(row["has_arrived"])},
            evidence={"rows": "payouts", "id": row["id"]},
        )
        for row in hits.sort("due_on", "id").iter_rows(named=True)
    ]
