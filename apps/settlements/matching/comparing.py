"""Comparing what was paired: every attribute, all faults of a row, one kind once per subject."""

from datetime import date

import polars as pl

from apps.channels.fees import with_expected_fee
from apps.channels.tolerances import Rate, Tolerance, converted
from apps.core.money import exponent
from apps.settlements.matching.frames import ACCEPTED, FAULTS, ChannelTerms, shaped
from apps.settlements.matching.schedule import due_days

ROUTE = ["currency_ours", "currency", "business_date"]
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
    """Faults of paired payments (currency, amount, rate, status, fee, settlement date); the last frame is what was accepted (ACCEPTED)."""
    if matches.height <= PORTION or matches["line_id"].is_duplicated().any() or matches["payment_id"].is_duplicated().any():
        return _compare(matches, lines, payments, terms)
    # One to one: what a portion comes to does not depend on the others, and both sides of a million pairs would weigh 300 MB.
    portions = [_compare(portion, lines, payments, terms) for portion in matches.iter_slices(PORTION)]
    return [pl.concat(faults) for faults in zip(*portions, strict=True)]


def _compare(matches: pl.DataFrame, lines: pl.DataFrame, payments: pl.DataFrame, terms: ChannelTerms) -> list[pl.DataFrame]:
    paired = _paired(matches, lines, payments, terms)
    same = paired.filter(pl.col("currency") == pl.col("currency_ours"))
    exchanged, other = with_booked(paired.filter(pl.col("currency") != pl.col("currency_ours")), terms.rates)
    unsettled = paired.filter(~pl.col("captured"))
    ours, theirs, fee = pl.col("amount"), pl.col("gross"), -pl.col("expected_fee")
    amounts, few_amounts = judged(same, "amount_mismatch", ours, theirs, terms.rules.amount.limit(ours))
    rates, few_rates = judged(exchanged, "fx_variance", pl.col("booked"), theirs, terms.rules.fx.limit(pl.col("booked")))
    settled = same if exchanged.is_empty() else pl.concat([same, exchanged.select(same.columns)])
    fees, few_fees = judged(settled.drop_nulls("fee_gap"), "fee_mismatch", fee, pl.col("fee"), _fee_limit(terms))
    late = paired.filter(pl.col("payout_on") > pl.col("due_on"))
    in_books = other.with_columns(pl.col("currency_ours").alias("currency"))
    return [
        fault(in_books, "currency_mismatch", "payment_id", expected=ours, actual=theirs),
        amounts,
        rates,
        fault(unsettled, "status_mismatch", "payment_id", expected=0, actual=theirs),
        fees,
        fault(late, "late_settlement", "payment_id", expected=theirs, actual=theirs, found_on=pl.col("payout_on")),
        pl.concat([few_amounts, few_rates, few_fees]),
    ]


def judged(
    pairs: pl.DataFrame, kind: str, expected: pl.Expr, actual: pl.Expr, limit: pl.Expr, subject: str = "payment_id"
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What differs by more than is accepted, as FAULTS, and what differs by no more, as ACCEPTED."""
    gap = (actual - expected).abs()
    differing = pairs.filter(gap != 0).with_columns((gap <= limit).alias("_few"))
    few = differing.filter("_few").with_columns(pl.lit(kind).alias("kind"), expected.alias("expected"), actual.alias("actual"))
    return fault(differing.filter(~pl.col("_few")), kind, subject, expected=expected, actual=actual), shaped(few, ACCEPTED)


def _fee_limit(terms: ChannelTerms) -> pl.Expr:
    """The tolerance of the fee rule, and where the channel has one, a share of the expected fee; the smaller wins."""
    share = terms.rules.fee_ppm
    if share is None:
        return pl.col("tolerance")
    return pl.min_horizontal(pl.col("tolerance"), Tolerance(None, share).limit(pl.col("expected_fee")))


def with_booked(pairs: pl.DataFrame, rates: tuple[Rate, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pairs of two currencies with `booked`, the books' amount in the line's currency at the rate of its day; and those without a rate."""
    known = {key: rate.pico for key in pairs.select(*ROUTE).unique().iter_rows() if (rate := _rate_on(rates, *key))}
    booked = [
        converted(amount, known[ours, theirs, day], exponent(ours), exponent(theirs)) if (ours, theirs, day) in known else None
        for ours, theirs, day, amount in pairs.select(*ROUTE, "amount").iter_rows()
    ]
    every = pairs.with_columns(pl.Series("booked", booked, dtype=pl.Int64))
    return every.filter(pl.col("booked").is_not_null()), every.filter(pl.col("booked").is_null()).drop("booked")


def _rate_on(rates: tuple[Rate, ...], base: str, quote: str, day: date) -> Rate | None:
    """The latest rate of two currencies that was booked by a day; `rates` has the latest first."""
    return next((rate for rate in rates if (rate.base, rate.quote) == (base, quote) and rate.valid_from <= day), None)


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


def compare_refunds(matches: pl.DataFrame, lines: pl.DataFrame, refunds: pl.DataFrame, terms: ChannelTerms) -> list[pl.DataFrame]:
    """Faults of paired refunds; the last frame is what was accepted. Another currency is told of the payment, and only of it."""
    ours = refunds.select(pl.col("id").alias("refund_id"), -pl.col("amount"), "payment_id", pl.col("currency").alias("currency_ours"))
    theirs = lines.select(pl.col("id").alias("line_id"), "currency", "gross", "business_date", "statement_id")
    rows = matches.filter(pl.col("refund_id").is_not_null()).select("line_id", "refund_id")
    both = rows.join(theirs, on="line_id").join(ours, on="refund_id").sort("refund_id", "line_id")
    both = both.group_by("refund_id", maintain_order=True).agg(pl.col("gross").sum(), pl.exclude("gross").first())
    same = both.filter(pl.col("currency") == pl.col("currency_ours"))
    amount, gross = pl.col("amount"), pl.col("gross")
    differing, few = judged(same, "refund_amount_mismatch", amount, gross, terms.rules.amount.limit(amount), "refund_id")
    exchanged, other = with_booked(both.filter(pl.col("currency") != pl.col("currency_ours")), terms.rates)
    rates, few_rates = judged(
        exchanged, "refund_amount_mismatch", pl.col("booked"), gross, terms.rules.fx.limit(pl.col("booked")), "refund_id"
    )
    other = other.unique("payment_id", keep="first", maintain_order=True).with_columns(pl.col("currency_ours").alias("currency"))
    accepted = pl.concat([few, few_rates]).with_columns(pl.lit(None, pl.Int64).alias("payment_id"))
    return [differing, rates, fault(other, "currency_mismatch", "payment_id", expected=amount, actual=gross), accepted]


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
