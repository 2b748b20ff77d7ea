"""Payments: bursts from one place, large ones, small ones that try cards, unusual countries, methods that fail."""

from datetime import UTC, datetime, timedelta

import polars as pl

from apps.disputes.rules.baselines import CLEAR, dense, rate_spread, seasonal
from apps.disputes.rules.frames import Finding, Span
from apps.disputes.rules.kinds import Kind
from apps.disputes.rules.settings import Settings

MILLION = 1_000_000
LEAST_RATED = 5  # attempts from which a window's rate says something
LEAST_KNOWN = 30  # attempts from which the rate of the whole time before is a normal
HALF = 500_000  # of the attempts of a card test fail at least; the query counts no other bursts
WHO = {Kind.IP_VELOCITY: "ip", Kind.BUYER_VELOCITY: "buyer", Kind.CARD_TESTING: "channel"}


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)


def bursts(settings: Settings, frame: pl.DataFrame, span: Span) -> list[Finding]:
    """One finding a burst; it is known by the moment at which the limit was reached."""
    label, found = WHO[settings.kind], []
    for row in frame.sort("hit_at", "who", "currency").iter_rows(named=True):
        at = _moment(row["hit_at"])
        if not span.since <= at <= span.until:
            continue
        first, last = _moment(row["first_at"]), _moment(row["last_at"])
        evidence = {
            "rows": "payments",
            label: row["who"],
            "currency": row["currency"],
            "since": first.isoformat(),
            "until": last.isoformat(),
        }
        if settings.kind == Kind.CARD_TESTING:
            evidence["most"] = settings.threshold
        facts = {label: row["who"], "peak": row["peak"], "failed": row["failed"], "minutes": settings.window}
        found.append(
            Finding(
                key=f"{row['who']}:{row['currency']}:{at.isoformat(timespec='seconds')}",
                group=f"{label}:{row['who']}",
                at=at,
                amount_minor=row["minor"],
                currency=row["currency"],
                count=row["count"],
                facts=facts,
                evidence=evidence,
            )
        )
    return found


def large_amount(settings: Settings, frame: pl.DataFrame, span: Span) -> list[Finding]:
    """Days on which a channel took payments at or above the limit."""
    found = []
    for row in frame.sort("day", "channel_id", "currency").iter_rows(named=True):
        at = row["first_at"]
        if not span.since <= at <= span.until:
            continue
        where = {"channel": row["channel_id"], "currency": row["currency"]}
        day = row["day"].isoformat()
        found.append(
            Finding(
                key=f"{row['channel_id']}:{row['currency']}:{day}",
                group=f"channel:{row['channel_id']}:{row['currency']}",
                at=at,
                amount_minor=row["minor"],
                currency=row["currency"],
                count=row["count"],
                facts={**where, "most": row["most"], "day": day, "limit": settings.threshold},
                evidence={"rows": "payments", **where, "least": settings.threshold, "since": day, "until": day},
            )
        )
    return found


def unusual_country(settings: Settings, frame: pl.DataFrame, span: Span) -> list[Finding]:
    """Days with payments from a country that had (nearly) none in the window before, where the window is long enough to say so."""
    if frame.is_empty():
        return []
    where = ["channel_id", "currency"]
    days = dense(
        frame,
        time="day",
        by=[*where, "country"],
        values=["payments", "minor"],
        first=frame["day"].min(),
        last=max(span.last_day, frame["day"].max()),
    )
    before = pl.col("payments").rolling_sum(settings.window, min_samples=1).shift(1).over([*where, "country"]).fill_null(0)
    days = days.with_columns(before.alias("before")).with_columns(pl.col("before").sum().over([*where, "day"]).alias("of"))
    hits = days.filter(
        pl.col("day").is_between(span.first_day, span.last_day),
        pl.col("payments") > 0,
        pl.col("of") >= max(settings.floor, 1),
        pl.col("before") * MILLION < pl.col("of") * settings.threshold,
        ~pl.col("country").is_in(["", *settings.countries]),
    )
    return [_of_country(row, span, settings) for row in hits.sort("day", *where, "country").iter_rows(named=True)]


