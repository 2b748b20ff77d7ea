"""The journal of one channel from its facts: what we sold, what the provider lists, pays out, and what the bank shows.

    sold        unlisted ← sales
    listed      receivable ← unlisted, and what differs ← suspense; fees ← receivable
    paid out    in transit ← receivable
    arrived     bank ← in transit

(`a ← b`: a is debited, b is credited.) Each posting names both its accounts, so every entry sums to zero as it is written.
"""

import polars as pl

from apps.settlements.ledger.accepted import accepted
from apps.settlements.ledger.accounts import Code
from apps.settlements.ledger.decisions import decisions
from apps.settlements.ledger.frames import POSTINGS, Facts, empty
from apps.settlements.ledger.listing import SUSPENSE_OF, listed
from apps.settlements.ledger.moves import account, added_up, bank, move

# Where a line's gross comes from or goes to. A kind that is not named here is an adjustment.
COUNTER = {
    "payment": Code.UNLISTED,
    "refund": Code.REFUNDS_UNLISTED,
    "dispute": Code.DISPUTES_HELD,
    "dispute_reversal": Code.DISPUTES_HELD,
    "fee": Code.FEES,
    "tax": Code.FEES,
    "reserve": Code.RESERVE_HELD,
    "conversion": Code.FX_CLEARING,
}
FEE_OF = {"dispute": Code.DISPUTE_FEES, "dispute_reversal": Code.DISPUTE_FEES}


def derive(facts: Facts) -> pl.DataFrame:
    """Every posting of a channel (`frames.POSTINGS`), in an order that does not depend on that of the facts."""
    if facts.is_empty:
        return empty(POSTINGS)
    lines, links = listed(facts)
    parts = [
        _books(facts),
        _lines(lines, facts.channel_id),
        _payouts(facts),
        _bank(facts),
        _ended_disputes(facts, lines),
        accepted(facts, lines, links),
        decisions(facts, lines, links),
    ]
    return added_up(pl.concat(parts))


def _books(facts: Facts) -> pl.DataFrame:
    """What our own books say, a day at a time: sold, and given back by the provider or by our own bank."""
    at, amount = facts.channel_id, pl.col("amount")
    refunds = account(Code.REFUNDS, at)
    sold = move(
        facts.payments,
        "payments",
        debit=account(Code.UNLISTED, at),
        credit=account(Code.SALES, at),
        amount=amount,
        day="business_date",
        by_row=False,
    )
    back = move(
        facts.refunds,
        "refunds",
        debit=refunds,
        credit=account(Code.REFUNDS_UNLISTED, at),
        amount=amount,
        day="business_date",
        by_row=False,
    )
    transferred = move(facts.transfers, "transfer", debit=refunds, credit=bank(), amount=amount, day="paid_on", by_row=True)
    return pl.concat([sold, back, transferred])


def _lines(lines: pl.DataFrame, channel_id: int) -> pl.DataFrame:
    """What the provider lists: each part of a line against the account that explains it."""
    # A million lines come to some thousand sums before any text is made of them.
    parts = ("settles", "suspends", "fee", "other")
    sums = lines.group_by("kind", "currency", "business_date").agg(pl.col(*parts).sum())
    kind, receivable = pl.col("kind"), account(Code.RECEIVABLE, channel_id)
    counters = {
        "settles": _chosen(kind, COUNTER, Code.ADJUSTMENTS),
        "suspends": _chosen(kind, SUSPENSE_OF, Code.SUSPENSE_PAYMENTS),
        "fee": _chosen(kind, FEE_OF, Code.FEES),
        "other": pl.lit(Code.ADJUSTMENTS.value),
    }
    return pl.concat(
        move(
            sums,
            "lines",
            debit=receivable,
            credit=account(code, channel_id),
            amount=pl.col(part),
            day="business_date",
            by_row=False,
        )
        for part, code in counters.items()
    )


def _chosen(kind: pl.Expr, codes: dict[str, Code], other: Code) -> pl.Expr:
    names = {name: code.value for name, code in codes.items()}
    return kind.replace_strict(names, default=other.value, return_dtype=pl.String)


def _payouts(facts: Facts) -> pl.DataFrame:
    """What left the provider: when it says so, else when the bank shows it. A payout is what was announced, else the sum of its lines."""
    at, said = facts.channel_id, pl.coalesce("announced", "lines_net")
    sent = facts.payouts.with_columns(pl.min_horizontal("announced_on", "arrived_on").alias("sent_on")).drop_nulls("sent_on")
    receivable = account(Code.RECEIVABLE, at)
    return pl.concat(
        [
            move(sent, "payout", debit=account(Code.IN_TRANSIT, at), credit=receivable, amount=said, day="sent_on", by_row=True),
            move(
                sent,
                "payout",
                debit=account(Code.SUSPENSE_PAYOUTS, at),
                credit=receivable,
                amount=pl.col("lines_net") - said,
                day="sent_on",
                by_row=True,
            ),
        ]
    )


def _bank(facts: Facts) -> pl.DataFrame:
    """What the bank shows. Another currency than the payout's goes through exchange clearing, each currency for itself."""
    at, said, got = facts.channel_id, pl.coalesce("announced", "lines_net"), pl.col("arrived")
    arrived = facts.payouts.drop_nulls("arrived_on")
    same = arrived.filter(pl.col("bank_currency") == pl.col("currency"))
    other = arrived.filter(pl.col("bank_currency") != pl.col("currency"))
    there = other.with_columns(pl.col("bank_currency").alias("currency"))
    transit, clearing = account(Code.IN_TRANSIT, at), account(Code.FX_CLEARING, at)
    differs = account(Code.SUSPENSE_BANK, at)
    on = {"day": "arrived_on", "by_row": True}
    deposits = facts.deposits
    return pl.concat(
        [
            move(same, "arrival", debit=bank(), credit=transit, amount=got, **on),
            move(same, "arrival", debit=differs, credit=transit, amount=said - got, **on),
            move(other, "arrival", debit=clearing, credit=transit, amount=said, **on),
            move(there, "arrival", debit=bank(), credit=clearing, amount=got, **on),
            move(
                deposits,
                "deposit",
                debit=bank(),
                credit=account(Code.SUSPENSE_DEPOSITS, at),
                amount=pl.col("amount"),
                day="booked_on",
                by_row=True,
            ),
        ]
    )


def _ended_disputes(facts: Facts, lines: pl.DataFrame) -> pl.DataFrame:
    """What an ended dispute cost: the money that was taken, less what comes back, is lost on the day that both are known."""
    taken = facts.dispute_lines.filter(pl.col("role") == "taken").join(
        lines.select(pl.col("id").alias("line_id"), "currency", "gross", "business_date"), on="line_id"
    )
    taken = taken.group_by("dispute_id", "currency").agg(-pl.col("gross").sum().alias("taken"), pl.col("business_date").max())
    ended = facts.disputes.join(taken, left_on=["id", "currency"], right_on=["dispute_id", "currency"])
    lost = (pl.col("taken") - pl.col("returned")).clip(lower_bound=0)
    ended = ended.with_columns(pl.max_horizontal("closed_on", "business_date").alias("lost_on"))
    return move(
        ended,
        "dispute",
        debit=account(Code.DISPUTES_LOST, facts.channel_id),
        credit=account(Code.DISPUTES_HELD, facts.channel_id),
        amount=lost,
        day="lost_on",
        by_row=True,
    )
