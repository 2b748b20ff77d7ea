"""Does a column of running balances follow from the amounts? Each row says: before me the balance was `balance - amount`.

Banks list newest first or oldest first, and rows of one day in any order (by value time, by booking batch). So a row is only a break
when no order within its day works. A day's rows are edges from one balance to the next; an order that uses each row once is
an Eulerian trail, and whether one exists is decided by counting, without trying orders.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Row:
    """A bank row as the chain sees it; all money in minor units."""

    row_no: int
    day: date
    amount: int
    balance: int | None


@dataclass(frozen=True, slots=True)
class Chain:
    """Opening and closing balance of a file, and the rows at which the balance does not follow from what came before."""

    opening: int | None
    closing: int | None
    breaks: tuple[int, ...] = ()


def chain(rows: list[Row]) -> Chain:
    """Checks the running balances of one file, whatever its order; rows without a balance are carried along."""
    if not any(row.balance is not None for row in rows):
        return Chain(None, None)
    ahead, back = _breaks(rows), _breaks(rows[::-1])
    if not ahead:
        return _ends(rows)
    if not back:
        return _ends(rows[::-1])
    newest_first = rows[0].day > rows[-1].day
    ordered = sorted(rows[::-1] if newest_first else rows, key=lambda row: row.day)
    return _by_day(ordered)


def _ends(rows: list[Row], breaks: Iterable[int] = ()) -> Chain:
    opening = closing = None
    moved = 0
    for row in rows:
        moved += row.amount
        if row.balance is not None:
            opening = row.balance - moved if opening is None else opening
            closing, moved = row.balance, 0
    return Chain(opening, closing + moved, tuple(sorted(breaks)))


def _breaks(rows: list[Row], start: int | None = None) -> list[int]:
    """Row numbers at which the balance does not follow in exactly this order."""
    found, running = [], start
    for row in rows:
        running = None if running is None else running + row.amount
        if row.balance is None:
            continue
        if running is not None and running != row.balance:
            found.append(row.row_no)
        running = row.balance
    return found


def _by_day(ordered: list[Row]) -> Chain:
    """Day by day: any order within the day that starts where the day before ended is right.

    A day that moves nothing on balance may start at any of its balances, hence sets: later days decide which it was.
    """
    breaks: list[int] = []
    opening, moved = None, 0
    running: set[int] | None = None  # what the balance may be now
    for _, group in groupby(ordered, key=lambda row: row.day):
        day = list(group)
        starts, found = _day_starts(day, running)
        if found and running and opening is None:
            opening = min(running) - moved
        breaks += found
        total = sum(row.amount for row in day)
        moved += total
        running = {start + total for start in starts} if starts else _known_end(day, running or set()) or None
    ends = _ends(ordered)
    if opening is None:
        opening = ends.opening if breaks or not running else min(running) - moved
    return Chain(opening, min(running) if running else ends.closing, tuple(sorted(breaks)))


def _known_end(day: list[Row], running: set[int]) -> set[int]:
    last = [row.balance for row in day if row.balance is not None]
    return {last[-1]} if last else {start + sum(row.amount for row in day) for start in running}


def _day_starts(day: list[Row], running: set[int] | None) -> tuple[set[int], list[int]]:
    """The balances at which the day may start (empty: no order of its rows works, or none is told) and the rows that break."""
    if all(row.balance is not None for row in day):
        starts = _trail_starts(day)
        if starts:
            agreed = starts if running is None else starts & running
            return (agreed, []) if agreed else (starts, [day[0].row_no])
    start = min(running) if running else None
    found = min(_breaks(day, start), _breaks(day[::-1], start), key=len)
    return (running or set()) if not found else set(), found


def _trail_starts(day: list[Row]) -> set[int]:
    """The balances from which one trail uses every row of the day exactly once; empty when there is none."""
    surplus: Counter[int] = Counter()
    neighbours: dict[int, set[int]] = defaultdict(set)
    for row in day:
        before, after = row.balance - row.amount, row.balance
        surplus[before] += 1
        surplus[after] -= 1
        neighbours[before].add(after)
        neighbours[after].add(before)
    if not _connected(neighbours):
        return set()
    uneven = {node: value for node, value in surplus.items() if value}
    if not uneven:
        return set(neighbours)
    if sorted(uneven.values()) == [-1, 1]:
        return {node for node, value in uneven.items() if value == 1}
    return set()


def _connected(neighbours: dict[int, set[int]]) -> bool:
    seen, waiting = set(), [next(iter(neighbours))]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(neighbours[node] - seen)
    return len(seen) == len(neighbours)
