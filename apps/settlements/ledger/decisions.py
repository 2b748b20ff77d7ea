"""What people decided about differences: money that stands open is given up, or claimed from the provider.

A decision moves what its subject still holds open, not the figure it was made about. So when the missing line arrives after all, nothing is
left to give up and the entry goes away by itself.
"""

import polars as pl

from apps.settlements.ledger.accounts import Code
from apps.settlements.ledger.frames import DAY, POSTINGS, TEXT, WHOLE, Facts, empty
from apps.settlements.ledger.listing import SUSPENSE_OF, unlisted
from apps.settlements.ledger.moves import account, move

MOVING = ("written_off", "claimed")  # the other resolutions book nothing: the facts do, or there is nothing to book
OPEN_SHAPE = {"subject_type": TEXT, "subject_id": WHOLE, "code": TEXT, "currency": TEXT, "amount": WHOLE, "open_since": DAY}
# The account in which a payout's difference stands, by kind; the other subjects have one account each.
_PAYOUT_KINDS = {
    "payout_amount_mismatch": (Code.SUSPENSE_PAYOUTS.value,),
    "payout_missing_in_bank": (Code.IN_TRANSIT.value, Code.RECEIVABLE.value),
    "bank_amount_mismatch": (Code.SUSPENSE_BANK.value,),
}


