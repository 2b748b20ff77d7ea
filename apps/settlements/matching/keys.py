"""References as they are compared, and the order in which equal rows pair off."""

from dataclasses import replace

import polars as pl

from apps.settlements.matching.frames import ChannelBooks

# Content alone decides the order, so that it is the same whichever file came first. Of two lines of one moment the one that was paid out
# first is the good one: the other must not make it late.
LINE_ORDER = ["occurred_at", "payout_on", "line_ref", "row_hash", "ordinal"]
CAPTURED = ["paid", "partially_refunded", "refunded"]


def in_order(books: ChannelBooks) -> ChannelBooks:
    """The same facts in their fixed order. Done once where frames are made: the engine does not sort for itself."""
    return replace(books, lines=ordered_lines(books.lines.clone()), payments=ordered_payments(books.payments.clone()))


def ordered_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines by what they say, less what only tells equal rows apart. The frame is used up."""
    order = lines.select(pl.arg_sort_by(LINE_ORDER)).to_series()
    return _arranged(lines, order, [name for name in lines.columns if name not in ("line_ref", "row_hash", "ordinal")])


def ordered_payments(payments: pl.DataFrame) -> pl.DataFrame:
    """Among equal payments the captured and earlier ones come first. The frame is used up."""
    uncaptured = ~pl.col("state").is_in(CAPTURED)
    by = [uncaptured, "paid_at", "merchant_ref_key"]
    order = payments.select(pl.arg_sort_by(by, nulls_last=True, maintain_order=True)).to_series()
    return _arranged(payments, order, payments.columns)


def _arranged(frame: pl.DataFrame, order: pl.Series, names: list[str]) -> pl.DataFrame:
    """Some columns in another order, each given up for its copy at once: `sort` would hold a million rows twice."""
    return pl.DataFrame([frame.drop_in_place(name).gather(order) for name in names])


def moving_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines that move money, with what pairing and comparing look at."""
    still = (pl.col("gross") == 0) & (pl.col("fee") == 0) & (pl.col("net") == 0)
    moving = lines.filter(~still) if lines.select(still.any()).item() else lines
    return moving.drop("row_no", "payout_ref")


def with_captured(payments: pl.DataFrame) -> pl.DataFrame:
    """Payments with `captured`: whether money was taken, so that a line is expected."""
    return payments.with_columns(pl.col("state").is_in(CAPTURED).alias("captured"))


def pair_off(left: pl.DataFrame, right: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Pairs rows of equal keys by occurrence, one to one, never by cross product; both sides keep their order.

    Returns `left_id` and `right_id`. Rows with an empty or null key are left out.
    """

    def usable(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        kept = frame.select(*on, pl.col("id").alias(name)).drop_nulls()
        texts = [pl.col(column) != "" for column in on if kept.schema[column] == pl.String]
        return kept.filter(*texts) if texts else kept

    ours, theirs = usable(left, "left_id"), usable(right, "right_id")
    if _has_twins(ours, on) or _has_twins(theirs, on):  # numbering a million unique keys costs more than joining them
        nth = pl.int_range(pl.len()).over(on).alias("_nth")
        return ours.with_columns(nth).join(theirs.with_columns(nth), on=[*on, "_nth"], how="inner").select("left_id", "right_id")
    return ours.join(theirs, on=on, how="inner").select("left_id", "right_id")


def _has_twins(frame: pl.DataFrame, on: list[str]) -> bool:
    return frame.select(on).n_unique() < frame.height


def without(frame: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """The rows of a frame whose `id` is not among those claimed."""
    if ids.is_empty():
        return frame
    return frame.join(pl.DataFrame({"id": ids.cast(pl.Int64)}), on="id", how="anti", maintain_order="left")
