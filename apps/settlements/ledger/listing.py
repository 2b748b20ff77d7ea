"""Which part of a statement line settles something of our books, and what is left over.

A line settles what it is paired with: the whole payment or refund where it is the only one; where several lines share one, each its own
amount and the last of them what is then left. What the line says beyond that is suspended until somebody explains it.
"""

import polars as pl

from apps.settlements.ledger.accounts import Code
from apps.settlements.ledger.frames import Facts

SUSPENSE_OF = {
    "payment": Code.SUSPENSE_PAYMENTS,
    "refund": Code.SUSPENSE_REFUNDS,
    "dispute": Code.SUSPENSE_DISPUTES,
    "dispute_reversal": Code.SUSPENSE_DISPUTES,
}


def settled(lines: pl.DataFrame, links: pl.DataFrame, ours: pl.DataFrame, side: str) -> pl.DataFrame:
    """`line_id`, `{side}`, `settles`: what each link settles, signed as the line. Pairs in two currencies settle nothing.

    `ours` has id, currency and a signed amount.
    """
    theirs = lines.select(pl.col("id").alias("line_id"), "currency", "gross", "business_date")
    pairs = (
        links.select("line_id", side)
        .drop_nulls()
        .join(theirs, on="line_id", how="inner")
        .join(ours.select(pl.col("id").alias(side), "currency", "amount"), on=[side, "currency"], how="inner")
    )
    if pairs[side].is_unique().all():
        return pairs.select("line_id", side, pl.col("amount").alias("settles"))
    pairs = pairs.sort("business_date", "line_id")
    is_last = pl.int_range(pl.len()).over(side) == pl.len().over(side) - 1
    before = pl.col("gross").sum().over(side) - pl.col("gross")
    return pairs.select("line_id", side, pl.when(is_last).then(pl.col("amount") - before).otherwise("gross").alias("settles"))


def listed(facts: Facts) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines with `settles` and `suspends` (gross is their sum), and every link that settles something.

    Dispute lines settle when they are tied to a dispute of ours. Other kinds stand for themselves and suspend nothing.
    """
    kind = pl.col("kind")
    payments = settled(facts.lines.filter(kind == "payment"), facts.matches, facts.payments, "payment_id")
    refunds = settled(facts.lines.filter(kind == "refund"), facts.matches, facts.refunds.with_columns(-pl.col("amount")), "refund_id")
    links = pl.concat([payments, refunds], how="diagonal")
    per_line = links if links["line_id"].is_unique().all() else links.group_by("line_id").agg(pl.col("settles").sum())
    tied = facts.dispute_lines.select("line_id").unique().with_columns(pl.lit(True).alias("is_tied"))
    lines = facts.lines.join(per_line.select("line_id", "settles"), left_on="id", right_on="line_id", how="left")
    lines = lines.join(tied, left_on="id", right_on="line_id", how="left")
    of_dispute = kind.is_in(["dispute", "dispute_reversal"])
    settles = (
        pl.when(kind.is_in(["payment", "refund"]))
        .then(pl.col("settles").fill_null(0))
        .when(of_dispute & pl.col("is_tied").is_null())
        .then(0)
        .otherwise("gross")
    )
    lines = lines.with_columns(settles.alias("settles")).drop("is_tied")
    return lines.with_columns((pl.col("gross") - pl.col("settles")).alias("suspends")), links


def unlisted(ours: pl.DataFrame, links: pl.DataFrame, side: str) -> pl.DataFrame:
    """What the provider has not listed, of payments or refunds."""
    return ours.join(links.select(pl.col(side).alias("id")).drop_nulls(), on="id", how="anti")
