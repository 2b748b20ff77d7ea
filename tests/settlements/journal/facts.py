"""Facts of one channel (number 3, TWD) as short rows, for deriving a journal without a database."""

from datetime import date

import polars as pl

from apps.settlements.ledger import frames
from apps.settlements.ledger.deriving import derive

DAY = date(2026, 10, 5)
LATER = date(2026, 10, 12)


def rows(shape: dict, *values: tuple) -> pl.DataFrame:
    return pl.DataFrame(list(values), schema=shape, orient="row")


def payment(pk: int, amount: int, *, currency: str = "TWD", day: date = DAY) -> tuple:
    return pk, currency, amount, day


def line(pk: int, kind: str, gross: int, *, fee: int = 0, other: int = 0, currency: str = "TWD", day: date = DAY) -> tuple:
    return pk, kind, currency, day, gross, fee, other


def decision(pk: int, kind: str, subject: tuple[str, int], *, how: str = "written_off", difference: int = 0, day: date = LATER) -> tuple:
    return pk, kind, *subject, how, "TWD", difference, day


def payout(pk: int, net: int, *, said: int | None = None, said_on=None, came_on=None, came: int | None = None, bank: str = "TWD") -> tuple:
    return pk, "TWD", net, said, said_on, came_on, came, 4, bank


def facts(**named) -> frames.Facts:
    """`facts(payments=[payment(1, 1000)], …)`."""
    shapes = {name: getattr(frames, name.upper()) for name in named}
    return frames.Facts(3, **{name: rows(shapes[name], *values) for name, values in named.items()})


def postings(**named) -> set[tuple]:
    """(source key, debited account, credited account, amount), accounts without channel and currency where these are the usual ones."""
    found = derive(facts(**named))
    short = [pl.col(side).str.replace(":c3", "").str.replace(":TWD$", "") for side in ("debit", "credit")]
    return set(found.select(pl.col("source_key").str.replace(":c3", ""), *short, "amount").iter_rows())


def balances(**named) -> dict[str, int]:
    """Debits less credits by account, without what is even."""
    sums: dict[str, int] = {}
    for _key, debit, credit, amount in postings(**named):
        sums[debit] = sums.get(debit, 0) + amount
        sums[credit] = sums.get(credit, 0) - amount
    return {name: rest for name, rest in sums.items() if rest}
