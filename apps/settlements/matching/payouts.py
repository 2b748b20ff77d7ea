"""Lines into payouts, payouts against the bank."""

from datetime import date, timedelta

import polars as pl

from apps.channels.cells import key
from apps.settlements.matching.comparing import fault
from apps.settlements.matching.frames import PAYOUTS, ChannelTerms, shaped
from apps.settlements.matching.schedule import due_days

NEAR = 5  # a deposit with another amount is taken for the payout when it differs by at most a fifth of it
NAMES_SOMETHING = r"[A-Za-z]{2}[A-Za-z_]*[0-9]{6}"  # a reference of its own: the deposit is about something else than an unnamed payout
LATEST = 5  # open days after the due day on which an equal amount is still taken for the payout


def form_payouts(lines: pl.DataFrame, terms: ChannelTerms) -> pl.DataFrame:
    """Payouts as the lines make them: by the provider's reference, else one per bank date of the calendar.

    A per-payout channel's line without a reference was not paid out yet: it is in transit and forms nothing.
    """
    lines = lines.select("kind", "payout_ref", "payout_on", "business_date", "currency", "net")  # a million lines are copied thrice below
    movements = lines.filter(pl.col("kind") != "payout")
    named = movements.filter(pl.col("payout_ref") != "")
    bare = movements.filter(pl.col("payout_ref") == "")
    if terms.statements == "per_payout":
        bare = bare.filter(pl.col("payout_on").is_not_null())
    announced = (
        lines.filter((pl.col("kind") == "payout") & (pl.col("payout_ref") != ""))
        .group_by("payout_ref", "currency")
        .agg(pl.col("net").abs().sum().alias("announced"))
    )
    by_ref = due_days(named, terms).with_columns(pl.coalesce("payout_on", "due_on").alias("due_on"))
    by_ref = _sum(by_ref, "payout_ref").join(announced, left_on=["ref", "currency"], right_on=["payout_ref", "currency"], how="left")
    by_ref = by_ref.with_columns(
        pl.lit(True).alias("is_named"), pl.when(pl.col("lines_net") < 0).then(-pl.col("announced")).otherwise(pl.col("announced"))
    )
    by_day = due_days(bare, terms).with_columns(pl.coalesce("payout_on", "due_on").alias("due_on"))
    by_day = _sum(by_day.with_columns(pl.col("due_on").cast(pl.String).alias("_ref")), "_ref").with_columns(pl.lit(False).alias("is_named"))
    return pl.concat([shaped(by_ref, PAYOUTS), shaped(by_day, PAYOUTS)]).sort("due_on", "ref", "currency")


def _sum(lines: pl.DataFrame, ref: str) -> pl.DataFrame:
    return lines.group_by(pl.col(ref).alias("ref"), "currency").agg(
        pl.col("due_on").min(),
        pl.col("business_date").min().alias("covers_from"),
        pl.col("business_date").max().alias("covers_to"),
        pl.col("net").sum().alias("lines_net"),
        pl.len().cast(pl.Int64).alias("line_count"),
    )


def announced_otherwise(payouts: pl.DataFrame) -> pl.DataFrame:
    """`payout_amount_mismatch`: the provider's own payout row is not the sum of its lines."""
    differs = payouts.filter(pl.col("announced").is_not_null() & (pl.col("announced") != pl.col("lines_net")))
    return fault(
        differs.with_columns(pl.col("ref").alias("payout_key"), pl.col("due_on").alias("business_date"), pl.col("id").alias("payout_id")),
        "payout_amount_mismatch",
        "payout_id",
        expected=pl.col("lines_net"),
        actual=pl.col("announced"),
    )


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


def tie_to_bank(payouts: pl.DataFrame, bank_lines: pl.DataFrame, terms: list[ChannelTerms]) -> pl.DataFrame:
    """One-to-one pairs (`payout_id`, `bank_line_id`, `rule`): by reference, by amount and date, by date with a near amount.

    `payouts` has id, channel_id and what PAYOUTS has; those of zero need no bank line and are left out.
    """
    open_payouts = payouts.filter(_amount() != 0).with_columns(_amount().alias("amount"), key(pl.col("ref")).alias("ref_key"))
    accounts = pl.DataFrame(
        {"channel_id": [t.channel_id for t in terms], "bank_account_id": [t.bank_account_id for t in terms]},
        schema={"channel_id": pl.Int64, "bank_account_id": pl.Int64},
    )
    open_payouts = open_payouts.join(accounts, on="channel_id")
    lines = candidate_lines(bank_lines, terms)
    ties: list[pl.DataFrame] = []

    def claim(pairs: pl.DataFrame, rule: str) -> None:
        nonlocal open_payouts, lines
        once = pairs.unique("payout_id", keep="first", maintain_order=True).unique("bank_line_id", keep="first", maintain_order=True)
        ties.append(once.select("payout_id", "bank_line_id", pl.lit(rule).alias("rule")))
        open_payouts = open_payouts.join(once, left_on="id", right_on="payout_id", how="anti", maintain_order="left")
        lines = lines.join(once, left_on="id", right_on="bank_line_id", how="anti", maintain_order="left")

    claim(_by_reference(open_payouts, bank_lines), "payout_ref")
    for offset in range(LATEST + 1):
        claim(_by_amount(open_payouts, lines, terms, offset), "due_amount")
    claim(_by_date_in_memo(open_payouts, lines), "due_date")
    claim(_by_near_amount(open_payouts, lines, terms), "due_date")
    return pl.concat(ties)


