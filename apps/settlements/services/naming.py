"""Faults get the names a person knows them by: order number, references, file and row."""

import polars as pl

from apps.channels.cells import key
from apps.channels.models import Channel
from apps.settlements.enums import Subject
from apps.settlements.matching.frames import ChannelBooks
from apps.settlements.services.books import sources_of

TEXTS = ["order_no", "merchant_ref", "provider_ref", "method", "source_file"]


def name_faults(channel: Channel, books: ChannelBooks, faults: pl.DataFrame) -> pl.DataFrame:
    """Adds order_no, references, method, source file and row, and `detail` as JSON text; money columns get their unit."""
    named = faults.join(_payments(books), on="payment_id", how="left", maintain_order="left")
    named = named.join(_refunds(books), on="refund_id", how="left", maintain_order="left", suffix="_refund")
    named = named.join(_lines(books, faults["line_id"]), on="line_id", how="left", maintain_order="left", suffix="_line")
    named = named.join(sources_of(channel, books, faults["line_id"]), on="line_id", how="left", maintain_order="left")
    theirs = pl.when(pl.col("subject_type") == Subject.LINE)
    detail = pl.struct(pl.col("due_on", "found_on").cast(pl.String)).struct.json_encode()
    return named.with_columns(
        pl.coalesce("order_no", "order_no_refund", "order_no_line").alias("order_no"),
        theirs.then(pl.col("merchant_ref_line")).otherwise(pl.coalesce("merchant_ref", "merchant_ref_refund")).alias("merchant_ref"),
        theirs.then(pl.col("provider_ref_line"))
        .otherwise(pl.coalesce("provider_ref", "provider_ref_refund", "payout_key"))
        .alias("provider_ref"),
        pl.coalesce("method", "method_refund", "method_line").alias("method"),
        pl.col("currency").fill_null(channel.currency),
        pl.col("expected").alias("expected_minor"),
        pl.col("actual").alias("actual_minor"),
        detail.alias("detail"),
    ).with_columns(pl.col(TEXTS).fill_null(""))


def _payments(books: ChannelBooks) -> pl.DataFrame:
    return books.payments.select(pl.col("id").alias("payment_id"), "order_no", "merchant_ref", "provider_ref", "method")


def _refunds(books: ChannelBooks) -> pl.DataFrame:
    """A refund is known by the provider's number of it, else by its payment's."""
    ours = books.refunds.select(pl.col("id").alias("refund_id"), "payment_id", "provider_refund_ref")
    both = ours.join(_payments(books), on="payment_id", how="left")
    own = pl.when(pl.col("provider_refund_ref") != "").then(pl.col("provider_refund_ref")).otherwise(pl.col("provider_ref"))
    return both.select("refund_id", "order_no", "merchant_ref", own.alias("provider_ref"), "method")


def _lines(books: ChannelBooks, ids: pl.Series) -> pl.DataFrame:
    """Lines among `ids`, with the order of the payment that carries the same reference."""
    wanted = pl.DataFrame({"id": ids.drop_nulls().unique().cast(pl.Int64)})
    lines = books.lines.join(wanted, on="id", how="semi").with_columns(
        key(pl.col("provider_ref")).alias("provider_ref_key"), key(pl.col("merchant_ref")).alias("merchant_ref_key")
    )
    for on in ("provider_ref_key", "merchant_ref_key"):
        known = books.payments.filter(pl.col(on) != "").join(lines, on=on, how="semi").unique(on, keep="first", maintain_order=True)
        lines = lines.join(known.select(on, pl.col("order_no").alias(f"order_{on}")), on=on, how="left")
    is_back = pl.col("kind").is_in(["refund", "dispute"]) & (pl.col("provider_refund_ref") != "")
    return lines.select(
        pl.col("id").alias("line_id"),
        pl.coalesce("order_provider_ref_key", "order_merchant_ref_key").alias("order_no"),
        "merchant_ref",
        pl.when(is_back).then(pl.col("provider_refund_ref")).otherwise(pl.col("provider_ref")).alias("provider_ref"),
        "method",
    )
