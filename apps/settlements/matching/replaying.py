"""The same facts under two sets of rules, and what lies between the two. Pure, like the engine it asks."""

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from apps.channels.tolerances import MatchRules
from apps.settlements.matching.bank import BankBooks, reconcile_bank
from apps.settlements.matching.engine import reconcile_channel
from apps.settlements.matching.frames import TEXT, WHOLE, ChannelBooks, ChannelTerms, shaped

SUBJECT = ["channel_id", "kind", "subject_type", "subject_key"]
FIGURES = ["currency", "expected", "actual"]
PAIR = ["line_id", "payment_id", "refund_id"]
TIE = ["payout_id", "bank_line_id"]
SAME = ["kind", "payment_id", "refund_id", "currency", "expected", "actual", "business_date"]
# One row a change. `kind` is that of a discrepancy, or the rule that made a match; `stake` is the money it is about, never negative but
# where a discrepancy only changes its amount: then it is by how much more is at stake than before.
CHANGES = {
    "what": TEXT,
    "kind": TEXT,
    "channel_id": WHOLE,
    "subject_type": TEXT,
    "subject_key": TEXT,
    "payment_id": WHOLE,
    "refund_id": WHOLE,
    "line_id": WHOLE,
    "payout_id": WHOLE,
    "bank_line_id": WHOLE,
    "currency": TEXT,
    "expected": WHOLE,
    "actual": WHOLE,
    "before": WHOLE,  # the difference as it stands
    "business_date": pl.Date(),
    "stake": WHOLE,
}


@dataclass(frozen=True)
class Facts:
    """Everything that a replay looks at. `closed` are discrepancies that people closed: SUBJECT and FIGURES."""

    books: ChannelBooks
    bank: BankBooks
    terms: list[ChannelTerms]  # in force on all channels of the merchant, which share its bank, in the order of a pass
    closed: pl.DataFrame
    currency: str
    as_of: date


@dataclass(frozen=True)
class Look:
    """What one set of rules says of the facts: faults that stand open, what is accepted, and what is paired."""

    faults: pl.DataFrame
    accepted: pl.DataFrame
    matches: pl.DataFrame
    ties: pl.DataFrame


def look(facts: Facts, terms: ChannelTerms) -> Look:
    """One pass under the terms. What a person closed stays closed as long as its figures stay the same."""
    proposal = reconcile_channel(facts.books, terms, facts.as_of)
    every_terms = [terms if one.channel_id == terms.channel_id else one for one in facts.terms]
    ties, of_bank = reconcile_bank(facts.bank, every_terms, facts.as_of)
    ours = proposal.faults.with_columns(pl.lit(terms.channel_id).cast(pl.Int64).alias("channel_id"))
    every = pl.concat([ours, of_bank.select(ours.columns)]).with_columns(pl.col("currency").fill_null(facts.currency))
    every = every.unique(SUBJECT, keep="first", maintain_order=True)
    said = facts.books.lines.select(pl.col("id").alias("line_id"), "currency", "business_date")
    return Look(
        faults=every.join(facts.closed, on=[*SUBJECT, *FIGURES], how="anti"),
        accepted=proposal.accepted,
        matches=proposal.matches.select(*PAIR, pl.col("rule").alias("kind"), "amount").join(said, on="line_id"),
        ties=_with_bank(ties, facts.bank.lines),
    )


def _with_bank(ties: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    said = lines.select(pl.col("id").alias("bank_line_id"), "currency", pl.col("booked_on").alias("business_date"))
    return ties.select(*TIE, pl.col("rule").alias("kind"), "amount").join(said, on="bank_line_id")


def replay(facts: Facts, terms: ChannelTerms, proposed: ChannelTerms) -> pl.DataFrame:
    """CHANGES between a pass under the terms in force and one under the proposed."""
    return changes(look(facts, terms), look(facts, proposed))


def with_rules(terms: ChannelTerms, rules: MatchRules, grace_days: int) -> ChannelTerms:
    """The channel's terms with other tolerances, windows and grace."""
    return replace(terms, rules=rules, grace_days=grace_days)


def changes(now: Look, then: Look) -> pl.DataFrame:
    """What would be different, in the order in which people ask for it."""
    opens = then.faults.join(now.faults, on=SUBJECT, how="anti", maintain_order="left")
    clears = now.faults.join(then.faults, on=SUBJECT, how="anti", maintain_order="left")
    both = then.faults.join(now.faults.select(*SUBJECT, *FIGURES), on=SUBJECT, suffix="_now", maintain_order="left")
    moved = both.filter(pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in FIGURES))
    was = pl.col("actual_now") - pl.col("expected_now")
    return pl.concat(
        [
            _told(opens, "opens", stake()),
            _told(clears.with_columns(before=pl.col("actual") - pl.col("expected")), "clears", stake()),
            _told(moved.with_columns(before=was), "moves", stake() - stake("_now")),
            *_both_ways(now.accepted, then.accepted, SAME, ("no_longer_accepted", "accepted"), stake()),
            *_both_ways(now.matches, then.matches, PAIR, ("unpairs", "pairs"), pl.col("amount").abs()),
            *_both_ways(now.ties, then.ties, TIE, ("unties", "ties"), pl.col("amount").abs()),
        ]
    )


def stake(suffix: str = "") -> pl.Expr:
    """The difference, or the whole amount where both sides agree on it but not on currency or day."""
    expected, actual = pl.col(f"expected{suffix}"), pl.col(f"actual{suffix}")
    return pl.when(expected == actual).then(actual.abs()).otherwise((actual - expected).abs())


def _both_ways(now: pl.DataFrame, then: pl.DataFrame, key: list[str], names: tuple[str, str], money: pl.Expr) -> list[pl.DataFrame]:
    gone = now.join(then, on=key, how="anti", nulls_equal=True, maintain_order="left")
    fresh = then.join(now, on=key, how="anti", nulls_equal=True, maintain_order="left")
    return [_told(gone, names[0], money), _told(fresh, names[1], money)]


def _told(rows: pl.DataFrame, what: str, money: pl.Expr) -> pl.DataFrame:
    return shaped(rows.with_columns(pl.lit(what).alias("what"), money.alias("stake")), CHANGES)


def summed(rows: pl.DataFrame) -> list[dict]:
    """`what`, `kind`, `currency`, `count`, `money` (minor units) of CHANGES, in their order."""
    groups = rows.group_by("what", "kind", "currency", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("stake").sum().alias("money")
    )
    return groups.to_dicts()
