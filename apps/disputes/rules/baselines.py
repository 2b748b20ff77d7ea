"""What is normal: the seasonal median and its spread (MAD), by hour and weekday, over the eight weeks before.

A median does not move because one week was odd, and neither does the median of the deviations from it. Quiet hours have a
spread of nothing, so every user of these adds a floor of chance: `count_spread`, `rate_spread`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import polars as pl

WEEKS = 8
LEAST_POINTS = 4  # of a weekday (and hour); below, the whole time before is taken together
SIGMA = 1.4826  # MAD of a normal distribution to its standard deviation
CLEAR = 4.0  # deviations that chance does not explain
STEPS = {"hour": 168, "day": 7}  # rows in a week


def dense(
    frame: pl.DataFrame,
    *,
    time: Literal["hour", "day"],
    by: Sequence[str],
    values: Sequence[str],
    first: date | datetime,
    last: date | datetime,
) -> pl.DataFrame:
    """Every hour or day from `first` to `last` for each group, in order; where the frame has no row, its values are 0."""
    if frame.is_empty():
        return frame.select(*by, time, *values)
    if time == "hour":
        times = pl.datetime_range(first, last, "1h", time_zone="UTC", eager=True).dt.cast_time_unit("us").alias(time)
    else:
        times = pl.date_range(first, last, "1d", eager=True).alias(time)
    grid = frame.select(by).unique().join(pl.DataFrame({time: times}), how="cross")
    found = grid.join(frame.select(*by, time, *values), on=[*by, time], how="left").with_columns(pl.col(values).fill_null(0))
    return found.sort(*by, time)


def seasonal(frame: pl.DataFrame, value: str, *, time: Literal["hour", "day"], by: Sequence[str]) -> pl.DataFrame:
    """Adds `normal`, `spread` and `points` of a dense frame's value: those of the same weekday (and hour) of the eight weeks before.

    Null values do not count. `normal` and `spread` are null where there are fewer than `LEAST_POINTS`.
    """
    step = STEPS[time]
    weeks = [pl.col(value).cast(pl.Float64).shift(step * week).over(by) for week in range(1, WEEKS + 1)]
    listed = frame.with_columns(pl.concat_list(weeks).list.drop_nulls().alias("_weeks"))
    listed = listed.with_columns(pl.col("_weeks").list.len().cast(pl.Int64).alias("points"), pl.col("_weeks").list.median().alias("normal"))
    away = pl.concat_list([(week - pl.col("normal")).abs() for week in weeks]).list.drop_nulls().list.median()
    listed = listed.with_columns(away.alias("spread")).drop("_weeks")
    known = pl.col("points") >= LEAST_POINTS
    return listed.with_columns(pl.when(known).then(pl.col(name)).alias(name) for name in ("normal", "spread"))


def count_spread() -> pl.Expr:
    """The deviation of a count: at least that of chance (Poisson), and never below one."""
    return pl.max_horizontal(pl.col("spread").fill_null(0) * SIGMA, pl.col("normal").clip(1).sqrt())


def rate_spread(of: str) -> pl.Expr:
    """The deviation of a rate among `of` attempts: at least that of chance, for a normal of no less than one percent."""
    rate = pl.col("normal").clip(0.01, 0.99)
    return pl.max_horizontal(pl.col("spread").fill_null(0) * SIGMA, (rate * (1 - rate) / pl.col(of)).sqrt())


def surely_above(hits: str, of: str, deviations: float = 2.0) -> pl.Expr:
    """The lower end of what a share may really be (Wilson), so that few cases prove nothing."""
    n, z = pl.col(of).cast(pl.Float64), deviations
    share = pl.col(hits) / n
    return (share + z * z / (2 * n) - z * (share * (1 - share) / n + z * z / (4 * n * n)).sqrt()) / (1 + z * z / n)
