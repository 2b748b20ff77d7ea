"""What the bank says of payouts: how much of each came and when, what is missing, and what no payout explains."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from apps.settlements.matching.comparing import fault
from apps.settlements.matching.frames import ChannelTerms
from apps.settlements.matching.ties import candidate_lines, owed, tie_to_bank


@dataclass(frozen=True)
class BankBooks:
    """Everything about a merchant's bank that a pass looks at."""

    payouts: pl.DataFrame  # PAYOUTS with id and channel_id
    lines: pl.DataFrame  # BANK_LINES
    tied_by_hand: pl.DataFrame  # TIES
    undone_by_hand: pl.DataFrame  # pairs that no rule makes again
    known_until: dict[int, date]  # by bank account


def reconcile_bank(bank: BankBooks, terms: list[ChannelTerms], as_of: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """TIES of all payouts, those by hand included, and the faults that the bank shows, with `channel_id`. Pure."""
    by_hand = bank.tied_by_hand
    free = bank.payouts.join(by_hand, left_on="id", right_on="payout_id", how="anti", maintain_order="left")
    open_lines = bank.lines.join(by_hand, left_on="id", right_on="bank_line_id", how="anti", maintain_order="left")
    ties = pl.concat([tie_to_bank(free, open_lines, terms, bank.undone_by_hand), by_hand])
    return ties, bank_faults(bank.payouts, ties, bank.lines, terms, bank.known_until, as_of)


def arrived(ties: pl.DataFrame, bank_lines: pl.DataFrame) -> pl.DataFrame:
    """One row a tied payout: `got`, the parts of its bank lines together, `found_on`, the day of the last, and the first line."""
    lines = bank_lines.select(pl.col("id").alias("bank_line_id"), "booked_on")
    tied = ties.join(lines, on="bank_line_id").sort("payout_id", "slot")
    return tied.group_by("payout_id", maintain_order=True).agg(
        pl.col("amount").sum().alias("got"), pl.col("booked_on").max().alias("found_on"), pl.col("bank_line_id").first()
    )


def bank_faults(
    payouts: pl.DataFrame, ties: pl.DataFrame, bank_lines: pl.DataFrame, terms: list[ChannelTerms], bank_until: dict[int, date], as_of: date
) -> pl.DataFrame:
    """Payouts that came otherwise or not at all, and deposits that no payout explains."""
    amounts = payouts.with_columns(owed().alias("amount"), pl.col("id").alias("payout_id"), pl.col("due_on").alias("business_date"))
    amounts = amounts.with_columns(pl.when(pl.col("is_named")).then(pl.col("ref")).alias("payout_key"))
    # What came back and has not been paid again is in the provider's hands: no other amount, and missing only once that is due.
    back = pl.col("returned_on").is_not_null() & (pl.col("got") == 0)
    tied = amounts.join(arrived(ties, bank_lines), on="payout_id").filter(~back)
    differs = tied.filter(pl.col("got") != pl.col("amount"))

    untied = amounts.filter(pl.col("amount") != 0).join(tied, on="payout_id", how="anti", maintain_order="left")
    untied = untied.filter(pl.col("returned_on").is_null() | (pl.col("carried_by") != ""))
    last_day = {t.channel_id: _last_silent_day(t, bank_until, as_of) for t in terms}
    never = pl.date(1, 1, 1)
    missing = untied.filter(pl.col("due_on") <= pl.col("channel_id").replace_strict(last_day, default=never, return_dtype=pl.Date))

    candidates = candidate_lines(bank_lines, terms).unique("id", keep="first", maintain_order=True)
    loose = candidates.join(ties, left_on="id", right_on="bank_line_id", how="anti", maintain_order="left").filter(pl.col("amount") > 0)
    graced = {t.channel_id: _last_graced_day(t, as_of) for t in terms}
    loose = loose.filter(pl.col("booked_on") <= pl.col("channel_id").replace_strict(graced, default=never, return_dtype=pl.Date))
    loose = loose.with_columns(pl.col("id").alias("bank_line_id"), pl.col("booked_on").alias("business_date"))
    parts = [
        fault(differs, "bank_amount_mismatch", "payout_id", expected=pl.col("amount"), actual=pl.col("got")),
        fault(missing, "payout_missing_in_bank", "payout_id", expected=pl.col("amount"), actual=0),
        fault(loose, "unexpected_bank_line", "bank_line_id", expected=0, actual=pl.col("amount")),
    ]
    channels = [differs["channel_id"], missing["channel_id"], loose["channel_id"]]
    return pl.concat(part.with_columns(channel.alias("channel_id")) for part, channel in zip(parts, channels, strict=True))


def _last_graced_day(terms: ChannelTerms, as_of: date) -> date:
    """The last day whose grace has passed at `as_of`."""
    day = as_of - timedelta(days=1)
    while terms.calendar.add_open_days(day, terms.grace_days) >= as_of:
        day -= timedelta(days=1)
    return day


def _last_silent_day(terms: ChannelTerms, bank_until: dict[int, date], as_of: date) -> date:
    """The last due day for which silence of the bank is a fact: its grace has passed and its bank statement is in."""
    known = bank_until.get(terms.bank_account_id)
    return date(1, 1, 1) if known is None else min(known, _last_graced_day(terms, as_of))
