"""One pass over one channel, reading like the blueprint's chapter on reconciliation: pair, compare, look at the clock."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from apps.settlements.matching.comparing import compare_payments, compare_refunds, fault, unpaired_lines
from apps.settlements.matching.conversions import compare_conversions
from apps.settlements.matching.disputes import pair_disputes
from apps.settlements.matching.frames import FAULTS, ChannelBooks, ChannelTerms, Proposal, shaped
from apps.settlements.matching.keys import moving_lines, with_captured, without
from apps.settlements.matching.pairing import Paired, pair_payments
from apps.settlements.matching.payouts import form_payouts
from apps.settlements.matching.refunds import pair_refunds
from apps.settlements.matching.schedule import covered_until, due_and_missing, gap_days, of_payouts, of_trades, silent_days
from apps.settlements.matching.sweeping import as_swept

OF_SALES = [  # what pairing and telling of sales need: the less is carried, the less a million of them weigh
    "id", "statement_id", "provider_ref_key", "merchant_ref_key", "method", "currency", "gross", "occurred_at", "business_date",
]  # fmt: skip


@dataclass(frozen=True)
class Pairing:
    """What the first half of a pass proves: the links, and both sides as the second half looks at them."""

    lines: pl.DataFrame
    payments: pl.DataFrame
    paid: Paired
    refunded: Paired
    disputed: pl.DataFrame
    matches: pl.DataFrame  # MATCHES, with amounts


def reconcile_channel(books: ChannelBooks, terms: ChannelTerms, as_of: date) -> Proposal:
    """What the facts of one channel prove and what they leave open, at a day. Pure: the same frames give the same proposal."""
    return judge_channel(books, terms, as_of, pair_channel(books, terms))


def pair_channel(books: ChannelBooks, terms: ChannelTerms) -> Pairing:
    """The links that the facts prove. They are final: nothing that `judge_channel` finds changes them, so they can be written meanwhile."""
    lines, payments = moving_lines(books.lines), with_captured(books.payments)
    sales, backs = lines.filter(pl.col("kind") == "payment").select(OF_SALES), lines.filter(pl.col("kind") == "refund")
    window = timedelta(hours=terms.rules.pairing_hours)
    paid = pair_payments(sales, payments, books.made_by_hand, books.undone_by_hand, window)
    refunded = pair_refunds(backs, books.refunds, payments, books.made_by_hand, books.undone_by_hand)
    gross = lines.select(pl.col("id").alias("line_id"), "gross")
    matches = pl.concat([paid.matches, refunded.matches]).join(gross, on="line_id", how="left")
    matches = matches.with_columns(pl.coalesce("amount", "gross").alias("amount")).drop("gross")
    return Pairing(lines, payments, paid, refunded, pair_disputes(lines, books.disputes, payments), matches)


def judge_channel(books: ChannelBooks, terms: ChannelTerms, as_of: date, pairing: Pairing) -> Proposal:
    """Compares what was paired and tells what is missing on either side. Asks no database, so it may run in a thread of its own."""
    lines, payments, paid, refunded = pairing.lines, pairing.payments, pairing.paid, pairing.refunded
    unpaired = without(payments.filter(pl.col("captured")), paid.matches["payment_id"].drop_nulls().unique())
    owed = books.refunds.filter(pl.col("state") == "succeeded")
    unpaired_refunds = without(owed, refunded.matches["refund_id"].drop_nulls().unique())

    waiting = pl.concat([unpaired["business_date"], unpaired_refunds["business_date"]]).drop_nulls()
    silent = silent_days(of_trades(books.statements), waiting, terms)

    *told_of_sales, few_sales = compare_payments(paid.matches, lines, payments, terms)
    *told_of_backs, few_backs = compare_refunds(pl.concat([paid.matches, refunded.matches]), lines, books.refunds, terms)
    faults = [
        *told_of_sales,
        *told_of_backs,
        compare_conversions(paid.matches, lines, pl.concat(told_of_sales), terms),
        unpaired_lines(paid.strays, "missing_in_books"),
        unpaired_lines(paid.ambiguous, "ambiguous_match"),
        unpaired_lines(refunded.strays, "refund_missing_in_books"),
        unpaired_lines(pl.concat([paid.repeats.select(OF_SALES), refunded.repeats.select(OF_SALES)]), "duplicate_line"),
        unpaired_lines(without(lines.filter(pl.col("kind") == "dispute"), pairing.disputed["line_id"]), "dispute_missing_in_books"),
        _missing(unpaired, "missing_at_provider", "payment_id", pl.col("amount"), books, terms, as_of, silent),
        _missing(unpaired_refunds, "refund_missing_at_provider", "refund_id", -pl.col("amount"), books, terms, as_of, silent),
    ]
    if terms.statements == "daily":
        faults.append(_gaps(gap_days(of_trades(books.statements), waiting, terms, as_of)))
    payouts = form_payouts(as_swept(books.lines, terms), terms, of_payouts(books.statements))
    until = covered_until(books.lines, of_trades(books.statements))
    return Proposal(pairing.matches, pl.concat(faults), payouts, until, pairing.disputed, pl.concat([few_sales, few_backs]))


def _missing(rows: pl.DataFrame, kind: str, subject: str, amount: pl.Expr, books: ChannelBooks, terms: ChannelTerms, as_of: date, silent):
    late = due_and_missing(rows, books.lines, of_trades(books.statements), silent, terms, as_of)
    return fault(late.with_columns(pl.col("id").alias(subject)), kind, subject, expected=amount, actual=0)


def _gaps(days: list[date]) -> pl.DataFrame:
    found = pl.DataFrame({"business_date": days}, schema={"business_date": pl.Date}).with_columns(
        pl.lit("statement_gap").alias("kind"),
        pl.lit("channel_day").alias("subject_type"),
        pl.col("business_date").cast(pl.String).alias("subject_key"),
        pl.lit(0).alias("expected"),
        pl.lit(0).alias("actual"),
    )
    return shaped(found, FAULTS)
