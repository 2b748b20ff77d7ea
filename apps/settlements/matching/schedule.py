"""The clock: which days are covered by a statement, when something is due, and what is overdue."""

from collections import Counter
from datetime import date, timedelta

import polars as pl

from apps.channels.calendar import LONGEST_CLOSURE
from apps.settlements.matching.frames import ChannelTerms

SEVERAL = 2  # lines that do not come by chance together: their file is missing


def due_days(frame: pl.DataFrame, terms: ChannelTerms) -> pl.DataFrame:
    """Adds `due_on`: the day the money of a `business_date` is due in the bank."""
    return frame.join(
        day_table(frame, terms, lambda day: terms.settlement.due(day, terms.calendar)),
        on="business_date",
        how="left",
        maintain_order="left",
    )


def day_table(frame: pl.DataFrame, terms: ChannelTerms, due) -> pl.DataFrame:
    """`business_date` → `due_on` for the days that occur; a day table is a few hundred rows however long the frame."""
    days = frame["business_date"].drop_nulls().unique().sort()
    return pl.DataFrame(
        {"business_date": days, "due_on": [due(day) for day in days.to_list()]}, schema={"business_date": pl.Date, "due_on": pl.Date}
    )


def overdue_on(day: date, terms: ChannelTerms) -> date:
    """The first day on which the absence of something dated `day` is a fact: its statement is due the next open day, then grace."""
    return terms.calendar.add_open_days(day, 1 + terms.grace_days) + timedelta(days=1)


def of_trades(statements: pl.DataFrame) -> pl.DataFrame:
    """The files that list trades: an account flow or a list of errors says nothing about what is missing."""
    return statements.filter(pl.col("lists") == "trades")


def of_payouts(statements: pl.DataFrame) -> pl.Series:
    """The ids of the files that list payouts and nothing of what is in them."""
    return statements.filter(pl.col("lists") == "payouts")["id"]


def covered_days(statements: pl.DataFrame) -> pl.DataFrame:
    """Every day that a posted statement reports."""
    if statements.is_empty():
        return pl.DataFrame(schema={"business_date": pl.Date})
    ranges = pl.date_ranges("first_day", "last_day").alias("business_date")
    return statements.select(ranges).explode("business_date").unique().sort("business_date")


def gap_days(statements: pl.DataFrame, waiting: pl.Series, terms: ChannelTerms, as_of: date) -> list[date]:
    """Days without a statement that should have one: open days, and closed days on which the books wait for several lines.

    `waiting` are the days of what the books wait for, one a payment or refund. After the last statement the first missing day tells it
    all; the rest of a silence would only repeat it. Before the first one only the day next to it is told, and only when the books wait
    for it: whoever starts to deliver files in the middle of a history has no gaps before.
    """
    if statements.is_empty():
        return []
    covered, waited = set(covered_days(statements)["business_date"].to_list()), Counter(waiting.to_list())
    gaps, day, last = _gap_before(min(covered), waited, terms), min(covered), max(covered)
    while overdue_on(day, terms) <= as_of:
        if day not in covered and (terms.calendar.is_open(day) or waited[day] >= SEVERAL):
            gaps.append(day)
            if day > last:
                break
        day += timedelta(days=1)
    return gaps


def _gap_before(first: date, waited: Counter, terms: ChannelTerms) -> list[date]:
    """The day before the first statement, if the books wait for it. Closed days between are passed over, as they may have no file."""
    for back in range(1, LONGEST_CLOSURE):
        day = first - timedelta(days=back)
        if terms.calendar.is_open(day):
            return [day] if waited[day] else []
        if waited[day] >= SEVERAL:
            return [day]
    return []


def silent_days(statements: pl.DataFrame, waiting: pl.Series, terms: ChannelTerms) -> pl.DataFrame:
    """Closed days without a statement, later ones being in, for which the books wait for a single line.

    A closed day without lines has no file, so the absence of one says that the provider has no line; that of several lines at once
    is sooner a lost file (`gap_days`).
    """
    if statements.is_empty():
        return covered_days(statements)
    covered = covered_days(statements)["business_date"]
    alone = [day for day, count in Counter(waiting.to_list()).items() if count < SEVERAL and covered.min() < day < covered.max()]
    closed = [day for day in sorted(set(alone) - set(covered.to_list())) if not terms.calendar.is_open(day)]
    return pl.DataFrame({"business_date": closed}, schema={"business_date": pl.Date})


def covered_until(lines: pl.DataFrame, statements: pl.DataFrame) -> date | None:
    """The last payout day that a per-payout channel has reported. A list of payouts alone reports nothing of what is in them."""
    reported = pl.col("statement_id").is_in(statements["id"].implode())
    paid_out = lines.select(pl.col("payout_on").filter(reported).max()).item()
    return max((day for day in (paid_out, statements["last_day"].max()) if day is not None), default=None)


def due_and_missing(
    rows: pl.DataFrame, lines: pl.DataFrame, statements: pl.DataFrame, silent: pl.DataFrame, terms: ChannelTerms, as_of: date
) -> pl.DataFrame:
    """Of unpaired expectations, those whose statement is in, or whose day is `silent`, and whose grace has passed."""
    if rows.is_empty() or statements.is_empty():
        return rows.head(0).with_columns(pl.lit(None, dtype=pl.Date).alias("due_on"))
    if terms.statements == "per_payout":
        last = covered_until(lines, statements)
        due = due_days(rows, terms)
        passed = {day: terms.calendar.add_open_days(day, terms.grace_days) < as_of for day in due["due_on"].drop_nulls().unique().to_list()}
        return due.filter((pl.col("due_on") <= last) & pl.col("due_on").replace_strict(passed, default=False, return_dtype=pl.Boolean))
    days = pl.concat([covered_days(statements), silent]).filter(
        pl.col("business_date").map_elements(lambda day: overdue_on(day, terms) <= as_of, return_dtype=pl.Boolean)
    )
    return due_days(rows.join(days, on="business_date", how="semi", maintain_order="left"), terms)
