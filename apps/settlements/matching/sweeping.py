"""Payouts that take the whole balance: the lines say which (`services/sweeping.py` saw to that), the payout row says when."""

import polars as pl

from apps.settlements.matching.frames import ChannelTerms
from apps.settlements.matching.schedule import due_days


def as_swept(lines: pl.DataFrame, terms: ChannelTerms) -> pl.DataFrame:
    """Lines as payouts are formed of them; where payouts do not sweep, as they are.

    A line that no payout has taken is in transit and left out. The others are due when their payout is, however old they are.
    """
    if not terms.sweeps:
        return lines
    sent = lines.filter((pl.col("kind") == "payout") & (pl.col("payout_ref") != ""))
    sent = due_days(sent, terms).group_by("payout_ref", "currency").agg(pl.col("due_on").max().alias("_due"))
    taken = lines.filter(pl.col("payout_ref") != "").join(sent, on=["payout_ref", "currency"], how="left", maintain_order="left")
    return taken.with_columns(pl.coalesce("payout_on", "_due").alias("payout_on")).drop("_due")
