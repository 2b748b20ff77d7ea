"""A channel's days as rows to learn from: what is known of a day by its end, from the books alone."""

from datetime import date

import polars as pl

from apps.settlements.learning.openings import month_part, of_channel
from apps.settlements.learning.tasks import Task

# Captured payments by channel, day and method; refunds by channel and day; differences as (channel, day) pairs.
SUMS = {"channel_id": pl.Int64(), "business_date": pl.Date(), "method": pl.String(), "n": pl.Int64(), "largest": pl.Int64()}
REFUNDS = {"channel_id": pl.Int64(), "business_date": pl.Date(), "n": pl.Int64()}
DIFFERENCES = {"channel_id": pl.Int64(), "business_date": pl.Date()}
KEY = ["channel_id", "business_date"]
NEW_FOR, TRAILING = 14, 28  # days: how long a method is new, and what "usual" looks back on
LATELY = (15, 44)  # days back: differences as old as that are known by the time a day is scored


def day_rows(sums: pl.DataFrame, refunds: pl.DataFrame, differences: pl.DataFrame, openings: pl.DataFrame, last_day: date) -> pl.DataFrame:
    """One row a channel and calendar day from its first payment to `last_day`, with LABELLED and what `cut` needs."""
    every = sums.group_by("channel_id").agg(pl.col("business_date").min()).filter(pl.col("business_date") <= last_day)
    every = every.select("channel_id", pl.date_ranges("business_date", last_day).alias("business_date")).explode("business_date")
    firsts = sums.group_by("channel_id", "method").agg(pl.col("business_date").min().alias("_first"))
    begun = firsts.group_by("channel_id").agg(pl.col("_first").min().alias("_begun"))
    new = sums.join(firsts, on=["channel_id", "method"]).join(begun, on="channel_id")
    new = new.filter((pl.col("_first") > pl.col("_begun") + pl.duration(days=NEW_FOR)) & _within("_first", NEW_FOR))
    whole = sums.group_by(KEY).agg(pl.col("n").sum(), pl.col("largest").max())
    back = refunds.group_by(KEY).agg(pl.col("n").sum().alias("refunds"))
    wrong = differences.select(KEY).unique()
    rows = every.join(whole, on=KEY, how="left").join(back, on=KEY, how="left").join(openings, on=KEY, how="left")
    rows = rows.join(new.select(KEY).unique().with_columns(pl.lit("yes").alias("new_method")), on=KEY, how="left")
    rows = rows.join(wrong.with_columns(pl.lit(True).alias("is_positive")), on=KEY, how="left")
    rows = rows.with_columns(
        pl.col("n", "refunds").fill_null(0),
        pl.col("is_positive").fill_null(False),
        pl.col("new_method").fill_null("no"),
        pl.col("opening").fill_null("usual"),
        pl.lit(1.0).alias("weight"),
    ).sort(KEY)
    return _looked_back(rows)


def _within(first: str, days: int) -> pl.Expr:
    return pl.col("business_date") < pl.col(first) + pl.duration(days=days)


def _looked_back(rows: pl.DataFrame) -> pl.DataFrame:
    """What was usual at the channel before the day. Every calendar day is there, so a row is a day."""
    start, end = LATELY
    before = pl.col("n").shift(1).rolling_median(TRAILING, min_samples=7).over("channel_id")
    refunded = pl.col("refunds").shift(1).rolling_mean(TRAILING, min_samples=7).over("channel_id")
    wrong = pl.col("is_positive").cast(pl.Float64).shift(start).rolling_mean(end - start + 1, min_samples=1).over("channel_id")
    return rows.with_columns(before.alias("_usual"), refunded.alias("_refunded"), wrong.alias("_lately"))


def day_limits(rows: pl.DataFrame) -> dict:
    """By channel, the largest payment of a day that only every fifth, and only every twentieth, day exceeds."""
    sold = rows.filter(pl.col("largest").is_not_null())
    found = sold.group_by("channel_id").agg(pl.col("largest").quantile(0.8).alias("high"), pl.col("largest").quantile(0.95).alias("top"))
    return {"largest": {str(channel): [high, top] for channel, high, top in found.sort("channel_id").iter_rows()}}


def day_facets(rows: pl.DataFrame, cuts: dict) -> pl.DataFrame:
    """`day_rows` with a text column for each facet."""
    channel = pl.col("channel_id").cast(pl.String)
    weekday = pl.col("business_date").dt.weekday() - 1  # Monday is 0
    limits = cuts["largest"]
    high = channel.replace_strict(list(limits), [pair[0] for pair in limits.values()], default=None, return_dtype=pl.Float64())
    top = channel.replace_strict(list(limits), [pair[1] for pair in limits.values()], default=None, return_dtype=pl.Float64())
    n, usual = pl.col("n"), pl.col("_usual").fill_null(pl.col("n")).clip(1)
    return rows.with_columns(
        channel.alias("channel"),
        weekday.cast(pl.String).alias("weekday"),
        of_channel(weekday).alias("channel_weekday"),
        month_part("business_date").alias("month_part"),
        pl.when(pl.col("largest") > top).then(pl.lit("top")).when(pl.col("largest") > high).then(pl.lit("high"))
        .otherwise(pl.lit("usual")).alias("largest_payment"),
        pl.when(n == 0).then(pl.lit("none")).when(n >= usual * 2).then(pl.lit("twice")).when(n >= usual * 1.4).then(pl.lit("more"))
        .when(n <= usual * 0.5).then(pl.lit("less")).otherwise(pl.lit("usual")).alias("volume"),
        pl.when(pl.col("refunds") == 0).then(pl.lit("none"))
        .when((pl.col("refunds") >= 3) & (pl.col("refunds") >= pl.col("_refunded").fill_null(0) * 2)).then(pl.lit("many"))
        .otherwise(pl.lit("usual")).alias("refunded"),
        pl.when(pl.col("_lately").fill_null(0) == 0).then(pl.lit("none")).when(pl.col("_lately") <= 0.1).then(pl.lit("few"))
        .otherwise(pl.lit("many")).alias("lately"),
    )  # fmt: skip


DAYS = Task(
    facets=(
        "channel", "weekday", "channel_weekday", "opening", "month_part", "largest_payment", "new_method", "volume", "refunded", "lately",
    ),
    baseline=("channel",),
    support=4,
    limits=day_limits,
    cut=day_facets,
)  # fmt: skip
