"""Pairing lines with payments. Steps run in order; each claims both sides, so nothing is paired twice.

1. provider reference  2. merchant reference  3. the only payment of that amount at that time  4. sums under a shared reference.
A reference that contradicts is never overruled by an amount; equal candidates are ambiguous, never first come.
"""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from apps.settlements.matching.frames import MATCHES, empty, shaped
from apps.settlements.matching.keys import pair_off, without


@dataclass(frozen=True)
class Paired:
    """What one kind of line came to. `repeats` are further lines of a transaction that was listed before."""

    matches: pl.DataFrame
    repeats: pl.DataFrame
    ambiguous: pl.DataFrame
    strays: pl.DataFrame  # lines nothing of ours explains


def links(pairs: pl.DataFrame, *, side: str, rule: str) -> pl.DataFrame:
    """`left_id` (line) and `right_id` (payment or refund) as match rows; the amount is filled in by the caller's join."""
    named = pairs.rename({"left_id": "line_id", "right_id": side}).with_columns(pl.lit(rule).alias("rule"))
    slots = [pl.col(name) if name in named.columns else pl.lit(0).alias(name) for name in ("slot", "line_slot")]
    return shaped(named.with_columns(slots), MATCHES)


def split_repeats(lines: pl.DataFrame, by: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The first line of each transaction id, and every further one. Lines without an id are all first."""
    named = lines.with_columns(by.alias("_of"))
    again = (pl.col("_of") != "") & ~pl.col("_of").is_first_distinct()
    return named.filter(~again), named.filter(again)


def sums_under(lines: pl.DataFrame, targets: pl.DataFrame, *, on: str, side: str) -> pl.DataFrame:
    """Several lines under one reference that add up to one payment or refund, where the first alone does not."""
    groups = (
        lines.filter((pl.col(on) != "") & pl.col(on).is_duplicated())
        .group_by(on, "currency")
        .agg(pl.col("gross").sum().alias("_sum"), pl.col("gross").first().alias("_first"), pl.len().alias("_n"))
    )
    shared = targets.select("id", on, "currency", "amount").join(groups, on=[on, "currency"], how="semi", maintain_order="left")
    wanted = shared.unique(on, keep="first", maintain_order=True).rename({"id": side})
    whole = (
        groups.filter(pl.col("_n") > 1)
        .join(wanted, on=[on, "currency"])
        .filter((pl.col("_sum") == pl.col("amount")) & (pl.col("_first") != pl.col("amount")))
    )
    members = lines.join(whole.select(on, "currency", side), on=[on, "currency"], how="inner", maintain_order="left")
    numbered = members.with_columns(pl.int_range(pl.len()).over(side).alias("slot"))
    found = numbered.select(pl.col("id").alias("line_id"), side, "slot").with_columns(
        pl.lit("group_sum").alias("rule"), pl.lit(0).alias("line_slot")
    )
    return shaped(found, MATCHES)


def pair_payments(lines: pl.DataFrame, payments: pl.DataFrame, by_hand: pl.DataFrame, undone: pl.DataFrame, window: timedelta) -> Paired:
    """Lines of kind payment against the books. `undone` pairs are never made again by rule.

    `window` is how far apart the shop's and the provider's clock may be for a pair by amount.
    """
    manual = by_hand.filter(pl.col("payment_id").is_not_null()).select(
        "slot", "line_slot", left_id="line_id", right_id="payment_id", amount="amount_minor"
    )
    made = [links(manual, side="payment_id", rule="manual")]
    free_lines, free = without(lines, manual["left_id"].unique()), without(payments, manual["right_id"])

    grouped = sums_under(free_lines, free, on="provider_ref_key", side="payment_id")
    made.append(grouped)
    free_lines, free = without(free_lines, grouped["line_id"]), without(free, grouped["payment_id"].unique())
    free_lines, repeats = split_repeats(free_lines, pl.col("provider_ref_key"))

    for on, rule in (("provider_ref_key", "provider_ref"), ("merchant_ref_key", "merchant_ref")):
        pairs = _allowed(pair_off(free_lines, free, [on]), undone, "payment_id")
        made.append(links(pairs, side="payment_id", rule=rule))
        free_lines, free = without(free_lines, pairs["left_id"]), without(free, pairs["right_id"])

    split = _one_line_for_several(without(free_lines, undone["line_id"].unique()), free)
    made.append(split)
    free_lines, free = without(free_lines, split["line_id"].unique()), without(free, split["payment_id"])

    pairs, ambiguous = _by_amount_and_time(free_lines, free, window)
    pairs = _allowed(pairs, undone, "payment_id")
    made.append(links(pairs, side="payment_id", rule="amount_time"))
    free_lines = without(free_lines, pairs["left_id"])
    return Paired(pl.concat(made), repeats, ambiguous, without(free_lines, ambiguous["id"]))


def _allowed(pairs: pl.DataFrame, undone: pl.DataFrame, side: str) -> pl.DataFrame:
    """Pairs less those a person has undone."""
    if undone.is_empty():
        return pairs
    gone = undone.select(pl.col("line_id").alias("left_id"), pl.col(side).alias("right_id")).drop_nulls()
    return pairs.join(gone, on=["left_id", "right_id"], how="anti")


def _one_line_for_several(lines: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """One line under the order's number that is the sum of several captured payments of that order."""
    open_payments = payments.filter(pl.col("captured"))
    sums = open_payments.group_by("order_key", "currency").agg(pl.col("amount").sum().alias("gross"), pl.len().alias("_n"))
    hits = lines.filter(pl.col("merchant_ref_key") != "").unique("merchant_ref_key", keep="none", maintain_order=True)
    hits = hits.join(
        sums.filter(pl.col("_n") > 1), left_on=["merchant_ref_key", "currency", "gross"], right_on=["order_key", "currency", "gross"]
    ).select(pl.col("id").alias("line_id"), pl.col("merchant_ref_key").alias("order_key"), "currency")
    if hits.is_empty():
        return empty(MATCHES)
    members = open_payments.join(hits, on=["order_key", "currency"], how="inner", maintain_order="left")
    numbered = members.with_columns(pl.int_range(pl.len()).over("line_id").alias("line_slot"), pl.lit(0).alias("slot"))
    return shaped(
        numbered.select("line_id", pl.col("id").alias("payment_id"), "slot", "line_slot", "amount").with_columns(
            pl.lit("group_sum").alias("rule")
        ),
        MATCHES,
    )


def _by_amount_and_time(lines: pl.DataFrame, payments: pl.DataFrame, window: timedelta) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines that carry no merchant reference, with the only captured payment of that amount within the window."""
    bare = lines.filter((pl.col("merchant_ref_key") == "") & (pl.col("gross") > 0))
    if bare.is_empty():
        return pl.DataFrame(schema={"left_id": pl.Int64, "right_id": pl.Int64}), bare
    candidates = bare.join(
        payments.filter(pl.col("captured")), left_on=["gross", "currency"], right_on=["amount", "currency"], suffix="_ours"
    )
    fits = candidates.filter(
        ((pl.col("occurred_at") - pl.col("paid_at")).abs() <= window)
        & ((pl.col("provider_ref_key") == "") | (pl.col("provider_ref_key_ours") == ""))
        & ((pl.col("method") == "") | (pl.col("method") == pl.col("method_ours")))
    ).select(pl.col("id").alias("left_id"), pl.col("id_ours").alias("right_id"))
    only = fits.filter((pl.len().over("left_id") == 1) & (pl.len().over("right_id") == 1))
    unsure = bare.join(fits.select(pl.col("left_id").alias("id")).unique(), on="id", how="semi", maintain_order="left")
    return only, without(unsure, only["left_id"])
