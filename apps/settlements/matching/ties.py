"""Payouts against bank lines: one to one, several payouts in one deposit, or one payout in several deposits.

Steps run in order and claim both sides: the payout's reference in the memo, an equal amount on a day on which it may come, amounts that
add up in one way only, the due day in the memo, the only near amount of the day. What is not proved so is left for people.
"""

import polars as pl

from apps.channels.cells import key
from apps.settlements.matching.by_reference import tie_by_reference
from apps.settlements.matching.claims import PAIR, Free, Group, undisputed
from apps.settlements.matching.frames import TIES, ChannelTerms, empty, shaped
from apps.settlements.matching.knots import untied
from apps.settlements.matching.sums import only_subset

NEAR = 5  # a deposit with another amount is taken for the payout when it differs by at most a fifth of it
NAMES_SOMETHING = r"[A-Za-z]{2}[A-Za-z_]*[0-9]{6}"  # a reference of its own: the deposit is about something else than an unnamed payout


def candidate_lines(bank_lines: pl.DataFrame, terms: list[ChannelTerms]) -> pl.DataFrame:
    """Bank lines that name a channel by one of its keywords, one row a (line, channel)."""
    text = (pl.col("memo") + " " + pl.col("reference")).str.to_lowercase()
    found = []
    for term in terms:
        words = [word.lower() for word in term.bank_keywords if word]
        if term.bank_account_id is None or not words:
            continue
        mine = bank_lines.filter(pl.col("bank_account_id") == term.bank_account_id)
        hits = mine.filter(pl.any_horizontal([text.str.contains(word, literal=True) for word in words]))
        found.append(hits.with_columns(pl.lit(term.channel_id).cast(pl.Int64).alias("channel_id")))
    if not found:
        return bank_lines.head(0).with_columns(pl.lit(None, dtype=pl.Int64).alias("channel_id"))
    return pl.concat(found).sort("booked_on", "row_hash", "ordinal")


def owed() -> pl.Expr:
    """What a payout should bring: what the provider announced, else the sum of its lines."""
    return pl.coalesce("announced", "lines_net")


def tie_to_bank(
    payouts: pl.DataFrame, bank_lines: pl.DataFrame, terms: list[ChannelTerms], undone: pl.DataFrame | None = None
) -> pl.DataFrame:
    """TIES of payouts and the bank lines that carry them. The parts of a line never come to more than the line.

    `payouts` has id, channel_id and what PAYOUTS has; those of zero need no bank line and are left out.
    """
    free = Free(_with_window(payouts, terms), candidate_lines(bank_lines, terms), empty(PAIR) if undone is None else undone)
    tie_by_reference(free, bank_lines)
    for offset in range(max((term.rules.bank_days for term in terms), default=0) + 1):
        within = free.payouts.filter(pl.col("bank_days") >= offset)
        free.pairs(_by_amount(within, free.lines, terms, offset), "due_amount")
    _by_sums(free)
    free.pairs(_by_date_in_memo(free.payouts, free.lines), "due_date")
    free.pairs(_by_near_amount(free.payouts, free.lines, terms), "due_date")
    return _in_slots(pl.concat(free.made), payouts, bank_lines)


def _in_slots(ties: pl.DataFrame, payouts: pl.DataFrame, bank_lines: pl.DataFrame) -> pl.DataFrame:
    """Numbers the lines of each payout and the payouts of each line by what they say, so that a later deposit renames no earlier one."""
    order = ["booked_on", "row_hash", "ordinal", "due_on", "ref", "_channel", "payout_id"]
    lines = bank_lines.select(pl.col("id").alias("bank_line_id"), "booked_on", "row_hash", "ordinal")
    named = payouts.select(pl.col("id").alias("payout_id"), "due_on", "ref", pl.col("channel_id").alias("_channel"))
    sorted_ties = ties.join(lines, on="bank_line_id").join(named, on="payout_id").sort(order)
    slots = [pl.int_range(pl.len()).over(of).alias(name) for of, name in (("payout_id", "slot"), ("bank_line_id", "line_slot"))]
    return shaped(sorted_ties.with_columns(slots), TIES)


def _with_window(payouts: pl.DataFrame, terms: list[ChannelTerms]) -> pl.DataFrame:
    """Payouts that need a bank line, with what they should bring, their account, and `latest_on`."""
    accounts = pl.DataFrame(
        [(t.channel_id, t.bank_account_id, t.rules.bank_days) for t in terms],
        schema={"channel_id": pl.Int64, "bank_account_id": pl.Int64, "bank_days": pl.Int64},
        orient="row",
    )
    wanting = payouts.filter(owed() != 0).with_columns(owed().alias("amount"), key(pl.col("ref")).alias("ref_key"))
    wanting = wanting.join(accounts, on="channel_id", maintain_order="left")
    return _on_day(wanting, terms, None).rename({"booked_on": "latest_on"})


def _by_sums(free: Free) -> None:
    """Several payouts in one deposit and one payout in several, where exactly one choice adds up. Each tie may prove the next.

    What nothing contradicts comes first; only what is left in knots is looked at as a whole.
    """
    while True:
        together, apart = _several_in_one(free), _one_in_several(free)
        proved = undisputed([*together, *apart]) or untied([*together, *apart])
        if not proved:
            return
        free.groups([group for group in proved if group in together], "payout_sum")
        free.groups([group for group in proved if group in apart], "deposit_sum")


