"""Pairing chargeback lines, and the lines that give one back, with the disputes on record.

1. the line a person opened the dispute from  2. the provider's number of the dispute  3. payment and amount, where not both sides
carry a number. A number that contradicts is never overruled by an amount; each step claims both sides.
"""

import polars as pl

from apps.settlements.matching.frames import DISPUTE_LINKS, empty, shaped
from apps.settlements.matching.keys import pair_off, without

ROLES = {"dispute": ("taken", -1), "dispute_reversal": ("returned", 1)}


def pair_disputes(lines: pl.DataFrame, disputes: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """DISPUTE_LINKS of all chargeback and reversal lines; `disputes` as `frames.DISPUTES`; of equal ones the older goes first."""
    about = lines.filter(pl.col("kind").is_in([*ROLES]))
    if about.is_empty() or disputes.is_empty():
        return empty(DISPUTE_LINKS)
    about, disputes = _with_payment(about, payments), disputes.sort("opened_at", "dispute_ref_key", "id")
    return pl.concat([_one_way(about.filter(pl.col("kind") == kind), disputes, *way) for kind, way in ROLES.items()])


def _one_way(lines: pl.DataFrame, disputes: pl.DataFrame, role: str, sign: int) -> pl.DataFrame:
    lines = lines.with_columns(pl.col("provider_refund_ref_key").alias("dispute_ref_key"), (sign * pl.col("gross")).alias("amount"))
    free, made = disputes, []

    def claim(pairs: pl.DataFrame, rule: str) -> None:
        nonlocal free, lines
        named = pairs.select(pl.col("left_id").alias("line_id"), pl.col("right_id").alias("dispute_id"))
        made.append(shaped(named.with_columns(pl.lit(role).alias("role"), pl.lit(rule).alias("rule")), DISPUTE_LINKS))
        free, lines = without(free, pairs["right_id"]), without(lines, pairs["left_id"])

    if role == "taken":
        clicked = disputes.filter(pl.col("line_id").is_not_null()).select(pl.col("line_id").alias("left_id"), right_id="id")
        claim(clicked.join(lines.select(pl.col("id").alias("left_id")), on="left_id", how="semi"), "opened_from")
    claim(pair_off(lines, free, ["dispute_ref_key"]), "dispute_ref")
    for unnamed_line, unnamed_dispute in ((True, True), (True, False), (False, True)):
        left = lines.filter((pl.col("dispute_ref_key") == "") == unnamed_line)
        right = free.filter((pl.col("dispute_ref_key") == "") == unnamed_dispute)
        claim(pair_off(left, right, ["payment_id", "currency", "amount"]), "payment_amount")
    return pl.concat(made)


def _with_payment(lines: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """Adds `payment_id`: the payment that the line names by the provider's reference, else by ours; null where none does."""
    for on, name in (("provider_ref_key", "_p"), ("merchant_ref_key", "_m")):
        named = payments.filter(pl.col(on) != "").join(lines.select(on), on=on, how="semi", maintain_order="left")
        named = named.unique(on, keep="first", maintain_order=True).select(on, pl.col("id").alias(name))
        lines = lines.join(named, on=on, how="left", maintain_order="left")
    return lines.with_columns(pl.coalesce("_p", "_m").alias("payment_id"))