def decisions(facts: Facts, lines: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """One entry a decision that moves money. The first decision about a subject takes it all."""
    made = facts.decisions.filter(pl.col("resolution").is_in(MOVING)).sort("closed_on", "id")
    if made.is_empty():
        return empty(POSTINGS)
    moves = pl.concat([_of_open(facts, made, lines, links), _of_fees(made)]).with_columns(
        pl.max_horizontal("closed_on", "open_since").alias("on")
    )
    at = facts.channel_id
    claimed = account(Code.CLAIMS, at)
    given_up = (
        pl.when(pl.col("kind") == "fx_variance")
        .then(account(Code.FX_RESULT, at))
        .otherwise(account(Code.WRITTEN_OFF, at, about=pl.col("kind")))
    )
    return move(
        moves,
        "decision",
        debit=pl.when(pl.col("resolution") == "claimed").then(claimed).otherwise(given_up),
        credit=account(pl.col("code"), at),
        amount=pl.col("amount"),
        day="on",
        by_row=True,
    )


_MADE = ["id", "kind", "resolution", "closed_on", "code", "currency", "amount", "open_since"]


def _of_open(facts: Facts, made: pl.DataFrame, lines: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """`made` with what its subject holds open: the account it stands in, and the balance there (debit positive)."""
    subject = ["subject_type", "subject_id"]
    found = made.drop("currency").join(open_balances(facts, made, lines, links), on=subject)
    wanted = pl.col("kind").replace_strict(_PAYOUT_KINDS, default=None, return_dtype=pl.List(TEXT))
    found = found.filter((pl.col("subject_type") != "payout") | pl.col("code").is_in(wanted))
    first = found.sort("closed_on", "id").unique([*subject, "code", "currency"], keep="first", maintain_order=True)
    return first.select(_MADE)


def _of_fees(made: pl.DataFrame) -> pl.DataFrame:
    """A fee that is too high stands among the fees; the part above the plan is taken out of them."""
    fees = made.filter(pl.col("kind") == "fee_mismatch")
    return fees.with_columns(
        pl.lit(Code.FEES.value).alias("code"), -pl.col("difference").alias("amount"), pl.col("closed_on").alias("open_since")
    ).select(_MADE)


def open_balances(facts: Facts, made: pl.DataFrame, lines: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """What stands open about the subjects of `made`, each with its account; debit positive (`OPEN_SHAPE`)."""
    wanted = {name: ids["subject_id"].unique() for (name,), ids in made.group_by("subject_type")}
    of = {name: wanted.get(name, pl.Series([], dtype=WHOLE)) for name in ("payment", "refund", "line", "payout", "bank_line")}
    suspended = lines.filter(pl.col("suspends") != 0)
    parts = [
        _unlisted(facts.payments, links, "payment", of["payment"], Code.UNLISTED, 1),
        _unlisted(facts.refunds, links, "refund", of["refund"], Code.REFUNDS_UNLISTED, -1),
        _suspended(suspended.with_columns(pl.col("id").alias("subject_id")), "line", of["line"]),
        # Pairs that settle nothing count, too: another currency, or a payment that our books do not call paid.
        *(
            _suspended(
                facts.matches.select("line_id", pl.col(f"{name}_id").alias("subject_id"))
                .drop_nulls()
                .join(suspended, left_on="line_id", right_on="id"),
                name,
                of[name],
            )
            for name in ("payment", "refund")
        ),
        _payouts(facts.payouts.filter(pl.col("id").is_in(of["payout"].implode()))),
        _shaped(
            facts.deposits.filter(pl.col("id").is_in(of["bank_line"].implode())).with_columns(pl.col("id").alias("subject_id")),
            "bank_line",
            pl.lit(Code.SUSPENSE_DEPOSITS.value),
            -pl.col("amount"),
            "booked_on",
        ),
    ]
    every = pl.concat(parts).group_by("subject_type", "subject_id", "code", "currency")
    return every.agg(pl.col("amount").sum(), pl.col("open_since").max()).filter(pl.col("amount") != 0).select(*OPEN_SHAPE)


def _shaped(rows: pl.DataFrame, subject: str, code: pl.Expr, amount: pl.Expr, day: str) -> pl.DataFrame:
    return rows.select(
        pl.lit(subject).alias("subject_type"),
        pl.col("subject_id").cast(WHOLE),
        code.alias("code"),
        "currency",
        amount.alias("amount"),
        pl.col(day).alias("open_since"),
    )


def _unlisted(ours: pl.DataFrame, links: pl.DataFrame, subject: str, ids: pl.Series, code: Code, sign: int) -> pl.DataFrame:
    mine = unlisted(ours.filter(pl.col("id").is_in(ids.implode())), links, f"{subject}_id")
    return _shaped(
        mine.with_columns(pl.col("id").alias("subject_id")), subject, pl.lit(code.value), sign * pl.col("amount"), "business_date"
    )


def _suspended(rows: pl.DataFrame, subject: str, ids: pl.Series) -> pl.DataFrame:
    """Lines that say more or less than our books, under the subject a difference names."""
    codes = {kind: code.value for kind, code in SUSPENSE_OF.items()}
    mine = rows.filter(pl.col("subject_id").is_in(ids.implode()))
    return _shaped(
        mine, subject, pl.col("kind").replace_strict(codes, default=None, return_dtype=TEXT), -pl.col("suspends"), "business_date"
    )


def _payouts(payouts: pl.DataFrame) -> pl.DataFrame:
    """The three places in which money of a payout can stand open."""
    said = pl.coalesce("announced", "lines_net")
    rows = payouts.with_columns(pl.col("id").alias("subject_id"), pl.min_horizontal("announced_on", "arrived_on").alias("sent_on"))
    sent, waits = rows.drop_nulls("sent_on"), rows.filter(pl.col("arrived_on").is_null())
    is_sent = pl.col("sent_on").is_not_null()
    arrived = rows.filter(pl.col("arrived_on").is_not_null() & (pl.col("bank_currency") == pl.col("currency")))
    return pl.concat(
        [
            _shaped(sent, "payout", pl.lit(Code.SUSPENSE_PAYOUTS.value), pl.col("lines_net") - said, "sent_on"),
            _shaped(
                waits,
                "payout",
                pl.when(is_sent).then(pl.lit(Code.IN_TRANSIT.value)).otherwise(pl.lit(Code.RECEIVABLE.value)),
                pl.when(is_sent).then(said).otherwise("lines_net"),
                "sent_on",
            ),
            _shaped(arrived, "payout", pl.lit(Code.SUSPENSE_BANK.value), said - pl.col("arrived"), "arrived_on"),
        ]
    )
