"""What reconciliation accepted: differences within tolerance, and pairs in two currencies that agree at a booked rate.

    a differing amount      suspense ↔ tolerance, by kind
    a differing fee         fees ↔ tolerance, so that fees are what was agreed
    a pair at its rate      suspense → currency clearing, in the line's currency; currency clearing → not listed yet, in ours
    … what the rate is off  currency clearing ↔ exchange result

A person's decision about the same subject goes first: it moved all that stood open.
"""

import polars as pl

from apps.settlements.ledger.accounts import Code
from apps.settlements.ledger.decisions import MOVING
from apps.settlements.ledger.frames import POSTINGS, Facts, empty
from apps.settlements.ledger.listing import SUSPENSE_OF
from apps.settlements.ledger.moves import account, move

SUBJECT = ["subject_type", "subject_id"]
# Where a difference of a kind stands before it is accepted.
_STANDS_IN = {
    "amount_mismatch": Code.SUSPENSE_PAYMENTS.value,
    "refund_amount_mismatch": Code.SUSPENSE_REFUNDS.value,
    "fee_mismatch": Code.FEES.value,
    "fx_variance": Code.FX_CLEARING.value,
}
# Side → (kind of its entries, where ours waits to be listed, the sign of what waits there).
_SIDES = {
    "payment": ("fx_variance", Code.UNLISTED, 1),
    "refund": ("refund_amount_mismatch", Code.REFUNDS_UNLISTED, -1),
}


def accepted(facts: Facts, lines: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """One entry for all that was accepted of a day, kind and currency. `lines` and `links` are those of `listed`."""
    pairs = pl.concat([_exchanged(facts, lines, links, side) for side in _SIDES], how="diagonal")
    if facts.accepted.is_empty() and pairs.is_empty():
        return empty(POSTINGS)
    return pl.concat([_tolerated(facts, pairs), *_through_clearing(facts, pairs)])


def _tolerated(facts: Facts, pairs: pl.DataFrame) -> pl.DataFrame:
    """The differences themselves, from where they stand to the account of their reason."""
    is_fee = (pl.col("kind") == "fee_mismatch").alias("is_fee")
    decided = facts.decisions.filter(pl.col("resolution").is_in(MOVING)).select(*SUBJECT, is_fee)
    exchanged = pairs.select(*SUBJECT).unique().with_columns(pl.lit(True).alias("is_exchanged"))
    rows = (
        facts.accepted.with_columns(is_fee).join(decided, on=[*SUBJECT, "is_fee"], how="anti").join(_paired(facts), on=SUBJECT, how="semi")
    )
    rows = rows.join(exchanged, on=SUBJECT, how="left").with_columns(pl.col("is_exchanged").fill_null(value=False))
    is_rate = (pl.col("is_exchanged") & ~pl.col("is_fee")) | (pl.col("kind") == "fx_variance")
    rows = rows.filter(~is_rate | pl.col("is_exchanged"))
    at = facts.channel_id
    stands = pl.when(is_rate).then(pl.lit(Code.FX_CLEARING.value)).otherwise(pl.col("kind").replace_strict(_STANDS_IN))
    reason = pl.when(is_rate).then(account(Code.FX_RESULT, at)).otherwise(account(Code.TOLERANCE, at, about=pl.col("kind")))
    return move(rows, "accepted", debit=account(stands, at), credit=reason, amount=pl.col("difference"), day="business_date", by_row=False)


def _paired(facts: Facts) -> pl.DataFrame:
    """The subjects that still have a line: an undone pair has nothing that could be accepted, also before the next pass says so."""
    return pl.concat(_subjects(facts.matches.select(pl.col(f"{side}_id").alias("subject_id")), side) for side in _SIDES).unique()


def _subjects(ids: pl.DataFrame, side: str) -> pl.DataFrame:
    return ids.drop_nulls().select(pl.lit(side).alias("subject_type"), "subject_id")


def _exchanged(facts: Facts, lines: pl.DataFrame, links: pl.DataFrame, side: str) -> pl.DataFrame:
    """Pairs in two currencies that nobody was told of, one row a pair: they agree at a booked rate, or nearly."""
    column = f"{side}_id"
    ours = (facts.payments if side == "payment" else facts.refunds).join(
        links.select(pl.col(column).alias("id")).drop_nulls(), on="id", how="anti"
    )
    ours = ours.select(
        pl.col("id").alias("subject_id"), pl.col("currency").alias("ours"), "amount", pl.col("business_date").alias("ours_on")
    )
    theirs = lines.select(pl.col("id").alias("line_id"), "currency", "suspends", "business_date")
    pairs = facts.matches.select("line_id", pl.col(column).alias("subject_id")).drop_nulls().join(ours, on="subject_id")
    pairs = pairs.join(theirs, on="line_id").filter(pl.col("currency") != pl.col("ours")).with_columns(pl.lit(side).alias("subject_type"))
    decided = facts.decisions.filter(pl.col("resolution").is_in(MOVING) & (pl.col("kind") != "fee_mismatch"))
    return pairs.join(facts.rates_told, on=SUBJECT, how="anti").join(decided, on=SUBJECT, how="anti")


def _through_clearing(facts: Facts, pairs: pl.DataFrame) -> list[pl.DataFrame]:
    """Both sides of every pair at its rate meet in clearing, each in its own currency: nothing of it is open any more."""
    at, parts = facts.channel_id, []
    for side, (kind, waits, sign) in _SIDES.items():
        mine = pairs.filter(pl.col("subject_type") == side).with_columns(pl.lit(kind).alias("kind"))
        listed_on = pl.max_horizontal("ours_on", "business_date").max().alias("listed_on")
        ours = mine.group_by("subject_id", "kind", pl.col("ours").alias("currency")).agg(pl.col("amount").first(), listed_on)
        suspense, clearing = account(SUSPENSE_OF[side], at), account(Code.FX_CLEARING, at)
        theirs = mine.unique("line_id")
        listed, settled = pl.col("suspends"), sign * pl.col("amount")
        parts += [
            move(theirs, "accepted", debit=suspense, credit=clearing, amount=listed, day="business_date", by_row=False),
            move(ours, "accepted", debit=clearing, credit=account(waits, at), amount=settled, day="listed_on", by_row=False),
        ]
    return parts
