"""What ties have claimed and what is still free, while one rule after the other has its turn."""

from collections import Counter
from datetime import date

import polars as pl

from apps.settlements.matching.frames import TIES, empty, shaped

PAIR = {"payout_id": pl.Int64(), "bank_line_id": pl.Int64()}
Group = list[tuple[int, int, int]]  # payout, bank line, and how much of the line is the payout's


class Free:
    """What no tie has claimed yet. `lines` are candidates, one row a (line, channel); `undone` pairs are never made by rule."""

    def __init__(self, payouts: pl.DataFrame, lines: pl.DataFrame, undone: pl.DataFrame):
        self.payouts, self.lines, self.undone = payouts, lines, undone
        self.barred = set(undone.select("payout_id", "bank_line_id").iter_rows())
        self.made = [empty(TIES)]

    def pairs(self, pairs: pl.DataFrame, rule: str) -> None:
        """Claims each payout and each line of `pairs` once, the first come; a line's whole amount is the payout's."""
        allowed = pairs.join(self.undone, on=["payout_id", "bank_line_id"], how="anti", maintain_order="left")
        once = allowed.unique("payout_id", keep="first", maintain_order=True).unique("bank_line_id", keep="first", maintain_order=True)
        self._claim(shaped(once.with_columns(pl.col("got").alias("amount"), pl.lit(rule).alias("rule")), TIES))

    def groups(self, groups: list[Group], rule: str) -> None:
        rows = [(payout, line, rule, amount) for group in groups for payout, line, amount in group]
        schema = {name: TIES[name] for name in ("payout_id", "bank_line_id", "rule", "amount")}
        self._claim(shaped(pl.DataFrame(rows, schema=schema, orient="row"), TIES))

    def _claim(self, ties: pl.DataFrame) -> None:
        self.made.append(ties)
        self.payouts = self.payouts.join(ties, left_on="id", right_on="payout_id", how="anti", maintain_order="left")
        self.lines = self.lines.join(ties, left_on="id", right_on="bank_line_id", how="anti", maintain_order="left")

    def open_on(self, day: date, channels: set, line: int) -> list[tuple[int, int]]:
        """Open payouts of some channels that a deposit of a day may carry, as (id, amount)."""
        open_then = self.payouts.filter(pl.col("channel_id").is_in(list(channels)), pl.col("due_on") <= day, pl.col("latest_on") >= day)
        return [pair for pair in open_then.select("id", "amount").iter_rows() if (pair[0], line) not in self.barred]


def undisputed(groups: list[Group]) -> list[Group]:
    """Groups that share no payout and no line with another."""
    payouts = Counter(payout for group in groups for payout in {payout for payout, _, _ in group})
    lines = Counter(line for group in groups for line in {line for _, line, _ in group})
    return [group for group in groups if all(payouts[payout] == 1 and lines[line] == 1 for payout, line, _ in group)]
