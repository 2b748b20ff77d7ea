"""Captured payments as rows to learn from: what the books know of a payment at the moment it is paid."""

from datetime import date

import polars as pl

from apps.settlements.learning.days import NEW_FOR
from apps.settlements.learning.openings import month_part, of_channel
from apps.settlements.learning.tasks import Task

# `earlier` says whether the order had an attempt before this one.
PAYMENTS = {
    "id": pl.Int64(),
    "channel_id": pl.Int64(),
    "method": pl.String(),
    "currency": pl.String(),
    "amount": pl.Int64(),
    "order_total": pl.Int64(),
    "paid_at": pl.Datetime("us", "UTC"),
    "business_date": pl.Date(),
    "country": pl.String(),
    "reference": pl.String(),
    "storefront": pl.String(),
    "earlier": pl.Boolean(),
}
OF_CHANNEL = {"channel_id": pl.Int64(), "zone": pl.String(), "own_currency": pl.String()}
FIRSTS = {"channel_id": pl.Int64(), "method": pl.String(), "first_on": pl.Date()}


def payment_rows(payments: pl.DataFrame, channels: pl.DataFrame, firsts: pl.DataFrame, openings: pl.DataFrame) -> pl.DataFrame:
    """PAYMENTS with what `cut` needs; OF_CHANNEL gives each channel's zone and currency, FIRSTS when it first saw a method."""
    begun = firsts.group_by("channel_id").agg(pl.col("first_on").min().alias("_begun"))
    rows = payments.join(channels, on="channel_id", how="left").join(firsts, on=["channel_id", "method"], how="left")
    rows = rows.join(begun, on="channel_id", how="left").join(openings, on=["channel_id", "business_date"], how="left")
    hour = pl.lit(None, dtype=pl.Int8())
    for zone in channels["zone"].unique().sort():
        hour = pl.when(pl.col("zone") == zone).then(pl.col("paid_at").dt.convert_time_zone(zone).dt.hour()).otherwise(hour)
    first = pl.col("first_on").fill_null(pl.col("business_date"))  # a method that nobody had seen when the model was made
    begins = pl.col("_begun").fill_null(first)
    is_new = (first > begins + pl.duration(days=NEW_FOR)) & (pl.col("business_date") < first + pl.duration(days=NEW_FOR))
    return rows.with_columns(
        hour.alias("hour"),
        pl.when(is_new).then(pl.lit("yes")).otherwise(pl.lit("no")).alias("new_method"),
        pl.col("opening").fill_null("usual"),
    ).sort("business_date", "id")


def payment_limits(rows: pl.DataFrame) -> dict:
    """By channel and currency: the amounts below which one in twenty lies, and above which one in twenty and one in a hundred."""
    found = rows.group_by("channel_id", "currency").agg(
        *(pl.col("amount").quantile(share).alias(name) for name, share in (("small", 0.05), ("high", 0.95), ("top", 0.99)))
    )
    ordered = found.sort("channel_id", "currency").iter_rows()
    return {"amount": {f"{channel}:{currency}": limits for channel, currency, *limits in ordered}}


def payment_facets(rows: pl.DataFrame, cuts: dict) -> pl.DataFrame:
    """`payment_rows` with a text column for each facet."""
    limits, priced = cuts["amount"], of_channel(pl.col("currency"))
    figures = [[one[at] for one in limits.values()] for at in range(3)]
    small, high, top = (priced.replace_strict(list(limits), each, default=None, return_dtype=pl.Float64()) for each in figures)
    amount, hour = pl.col("amount"), pl.col("hour")
    band = pl.when(hour < 6).then(pl.lit("night")).when(hour < 12).then(pl.lit("morning")).when(hour < 18).then(pl.lit("afternoon"))
    weekday = pl.col("business_date").dt.weekday() - 1  # Monday is 0
    part = pl.when(amount < pl.col("order_total")).then(pl.lit("part"))
    return rows.with_columns(
        pl.col("channel_id").cast(pl.String).alias("channel"),
        of_channel(pl.col("method")).alias("channel_method"),
        weekday.cast(pl.String).alias("weekday"),
        of_channel(weekday).alias("channel_weekday"),
        of_channel(band.when(hour < 22).then(pl.lit("evening")).otherwise(pl.lit("late"))).alias("channel_hour"),
        month_part("business_date").alias("month_part"),
        pl.when(amount > top).then(pl.lit("top")).when(amount > high).then(pl.lit("high")).when(amount < small).then(pl.lit("small"))
        .otherwise(pl.lit("usual")).alias("amount_band"),
        pl.when(pl.col("currency") == pl.col("own_currency")).then(pl.lit("own")).otherwise(pl.lit("other")).alias("currency_kind"),
        pl.when(pl.col("reference").fill_null("") == "").then(pl.lit("none")).otherwise(pl.lit("there")).alias("provider_number"),
        part.when(pl.col("earlier")).then(pl.lit("again")).otherwise(pl.lit("alone")).alias("of_order"),
        pl.col("country", "storefront").fill_null(""),
    )  # fmt: skip


def firsts_json(firsts: pl.DataFrame) -> list:
    """FIRSTS as it is kept with a model."""
    return [[channel, method, day.isoformat()] for channel, method, day in firsts.sort("channel_id", "method").iter_rows()]


def firsts_frame(kept: list) -> pl.DataFrame:
    """FIRSTS as it was kept."""
    return pl.DataFrame([(channel, method, date.fromisoformat(day)) for channel, method, day in kept], schema=FIRSTS, orient="row")


def spacing(rows: int, most: int) -> int:
    """Of `rows` negatives every how-manieth is taken so that at most about `most` are; never a multiple of a small cycle in the keys."""
    needed = -(-rows // most)
    return needed if needed <= 1 else next(n for n in range(needed, 2 * needed + 2) if all(n % p for p in range(2, int(n**0.5) + 1)))


PAYMENT = Task(
    facets=(
        "channel", "channel_method", "weekday", "channel_weekday", "channel_hour", "opening", "month_part", "amount_band", "new_method",
        "country", "storefront", "of_order", "currency_kind", "provider_number",
    ),
    baseline=("channel", "channel_method"),
    support=20,
    limits=payment_limits,
    cut=payment_facets,
)  # fmt: skip
