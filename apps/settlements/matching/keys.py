"""References as they are compared, and the order in which equal rows pair off."""

import polars as pl

from apps.channels.cells import key

# Content alone decides the order, so that it is the same whichever file came first.
LINE_ORDER = ["occurred_at", "line_ref", "row_hash", "ordinal"]
CAPTURED = ["paid", "partially_refunded", "refunded"]


def keyed_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines that move money, in their fixed order, with a `*_key` beside each reference."""
    references = ["provider_ref", "merchant_ref", "provider_refund_ref", "refund_ref"]
    moving = lines.filter((pl.col("gross") != 0) | (pl.col("fee") != 0) | (pl.col("net") != 0))
    return moving.with_columns(key(pl.col(name)).alias(f"{name}_key") for name in references).sort(LINE_ORDER)


def ordered_payments(payments: pl.DataFrame) -> pl.DataFrame:
    """Payments with `captured`; among equals the captured and earlier ones come first."""
    return payments.with_columns(pl.col("state").is_in(CAPTURED).alias("captured")).sort(
        [~pl.col("captured"), "paid_at", "merchant_ref_key"], nulls_last=True, maintain_order=True
    )


def pair_off(left: pl.DataFrame, right: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Pairs rows of equal keys by occurrence, one to one, never by cross product; both sides keep their order.

    Returns `left_id` and `right_id`. Rows with an empty or null key are left out.
    """

    def numbered(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        usable = frame.select(*on, pl.col("id").alias(name)).drop_nulls()
        for column in on:
            if usable.schema[column] == pl.String:
                usable = usable.filter(pl.col(column) != "")
        return usable.with_columns(pl.int_range(pl.len()).over(on).alias("_nth"))

    pairs = numbered(left, "left_id").join(numbered(right, "right_id"), on=[*on, "_nth"], how="inner")
    return pairs.select("left_id", "right_id")


def without(frame: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """The rows of a frame whose `id` is not among those claimed."""
    return frame.join(pl.DataFrame({"id": ids.cast(pl.Int64)}), on="id", how="anti", maintain_order="left")