def _of_country(row: dict, span: Span, settings: Settings) -> Finding:
    day, where = row["day"].isoformat(), {"channel": row["channel_id"], "country": row["country"]}
    return Finding(
        key=f"{row['channel_id']}:{row['currency']}:{row['country']}:{day}",
        group=f"country:{row['country']}",
        at=span.day_start(row["day"]),
        amount_minor=row["minor"],
        currency=row["currency"],
        count=row["payments"],
        facts={**where, "before": row["before"], "of": row["of"], "days": settings.window, "day": day},
        evidence={"rows": "payments", **where, "currency": row["currency"], "since": day, "until": day},
    )


def failure_rate(settings: Settings, frame: pl.DataFrame, span: Span) -> list[Finding]:
    """Days on which a method failed far more often than at this hour and weekday; without enough of those, than before at all."""
    if frame.is_empty():
        return []
    by, window = ["channel_id", "method", "currency"], settings.window
    until = span.local(span.until).replace(tzinfo=UTC, minute=0, second=0, microsecond=0)
    first = span.local(span.since).replace(tzinfo=UTC)
    frame = _with_failures(frame, by, first - timedelta(hours=window), settings.floor)
    if frame.is_empty():
        return []
    hours = dense(
        frame,
        time="hour",
        by=by,
        values=["attempts", "failed", "failed_minor"],
        first=frame["hour"].min(),
        last=max(until, frame["hour"].max()),
    )
    rolled = hours.with_columns(
        pl.col(name).rolling_sum(window, min_samples=1).over(by).alias(to)
        for name, to in (("attempts", "tried"), ("failed", "lost"), ("failed_minor", "minor"))
    ).with_columns(
        pl.when(pl.col("tried") >= LEAST_RATED).then(pl.col("lost") / pl.col("tried")).alias("rate"),
        *(
            pl.col(name).rolling_sum(8 * 168, min_samples=1).shift(window).over(by).fill_null(0).alias(f"all_{name}")
            for name in ("attempts", "failed")
        ),
    )
    whole = pl.when(pl.col("all_attempts") >= LEAST_KNOWN).then(pl.col("all_failed") / pl.col("all_attempts"))
    known = seasonal(rolled, "rate", time="hour", by=by).with_columns(pl.coalesce("normal", whole).alias("normal"))
    hits = known.filter(
        pl.col("hour").is_between(first, until),
        pl.col("failed") > 0,
        pl.col("normal").is_not_null() & pl.col("rate").is_not_null(),
        pl.col("lost") >= max(settings.floor, 1),
        pl.col("rate") >= pl.col("normal") + settings.threshold / MILLION,
        pl.col("rate") >= pl.col("normal") + CLEAR * rate_spread("tried"),
    ).with_columns(pl.col("hour").dt.date().alias("day"))
    worst = hits.sort("lost", "hour", descending=[True, False]).group_by([*by, "day"], maintain_order=True).first()
    return [_of_method(row, span, window) for row in worst.sort("day", *by).iter_rows(named=True)]


def _with_failures(frame: pl.DataFrame, by: list[str], first: datetime, least: int) -> pl.DataFrame:
    """Only methods that failed often enough in the span to matter: most never do, and need no hours of their own."""
    lost = frame.filter(pl.col("hour") >= first).group_by(by).agg(pl.col("failed").sum()).filter(pl.col("failed") >= max(least, 1))
    return frame.join(lost, on=by, how="semi")


def _of_method(row: dict, span: Span, window: int) -> Finding:
    where = {"channel": row["channel_id"], "method": row["method"]}
    end = row["hour"].replace(tzinfo=None) + timedelta(hours=1)
    since, until = span.moment(end - timedelta(hours=window)), span.moment(end)
    return Finding(
        key=f"{row['channel_id']}:{row['method']}:{row['currency']}:{row['day'].isoformat()}",
        group=f"method:{row['channel_id']}:{row['method']}",
        at=span.moment(row["hour"].replace(tzinfo=None)),
        amount_minor=row["minor"],
        currency=row["currency"],
        count=row["lost"],
        facts={
            **where,
            "failed": row["lost"],
            "attempts": row["tried"],
            "rate": row["lost"] * MILLION // row["tried"],
            "normal": round(row["normal"] * MILLION),
            "hours": window,
        },
        evidence={
            "rows": "payments", **where, "currency": row["currency"], "state": "failed",
            "since": since.isoformat(), "until": until.isoformat(),
        },
    )  # fmt: skip
