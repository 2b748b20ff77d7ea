"""Which of a few amounts add up to another, exactly and in one way only. A bounded search: it never tries all subsets of many."""

from itertools import combinations

POOL = 20  # of more amounts than that nothing is proved by adding up: too many combinations hit a sum by chance
LARGEST = 5  # amounts that may be added up


def only_subset(amounts: list[int], target: int, *, least: int = 2, most: int = LARGEST) -> tuple[int, ...] | None:
    """The places of the only `least` to `most` amounts whose sum is `target`; None where there is none, or more than one.

    Meets in the middle: sums of each half are made once (at most 638 of ten amounts) and looked up against each other. Amounts may be
    negative; those of zero are left out by the caller, since they would fit anywhere. A pool above POOL is not searched at all.
    """
    if not 1 <= least <= most or len(amounts) < least or len(amounts) > POOL:
        return None
    half = len(amounts) // 2
    left, right = _sums(amounts, range(half), most), _sums(amounts, range(half, len(amounts)), most)
    found: tuple[int, ...] | None = None
    for total, parts in left.items():
        others = right.get(target - total, ())
        for one in parts:
            for other in others:
                if least <= len(one) + len(other) <= most:
                    if found is not None:
                        return None
                    found = one + other
    return found


def _sums(amounts: list[int], places: range, most: int) -> dict[int, list[tuple[int, ...]]]:
    """Sum → the subsets of `places` that have it, the empty one included."""
    sums: dict[int, list[tuple[int, ...]]] = {}
    for size in range(min(most, len(places)) + 1):
        for chosen in combinations(places, size):
            sums.setdefault(sum(amounts[at] for at in chosen), []).append(chosen)
    return sums


def shares(amounts: list[int], whole: int) -> list[int]:
    """How a deposit of `whole` is allocated to what is owed: each its own amount, and what differs to the largest (the first of equals)."""
    parts = list(amounts)
    if parts:
        largest = max(range(len(parts)), key=lambda at: (abs(parts[at]), -at))
        parts[largest] += whole - sum(amounts)
    return parts
