"""Account flows: files that list how the balance at a provider moved, row by row. No Django here.

Opening balance and movements must make each balance in turn. Rows of one second stand in any order, some files are newest first, and
clocks of two systems disagree by seconds; so a row is a break only where no order of its day closes the chain.
"""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from apps.channels import canonical
from apps.channels.banks.balances import Chain, Row, chain
from apps.channels.contracts import FLOW_SCHEMA, LINE_SCHEMA, FileRefused, Flow, LineKind, Refusal, Total

CLOSING = "期末余额"  # the total that the running balance states: opening and movements against the last balance
COLUMNS = {**LINE_SCHEMA, **FLOW_SCHEMA}


def moved(columns: dict[str, pl.Expr], amount: pl.Expr) -> dict[str, pl.Expr]:
    """The columns of a line that is one movement: the whole amount is gross, what it was for is its kind."""
    return {**columns, "gross": amount, "fee": pl.lit(0), "other": pl.lit(0), "net": amount}


def assemble(frame: pl.DataFrame, columns: dict[str, pl.Expr], *, balance: pl.Expr, memo: pl.Expr) -> pl.DataFrame:
    """Lines as `canonical.assemble` makes them, with balance and memo behind; `finish` takes the two apart."""
    own = frame.select(balance.cast(pl.Int64).alias("balance"), memo.cast(pl.String).str.slice(0, 500).alias("memo"))
    return pl.concat([canonical.assemble(frame, columns), own], how="horizontal")


def kind_of(word: pl.Expr, amount: pl.Expr, words: dict[LineKind, tuple[str, ...]]) -> pl.Expr:
    """The kind of a movement by the provider's word for it. A sale that takes money, or a refund that brings it, was undone."""
    fits = {LineKind.PAYMENT: amount >= 0, LineKind.REFUND: amount <= 0}
    found = pl.lit(LineKind.ADJUSTMENT.value)
    for kind, known in reversed(words.items()):
        named = pl.any_horizontal(word.str.contains(part, literal=True) for part in known)
        found = pl.when(named & fits.get(kind, pl.lit(value=True))).then(pl.lit(kind.value)).otherwise(found)
    return found


def sums_of(lines: pl.DataFrame, came: pl.Series) -> dict[str, int]:
    """What a block moves, as a file's totals state it: sums and counts of what `came` in and of what went out (negative)."""
    income, outgo = lines["net"].filter(came), lines["net"].filter(~came)
    return {"in": canonical.exact_sum(income), "out": canonical.exact_sum(outgo), "ins": len(income), "outs": len(outgo)}


def stated_sum(name: str, text: str, currency: str, sums: Mapping[str, int], way: str, column: str = "") -> Total:
    """A total that the file states of what came `in` or went `out`; the latter is negative, however the file writes it.

    :raises FileRefused: bad_format, naming the cell, when it is no amount.
    """
    micro = canonical.stated_micro(text, currency)
    if micro is None:
        raise FileRefused(Refusal.BAD_FORMAT, row=0, reason="total", column=column or name)
    return canonical.agree(name, -abs(micro) if way == "out" else micro, sums[way] * canonical.MICRO)


def finish(read: pl.DataFrame, totals: tuple[Total, ...]) -> tuple[pl.DataFrame, Flow, tuple[Total, ...]]:
    """Lines, flow and all totals of what the blocks of a file came to."""
    frame = read if "balance" in read.columns else pl.DataFrame(schema=COLUMNS)
    found = _chain(frame)
    if found.opening is not None and found.closing is not None:
        reached = found.opening + canonical.exact_sum(frame["net"])
        totals = (*totals, Total(CLOSING, found.closing, reached))
    flow = Flow(frame.select(*FLOW_SCHEMA), found.opening, found.closing, found.breaks)
    return frame.select(*LINE_SCHEMA), flow, totals


def _chain(frame: pl.DataFrame) -> Chain:
    for ordered in (frame, frame.reverse()):
        if ordered.height and _follows(ordered):
            return Chain(ordered["balance"][0] - ordered["net"][0], ordered["balance"][-1])
    if frame.is_empty():
        return Chain(None, None)
    by_second = _by(frame, "occurred_at")
    if not by_second.breaks:
        return by_second
    by_day = _by(frame, "business_date")
    return by_day if not by_day.breaks else replace(by_second, breaks=min(by_second.breaks, by_day.breaks, key=len))


def _follows(ordered: pl.DataFrame) -> bool:
    """Whether each balance follows from the one before in exactly this order, and no row is older than the one before."""
    steps = ordered.select(
        (pl.col("balance").shift(1) + pl.col("net") == pl.col("balance")).fill_null(value=True).all().alias("adds_up"),
        (pl.col("occurred_at") >= pl.col("occurred_at").shift(1)).fill_null(value=True).all().alias("in_time"),
    )
    return all(steps.row(0))


def _by(frame: pl.DataFrame, clock: str) -> Chain:
    """The chain with the rows in order of time; those of one second, or of one day, in any order that works."""
    ordered = frame.sort("occurred_at", maintain_order=True)
    return chain([Row(*cells) for cells in ordered.select("row_no", clock, "net", "balance").iter_rows()])