def _silent(lines: pl.DataFrame) -> pl.DataFrame:
    """Deposits that name nothing of their own, or only a day."""
    return lines.with_columns(_day_in_memo()).filter(~pl.col("memo").str.contains(NAMES_SOMETHING) | pl.col("_day").is_not_null())


def _several_in_one(free: Free) -> list[Group]:
    if free.payouts.height < 2:
        return []
    groups, due_on = [], dict(free.payouts.select("id", "due_on").iter_rows())
    lines = _silent(free.lines).group_by("id", maintain_order=True).agg(pl.col("amount", "booked_on", "_day").first(), "channel_id")
    for line, amount, booked_on, day, channels in lines.iter_rows():
        pool = free.open_on(booked_on, set(channels), line)
        subset = only_subset([one for _, one in pool], amount)
        members = [pool[at] for at in sorted(subset or ())]
        if members and (day is None or any(f"{due_on[payout]:%Y%m%d}" == day for payout, _ in members)):
            groups.append([(payout, line, part) for payout, part in members])
    return groups


def _one_in_several(free: Free) -> list[Group]:
    lines = _silent(free.lines)
    if lines.height < 2:
        return []
    groups = []
    for payout, channel, amount, first, last in free.payouts.select("id", "channel_id", "amount", "due_on", "latest_on").iter_rows():
        mine = lines.filter(pl.col("channel_id") == channel, pl.col("booked_on").is_between(first, last), pl.col("amount") * amount > 0)
        pool = [pair for pair in mine.select("id", "amount").iter_rows() if (payout, pair[0]) not in free.barred]
        subset = only_subset([one for _, one in pool], amount)
        if subset:
            groups.append([(payout, *pool[at]) for at in sorted(subset)])
    return groups


def _on_day(payouts: pl.DataFrame, terms: list[ChannelTerms], offset: int | None) -> pl.DataFrame:
    """Payouts with `booked_on`: the day `offset` open days after the due day, or the last day of each channel's window."""
    of = {term.channel_id: (term.calendar, term.rules.bank_days if offset is None else offset) for term in terms}
    days = payouts.select("channel_id", "due_on").unique().sort("channel_id", "due_on")
    moved = [
        of[channel][0].add_open_days(due, of[channel][1])
        for channel, due in zip(days["channel_id"].to_list(), days["due_on"].to_list(), strict=True)
    ]
    return payouts.join(
        days.with_columns(pl.Series("booked_on", moved, dtype=pl.Date)), on=["channel_id", "due_on"], how="left", maintain_order="left"
    )


def _paired(payouts: pl.DataFrame, lines: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Equal keys pair off by occurrence; `got` is the line's amount."""
    nth = pl.int_range(pl.len()).over(on).alias("_nth")
    left = payouts.select(*on, pl.col("id").alias("payout_id")).with_columns(nth)
    right = lines.select(*on, pl.col("id").alias("bank_line_id"), pl.col("amount").alias("got")).with_columns(nth)
    return left.join(right, on=[*on, "_nth"], how="inner", maintain_order="left")


def _by_amount(payouts: pl.DataFrame, lines: pl.DataFrame, terms: list[ChannelTerms], offset: int) -> pl.DataFrame:
    return _paired(_on_day(payouts, terms, offset), lines, ["channel_id", "amount", "booked_on"])


def _by_date_in_memo(payouts: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Unnamed payouts whose bank memo writes out the due day (YYYYMMDD)."""
    unnamed = payouts.filter(~pl.col("is_named")).with_columns(pl.col("due_on").dt.strftime("%Y%m%d").alias("_day"))
    return _paired(unnamed, lines.with_columns(_day_in_memo()).drop_nulls("_day"), ["channel_id", "_day"])


def _day_in_memo() -> pl.Expr:
    return pl.col("memo").str.extract(r"(?:^|[^0-9])(20[0-9]{6})(?:[^0-9]|$)", 1).alias("_day")


def _by_near_amount(payouts: pl.DataFrame, lines: pl.DataFrame, terms: list[ChannelTerms]) -> pl.DataFrame:
    """The only unnamed payout and the only deposit of a day, when their amounts are near and the memo names nothing else."""
    unnamed = _on_day(payouts.filter(~pl.col("is_named")), terms, 0)
    silent = lines.filter(~pl.col("memo").str.contains(NAMES_SOMETHING) & _day_in_memo().is_null())
    on = ["channel_id", "booked_on"]
    pairs = unnamed.select(*on, pl.col("id").alias("payout_id"), "amount").join(
        silent.select(*on, pl.col("id").alias("bank_line_id"), pl.col("amount").alias("got")), on=on, how="inner", maintain_order="left"
    )
    near = (pl.col("got") - pl.col("amount")).abs() * NEAR <= pl.col("amount").abs()
    alone = (pl.len().over("payout_id") == 1) & (pl.len().over("bank_line_id") == 1)
    return pairs.filter(alone & near)