def _amount() -> pl.Expr:
    return pl.coalesce("announced", "lines_net")


def _by_reference(payouts: pl.DataFrame, bank_lines: pl.DataFrame) -> pl.DataFrame:
    words = (pl.col("memo") + " " + pl.col("reference")).str.to_lowercase().str.extract_all(r"[a-z0-9_\-]{6,}")
    tokens = bank_lines.sort("booked_on", "row_hash", "ordinal").select(
        pl.col("id").alias("bank_line_id"), "bank_account_id", words.alias("ref_key")
    )
    named = payouts.filter(pl.col("is_named")).select(pl.col("id").alias("payout_id"), "bank_account_id", "ref_key")
    return tokens.explode("ref_key").join(named, on=["bank_account_id", "ref_key"], how="inner", maintain_order="left")


def _on_day(payouts: pl.DataFrame, terms: list[ChannelTerms], offset: int) -> pl.DataFrame:
    """Payouts with `booked_on`: the day `offset` open days after the due day."""
    calendars = {term.channel_id: term.calendar for term in terms}
    days = payouts.select("channel_id", "due_on").unique().sort("channel_id", "due_on")
    moved = [
        due if offset == 0 else calendars[channel].add_open_days(due, offset)
        for channel, due in zip(days["channel_id"].to_list(), days["due_on"].to_list(), strict=True)
    ]
    return payouts.join(
        days.with_columns(pl.Series("booked_on", moved, dtype=pl.Date)), on=["channel_id", "due_on"], how="left", maintain_order="left"
    )


def _numbered(frame: pl.DataFrame, on: list[str], name: str) -> pl.DataFrame:
    return frame.select(*on, pl.col("id").alias(name)).with_columns(pl.int_range(pl.len()).over(on).alias("_nth"))


def _by_amount(payouts: pl.DataFrame, lines: pl.DataFrame, terms: list[ChannelTerms], offset: int) -> pl.DataFrame:
    on = ["channel_id", "amount", "booked_on"]
    left = _numbered(_on_day(payouts, terms, offset), on, "payout_id")
    return left.join(_numbered(lines, on, "bank_line_id"), on=[*on, "_nth"], how="inner", maintain_order="left")


def _by_date_in_memo(payouts: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Unnamed payouts whose bank memo writes out the due day (YYYYMMDD)."""
    unnamed = payouts.filter(~pl.col("is_named")).with_columns(pl.col("due_on").dt.strftime("%Y%m%d").alias("_day"))
    return _numbered(unnamed, ["channel_id", "_day"], "payout_id").join(
        _numbered(lines.with_columns(_day_in_memo()).drop_nulls("_day"), ["channel_id", "_day"], "bank_line_id"),
        on=["channel_id", "_day", "_nth"],
        how="inner",
        maintain_order="left",
    )


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


def bank_faults(
    payouts: pl.DataFrame, ties: pl.DataFrame, bank_lines: pl.DataFrame, terms: list[ChannelTerms], bank_until: dict[int, date], as_of: date
) -> pl.DataFrame:
    """Payouts that came otherwise or not at all, and deposits that no payout explains."""
    amounts = payouts.with_columns(_amount().alias("amount"), pl.col("id").alias("payout_id"), pl.col("due_on").alias("business_date"))
    amounts = amounts.with_columns(pl.when(pl.col("is_named")).then(pl.col("ref")).alias("payout_key"))
    got = bank_lines.select(pl.col("id").alias("bank_line_id"), pl.col("amount").alias("got"), pl.col("booked_on").alias("found_on"))
    tied = amounts.join(ties, on="payout_id").join(got, on="bank_line_id")
    differs = tied.filter(pl.col("got") != pl.col("amount"))

    untied = amounts.filter(pl.col("amount") != 0).join(ties, on="payout_id", how="anti", maintain_order="left")
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
