"""Deposits that write out the references of payouts: one each, several in one deposit, or one in several."""

from collections import defaultdict

import polars as pl

from apps.channels.cells import key
from apps.settlements.matching.claims import Free, Group, undisputed
from apps.settlements.matching.sums import only_subset, shares


def tie_by_reference(free: Free, bank_lines: pl.DataFrame) -> None:
    """Deposits that write out the references of payouts, or of the payout by which one that came back is paid again."""
    words = (pl.col("memo") + " " + pl.col("reference")).str.to_lowercase().str.extract_all(r"[a-z0-9_\-]{6,}")
    tokens = bank_lines.sort("booked_on", "row_hash", "ordinal").select(
        pl.col("id").alias("bank_line_id"), "bank_account_id", pl.col("amount").alias("got"), words.alias("ref_key")
    )
    named = free.payouts.filter(pl.col("is_named")).select(pl.col("id").alias("payout_id"), "bank_account_id", "ref_key", "amount")
    again = free.payouts.filter(pl.col("carried_by").fill_null("") != "")
    again = again.select(pl.col("id").alias("payout_id"), "bank_account_id", key(pl.col("carried_by")).alias("ref_key"), "amount")
    edges = tokens.explode("ref_key").join(
        pl.concat([named, again]), on=["bank_account_id", "ref_key"], how="inner", maintain_order="left_right"
    )
    edges = edges.unique(["payout_id", "bank_line_id"], keep="first", maintain_order=True)
    edges = edges.join(free.undone, on=["payout_id", "bank_line_id"], how="anti", maintain_order="left")
    alone = (pl.len().over("payout_id") == 1) & (pl.len().over("bank_line_id") == 1)
    simple, shared = edges.filter(alone), edges.filter(~alone)
    exact = pl.col("got") == pl.col("amount")
    free.pairs(simple.filter(exact), "payout_ref")
    free.groups([_shared_by_name(shared)], "payout_ref")
    inexact = simple.filter(~exact)
    if not inexact.is_empty():
        free.groups(_completed(free, inexact, bank_lines), "payout_sum")
    free.pairs(inexact.join(pl.concat(free.made), on="bank_line_id", how="anti", maintain_order="left"), "payout_ref")


def _shared_by_name(edges: pl.DataFrame) -> Group:
    """Ties where a deposit names several payouts, or several deposits name one."""
    of_line, of_payout, due, got = defaultdict(list), defaultdict(list), {}, {}
    for payout, line, amount, came in edges.select("payout_id", "bank_line_id", "amount", "got").iter_rows():
        of_line[line].append(payout)
        of_payout[payout].append(line)
        due[payout], got[line] = amount, came
    made, paid, used = [], set(), set()

    def tie(payouts: list[int], lines: list[int], amounts: list[int]) -> None:
        made.extend(zip(payouts, lines, amounts, strict=True))
        paid.update(payouts)
        used.update(lines)

    for line, named in of_line.items():
        payouts = [payout for payout in named if payout not in paid]
        if len(payouts) > 1:
            same = [payout for payout in payouts if due[payout] == got[line]]
            chosen = same[:1] if same and sum(due[one] for one in payouts) != got[line] else payouts
            tie(chosen, [line] * len(chosen), shares([due[one] for one in chosen], got[line]))
    for payout, named in of_payout.items():
        lines = [line for line in named if line not in used]
        if payout in paid:  # what is left of its deposits may have come and gone again
            chosen = lines if lines and not sum(got[line] for line in lines) else []
        else:
            chosen = _deposits_of(due[payout], lines, got)
        tie([payout] * len(chosen), chosen, [got[line] for line in chosen])
    return made


def _deposits_of(due: int, lines: list[int], got: dict[int, int]) -> list[int]:
    """Of the deposits that name one payout those that carry it; another of more than it needs is left unexplained."""
    total = sum(got[line] for line in lines)
    if total == due or any(got[line] * due < 0 for line in lines):  # all of it, or money that went back to the provider
        return lines
    same = [line for line in lines if got[line] == due]
    if same or abs(total) < abs(due):
        return same[:1] or lines
    subset = only_subset([got[line] for line in lines], due)
    return [lines[at] for at in sorted(subset)] if subset else lines[:1]


def _completed(free: Free, pairs: pl.DataFrame, bank_lines: pl.DataFrame) -> list[Group]:
    """A deposit that names one payout but brings another amount, where the rest is what some other open payouts of its channel bring."""
    named, days = set(pairs["payout_id"].to_list()), dict(bank_lines.select("id", "booked_on").iter_rows())
    channels = dict(free.payouts.select("id", "channel_id").iter_rows())
    groups = []
    for payout, line, due, got in pairs.select("payout_id", "bank_line_id", "amount", "got").iter_rows():
        pool = [one for one in free.open_on(days[line], {channels.get(payout)}, line) if one[0] not in named]
        subset = only_subset([amount for _, amount in pool], got - due, least=1, most=4)
        if subset:
            members = [(payout, due), *(pool[at] for at in sorted(subset))]
            groups.append([(one, line, amount) for one, amount in members])
    return undisputed(groups)
