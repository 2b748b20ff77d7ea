"""One for several: a deposit of 2 to 5 payouts, a payout in 2 to 5 deposits, a line that stands for several payments."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import combinations

import numpy as np
import polars as pl

from apps.core.money import exponent
from apps.settlements.matching.suggesting.blocking import SAME_KIND
from apps.settlements.matching.suggesting.references import SHORTEST, plain
from apps.settlements.matching.suggesting.scoring import FIXED_FEE, words_in
from apps.settlements.matching.suggesting.shapes import Evidence, Knowledge
from apps.settlements.matching.suggesting.weights import Weights

SIZES = range(2, 6)
PARTS = 16  # items that may be parts of one batch: the nearest in time, those that name the channel first
SPAN = 14  # days between a batch and its furthest part
BESIDE = 3  # a part may lie that many days on the wrong side
LATEST = 6  # open days beyond which lateness says no more


@dataclass(frozen=True, slots=True)
class Batch:
    """`one` of a side for `many` of the other, with its points."""

    one: int
    many: tuple[int, ...]
    points: float
    evidence: tuple[Evidence, ...]


def batches(ones: pl.DataFrame, parts: pl.DataFrame, knowledge: Knowledge, weights: Weights, *, split: bool) -> Iterator[list[Batch]]:
    """For each of `ones` its possible batches, the best first. `split`: the one is ours and its parts are theirs.

    Parts belong to one channel and, where they name a bundle, to one bundle. Sums are exact, or differ by a gap that people confirmed
    before, or, for payouts that follow each other, by a small fee.
    """
    by_group = {group: rows.sort("day", "id").rows(named=True) for group, rows in parts.group_by(SAME_KIND)}
    words = _words(parts if split else ones, knowledge)
    gaps = set(knowledge.signs.filter(pl.col("sign") == "gap").select("owner", pl.col("value").cast(pl.Int64)).iter_rows())
    refs = dict(parts.select("id", plain(pl.col("provider_ref"))).iter_rows())
    memos = dict(ones.select("id", plain(pl.col("memo"))).iter_rows())
    for one in ones.iter_rows(named=True):
        near = by_group.get(tuple(one[name] for name in SAME_KIND))
        if near is None:
            continue
        found = []
        for owner, rows in _candidates(one, near, words, split):
            known = _Known(owner, words, refs, memos.get(one["id"], ""), split)
            sums = _sums(one, rows, {value for who, value in gaps if who == owner}, split)
            found += [_weighed(one, rows, chosen, gap, weights, known) for chosen, gap in sums]
        if found:
            yield sorted(found, key=lambda batch: (-batch.points, batch.many))


@dataclass(frozen=True, slots=True)
class _Known:
    owner: int | None
    words: dict[int, dict[int, str]]  # item → channel → given | learned
    refs: dict[int, str]
    memo: str
    split: bool


def _words(items: pl.DataFrame, knowledge: Knowledge) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {}
    for left, owner, _value, source in words_in(items, knowledge).sort("source", descending=True).iter_rows():
        found.setdefault(left, {})[owner] = source
    return found


def _candidates(one: dict, near: list[dict], words: dict, split: bool) -> Iterator[tuple[int | None, list[dict]]]:
    """Parts by channel (and bundle), the nearest in time."""
    before, after = (BESIDE, SPAN) if split else (SPAN, BESIDE)
    first = bisect_left(near, one["day"] - timedelta(days=before), key=_day)
    last = bisect_right(near, one["day"] + timedelta(days=after), key=_day)
    groups: dict[tuple, list[dict]] = {}
    for row in near[first:last]:
        if (row["amount"] > 0) != (one["amount"] > 0) or (not split and abs(row["amount"]) > abs(one["amount"])):
            continue
        if split:  # the one is a payout: a deposit that names another channel is no part of it
            named = words.get(row["id"])
            if not named or one["owner"] in named:
                groups.setdefault((one["owner"], ""), []).append(row)
        elif row["kind"] == "payout" or row["bundle"]:
            groups.setdefault((row["owner"], row["bundle"]), []).append(row)
    for (owner, _bundle), rows in groups.items():
        nearest = sorted(rows, key=lambda row: (owner not in words.get(row["id"], {}), abs((row["day"] - one["day"]).days), row["id"]))[
            :PARTS
        ]
        if len(nearest) >= SIZES.start:
            yield owner, sorted(nearest, key=lambda row: (row["day"], row["id"]))


def _day(row: dict) -> date:
    return row["day"]


@cache
def _choices(count: int, size: int) -> np.ndarray:
    return np.array(list(combinations(range(count), size)), dtype=np.int64)


def _sums(one: dict, rows: list[dict], gaps: set[int], split: bool) -> Iterator[tuple[tuple[int, ...], int]]:
    """Positions of parts that make up the one, and the gap that is left: what came less what was due."""
    amounts = np.array([row["amount"] for row in rows])
    limit = FIXED_FEE * 10 ** exponent(one["currency"])
    for size in SIZES:
        if size > len(rows):
            break
        choices = _choices(len(rows), size)
        gap = one["amount"] - amounts[choices].sum(axis=1)
        gap = -gap if split else gap
        is_run = choices[:, -1] - choices[:, 0] == size - 1
        fee = is_run & (gap < 0) & (-gap <= limit) & (-gap * 20 <= abs(one["amount"]))
        known = np.isin(gap, list(gaps)) if gaps else False
        for at in np.flatnonzero((gap == 0) | known | fee):
            yield tuple(choices[at].tolist()), int(gap[at])


def _weighed(one: dict, rows: list[dict], chosen: tuple[int, ...], gap: int, weights: Weights, known: _Known) -> Batch:
    points, base, parts = weights.batch, weights.batch["base"], [rows[at] for at in chosen]
    first, last = parts[0]["day"], parts[-1]["day"]
    is_whole = sum(first <= row["day"] <= last for row in rows) == len(parts)
    late = min(min(abs(one["open_day"] - part["open_day"]) for part in parts), LATEST)
    named = sum(len(known.refs.get(part["id"], "")) >= SHORTEST and known.refs[part["id"]] in known.memo for part in parts)
    source = _source(one, parts, known)
    grade = "same" if gap == 0 else "learned" if -gap > FIXED_FEE * 10 ** exponent(one["currency"]) or gap > 0 else "fixed_fee"
    grades = [("sum", grade, gap), ("parts", "whole" if is_whole else "chosen", len(parts))]
    grades += [("reference", "buried", named)] if named else []
    grades += [("sign", source, 0)] if source else []
    evidence = [Evidence(part, name, points[part].get(name, 0.0), n) for part, name, n in grades]
    evidence.append(Evidence("day", "same" if late == 0 else "late", round(base["late"] * late, 2), late))
    total = base["bias"] + sum(one.points for one in evidence) + base["each"] * (len(parts) - SIZES.start)
    ordered = tuple(sorted(evidence, key=lambda part: -abs(part.points)))
    return Batch(one["id"], tuple(part["id"] for part in parts), round(total, 4), ordered)


def _source(one: dict, parts: list[dict], known: _Known) -> str:
    """given, learned or foreign: what the memos of theirs say of the channel; empty when they say nothing."""
    memos = [known.words.get(part["id"], {}) for part in parts] if known.split else [known.words.get(one["id"], {})]
    if all(known.owner in memo for memo in memos):
        return "given" if all(memo[known.owner] == "given" for memo in memos) else "learned"
    return "foreign" if any(memo and known.owner not in memo for memo in memos) else ""
