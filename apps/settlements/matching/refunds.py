"""Pairing refund lines with our refunds: by the provider's refund number, by ours, then under the payment they belong to."""

import polars as pl

from apps.settlements.matching.keys import pair_off, without
from apps.settlements.matching.pairing import Paired, _allowed, links, split_repeats, sums_under


def pair_refunds(lines: pl.DataFrame, refunds: pl.DataFrame, payments: pl.DataFrame, by_hand: pl.DataFrame, undone: pl.DataFrame) -> Paired:
    """Refund lines against succeeded refunds. Amounts of refunds are signed here as lines are: money out is negative."""
    manual = by_hand.filter(pl.col("refund_id").is_not_null()).select(
        pl.col("line_id").alias("left_id"), pl.col("refund_id").alias("right_id")
    )
    made = [links(manual, side="refund_id", rule="manual")]
    free = (
        refunds.filter(pl.col("state") == "succeeded").with_columns(-pl.col("amount")).sort("refunded_at", "refund_no_key", nulls_last=True)
    )
    free = without(free.with_columns(pl.col("refund_no_key").alias("refund_ref_key")), manual["right_id"])
    free_lines = without(lines, manual["left_id"])

    grouped = sums_under(free_lines, free, on="refund_ref_key", side="refund_id")
    made.append(grouped)
    free_lines, free = without(free_lines, grouped["line_id"]), without(free, grouped["refund_id"].unique())
    own_number = pl.when(pl.col("provider_refund_ref_key") != "").then("p" + pl.col("provider_refund_ref_key"))
    ours = pl.when(pl.col("refund_ref_key") != "").then("m" + pl.col("refund_ref_key")).otherwise(pl.lit(""))
    free_lines, repeats = split_repeats(free_lines, own_number.otherwise(ours))

    for on in ("provider_refund_ref_key", "refund_ref_key"):
        pairs = _allowed(pair_off(free_lines, free, [on]), undone, "refund_id")
        made.append(links(pairs, side="refund_id", rule="refund_ref"))
        free_lines, free = without(free_lines, pairs["left_id"]), without(free, pairs["right_id"])

    for keys, rule in ((["payment_id", "amount"], "payment_amount"), (["payment_id"], "payment_time")):
        for may_have_number in (False, True):
            left = _under_payment(free_lines, payments, may_have_number)
            right = free.filter(pl.col("provider_refund_ref_key") == "") if may_have_number else free
            pairs = _allowed(pair_off(left, right, keys), undone, "refund_id")
            made.append(links(pairs, side="refund_id", rule=rule))
            free_lines, free = without(free_lines, pairs["left_id"]), without(free, pairs["right_id"])
    return Paired(pl.concat(made), repeats, free_lines.head(0), free_lines)


def _under_payment(lines: pl.DataFrame, payments: pl.DataFrame, may_have_number: bool) -> pl.DataFrame:
    """Lines that carry no refund number of ours, with the payment they name; a number that contradicts is never overruled."""
    unnamed = lines.filter((pl.col("refund_ref_key") == "") & ((pl.col("provider_refund_ref_key") != "") == may_have_number))
    unnamed = unnamed.with_columns(pl.col("gross").alias("amount"))
    by_provider, by_merchant = (
        payments.filter(pl.col(on) != "")
        .join(unnamed.select(on), on=on, how="semi", maintain_order="left")
        .unique(on, keep="first", maintain_order=True)
        for on in ("provider_ref_key", "merchant_ref_key")
    )
    named = unnamed.join(
        by_provider.select("provider_ref_key", pl.col("id").alias("_p")), on="provider_ref_key", how="left", maintain_order="left"
    ).join(by_merchant.select("merchant_ref_key", pl.col("id").alias("_m")), on="merchant_ref_key", how="left", maintain_order="left")
    return named.with_columns(pl.coalesce("_p", "_m").alias("payment_id"))
