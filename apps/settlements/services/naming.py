"""Faults get the names a person knows them by: order number, references, file and row."""

import polars as pl

from apps.channels.models import Channel
from apps.orders.models import Payment
from apps.settlements.enums import Subject
from apps.settlements.matching.frames import ChannelBooks
from apps.settlements.models import StatementLine
from apps.settlements.services.books import names_of, sources_of

TEXTS = ["order_no", "merchant_ref", "provider_ref", "method", "source_file"]
PAYMENT_NAMES = {"order__order_no": pl.String(), "merchant_ref": pl.String(), "provider_ref": pl.String(), "method": pl.String()}
LINE_NAMES = {
    "kind": pl.String(),
    "merchant_ref": pl.String(),
    "provider_ref": pl.String(),
    "provider_refund_ref": pl.String(),
    "method": pl.String(),
}


def name_faults(channel: Channel, books: ChannelBooks, faults: pl.DataFrame) -> pl.DataFrame:
    """Adds order_no, references, method, source file and row, and `detail` as JSON text; money columns get their unit."""
    of_lines = _payments_of_lines(books, faults["line_id"])
    of_refunds = books.refunds.select(pl.col("id").alias("refund_id"), pl.col("payment_id").alias("_p"), "provider_refund_ref")
    of_refunds = of_refunds.join(faults.select("refund_id").unique(), on="refund_id", how="semi")
    every = pl.concat([faults["payment_id"], of_lines["payment_id"], of_refunds["_p"]])
    names = names_of(Payment.objects.for_merchant(channel.merchant_id), every, PAYMENT_NAMES).rename(
        {"id": "payment_id", "order__order_no": "order_no"}
    )
    named = faults.join(names, on="payment_id", how="left", maintain_order="left")
    named = named.join(_refunds(of_refunds, names), on="refund_id", how="left", maintain_order="left", suffix="_refund")
    named = named.join(_lines(channel, of_lines, names), on="line_id", how="left", maintain_order="left", suffix="_line")
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


def _payments_of_lines(books: ChannelBooks, ids: pl.Series) -> pl.DataFrame:
    """`line_id` → `payment_id` of our payment that carries the same reference, for lines that nothing was paired with."""
    wanted = pl.DataFrame({"id": ids.drop_nulls().unique().cast(pl.Int64)})
    lines = books.lines.select("id", "provider_ref_key", "merchant_ref_key").join(wanted, on="id", how="semi")
    for on in ("provider_ref_key", "merchant_ref_key"):
        known = books.payments.select("id", on).filter(pl.col(on) != "").join(lines, on=on, how="semi")
        known = known.unique(on, keep="first", maintain_order=True).rename({"id": f"by_{on}"})
        lines = lines.join(known, on=on, how="left")
    return lines.select(pl.col("id").alias("line_id"), pl.coalesce("by_provider_ref_key", "by_merchant_ref_key").alias("payment_id"))


def _refunds(refunds: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """A refund is known by the provider's number of it, else by its payment's."""
    both = refunds.join(names, left_on="_p", right_on="payment_id", how="left")
    own = pl.when(pl.col("provider_refund_ref") != "").then(pl.col("provider_refund_ref")).otherwise(pl.col("provider_ref"))
    return both.select("refund_id", "order_no", "merchant_ref", own.alias("provider_ref"), "method")


def _lines(channel: Channel, of_lines: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """What the line itself says, with the order of the payment that carries the same reference."""
    said = names_of(StatementLine.objects.for_merchant(channel.merchant_id), of_lines["line_id"], LINE_NAMES).rename({"id": "line_id"})
    orders = of_lines.join(names.select("payment_id", "order_no"), on="payment_id", how="left").select("line_id", "order_no")
    is_back = pl.col("kind").is_in(["refund", "dispute"]) & (pl.col("provider_refund_ref") != "")
    return said.join(orders, on="line_id", how="left").select(
        "line_id",
        "order_no",
        "merchant_ref",
        pl.when(is_back).then(pl.col("provider_refund_ref")).otherwise(pl.col("provider_ref")).alias("provider_ref"),
        "method",
    )
