"""Comparing what was paired: every attribute, all faults of a row, one kind once per subject."""

import polars as pl

from apps.channels.fees import with_expected_fee
from apps.settlements.matching.frames import FAULTS, ChannelTerms, shaped
from apps.settlements.matching.schedule import due_days

PORTION = 250_000  # pairs that are compared at once


def fault(frame: pl.DataFrame, kind: str, subject: str, *, expected, actual, **columns) -> pl.DataFrame:
    """Rows of FAULTS. `subject` is the id column that names the subject (payment_id, line_id, …)."""
    named = frame.with_columns(
        pl.lit(kind).alias("kind"),
        pl.lit(subject.removesuffix("_id")).alias("subject_type"),
        pl.col(subject).cast(pl.String).alias("subject_key"),
        pl.lit(expected).alias("expected") if isinstance(expected, int) else expected.alias("expected"),
        pl.lit(actual).alias("actual") if isinstance(actual, int) else actual.alias("actual"),
        **columns,
    )
    return shaped(named, FAULTS)


def compare_payments(matches: pl.DataFrame, lines: pl.DataFrame, payments: pl.DataFrame, terms: ChannelTerms) -> list[pl.DataFrame]:
    """Faults of paired payments: currency, amount, status, fee, settlement date."""
    if matches["line_id"].is_duplicated().any() or matches["payment_id"].is_duplicated().any():
        return _compare(matches, lines, payments, terms)
    # One to one: what a portion comes to does not depend on the others, and both sides of a million pairs would weigh 300 MB.
    portions = [_compare(portion, lines, payments, terms) for portion in matches.iter_slices(PORTION)]
    return [pl.concat(faults) for faults in zip(*portions, strict=True)]


def _compare(matches: pl.DataFrame, lines: pl.DataFrame, payments: pl.DataFrame, terms: ChannelTerms) -> list[pl.DataFrame]:
    paired = _paired(matches, lines, payments, terms)
    same = paired.filter(pl.col("currency") == pl.col("currency_ours"))
    other = paired.filter(pl.col("currency") != pl.col("currency_ours"))
    unsettled = paired.filter(~pl.col("captured"))
    charged = same.filter(pl.col("fee_gap").abs() > pl.col("tolerance"))
    late = paired.filter(pl.col("payout_on") > pl.col("due_on"))
    ours, theirs = pl.col("amount"), pl.col("gross")
    return [
        fault(
            other.with_columns(pl.col("currency_ours").alias("currency")), "currency_mismatch", "payment_id", expected=ours, actual=theirs
        ),
        fault(same.filter(ours != theirs), "amount_mismatch", "payment_id", expected=ours, actual=theirs),
        fault(unsettled, "status_mismatch", "payment_id", expected=0, actual=theirs),
        fault(charged, "fee_mismatch", "payment_id", expected=-pl.col("expected_fee"), actual=pl.col("fee")),
        fault(late, "late_settlement", "payment_id", expected=theirs, actual=theirs, found_on=pl.col("payout_on")),
    ]


def _paired(matches: pl.DataFrame, lines: pl.DataFrame, payments: pl.DataFrame, terms: ChannelTerms) -> pl.DataFrame:
    """One row a paired payment with both sides; several lines of one payment are added up."""
    ours = payments.select(pl.col("id").alias("payment_id"), "amount", "captured", "method", pl.col("currency").alias("currency_ours"))
    theirs = lines.select(pl.col("id").alias("line_id"), "currency", "gross", "fee", "business_date", "payout_on", "statement_id")
    rows = matches.filter(pl.col("payment_id").is_not_null()).select("line_id", "payment_id", "line_slot", "slot", share="amount")
    both = rows.join(theirs, on="line_id").join(ours, on="payment_id")
    shared = pl.col("line_id").len().over("line_id") > 1  # one line for several payments: each takes its part, the fee is not compared
    both = both.with_columns(pl.when(shared).then(pl.col("share")).otherwise(pl.col("gross")).alias("gross"))
    both = with_expected_fee(both, terms.fees).with_columns(
        pl.when(shared).then(None).otherwise(pl.col("fee") + pl.col("expected_fee")).alias("fee_gap")
    )
    if both["payment_id"].is_unique().all():
        whole = both
    else:
        whole = (
            both.sort("slot")
            .group_by("payment_id", maintain_order=True)
            .agg(
                pl.col("gross", "fee", "expected_fee", "fee_gap").sum(),
                pl.col("payout_on").max(),
                pl.exclude("gross", "fee", "expected_fee", "fee_gap", "payout_on").first(),
            )
        )
    return due_days(whole, terms)


def compare_refunds(matches: pl.DataFrame, lines: pl.DataFrame, refunds: pl.DataFrame) -> list[pl.DataFrame]:
    """Faults of paired refunds. Another currency is told of the payment, and only of it."""
    ours = refunds.select(pl.col("id").alias("refund_id"), "amount", "payment_id", pl.col("currency").alias("currency_ours"))
    theirs = lines.select(pl.col("id").alias("line_id"), "currency", "gross", "business_date", "statement_id")
    rows = matches.filter(pl.col("refund_id").is_not_null()).select("line_id", "refund_id")
    both = rows.join(theirs, on="line_id").join(ours, on="refund_id").sort("refund_id", "line_id")
    both = both.group_by("refund_id", maintain_order=True).agg(pl.col("gross").sum(), pl.exclude("gross").first())
    same = both.filter((pl.col("currency") == pl.col("currency_ours")) & (pl.col("gross") != -pl.col("amount")))
    other = both.filter(pl.col("currency") != pl.col("currency_ours")).unique("payment_id", keep="first", maintain_order=True)
    other = other.with_columns(pl.col("currency_ours").alias("currency"))
    return [
        fault(same, "refund_amount_mismatch", "refund_id", expected=-pl.col("amount"), actual=pl.col("gross")),
        fault(other, "currency_mismatch", "payment_id", expected=-pl.col("amount"), actual=pl.col("gross")),
    ]


def unpaired_lines(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """A fault whose subject is a line that nothing of ours explains, or that repeats another."""
    return fault(frame.with_columns(pl.col("id").alias("line_id")), kind, "line_id", expected=0, actual=pl.col("gross"))


def paid_twice(payments: pl.DataFrame) -> pl.DataFrame:
    """`duplicate_payment`: captured payments that each pay the whole order; the first is good, each later one is extra.

    Takes the payments of all channels, because a second payment often comes through another one.
    """
    whole = payments.filter((pl.col("amount") == pl.col("order_total")) & (pl.col("amount") > 0) & pl.col("captured"))
    ordered = whole.sort("paid_at", "merchant_ref_key")
    extra = ordered.filter(pl.int_range(pl.len()).over("order_id") > 0).with_columns(pl.col("id").alias("payment_id"))
    return fault(extra, "duplicate_payment", "payment_id", expected=0, actual=pl.col("amount"))
