"""Groups of payouts and deposits that contradict each other, and what can be proved of them all the same.

A group by itself proves that its amounts add up. Where two groups want the same payout or the same deposit they tie a knot, and what is
proved is the choice of groups that explains every payout and every deposit of the knot, if there is one such choice and no more.
"""

from collections import defaultdict

from apps.settlements.matching.claims import Group

LARGEST = 24  # groups of one knot; of more than that too many choices come out right by chance


def untied(groups: list[Group]) -> list[Group]:
    """The groups of every knot that can be explained whole in exactly one way. A group that nothing contradicts is its own knot."""
    found = []
    for knot in _knots(groups):
        choices = _whole_choices(knot) if len(knot) <= LARGEST else []
        if len(choices) == 1:
            found.extend(choices[0])
    return found


def _ends(group: Group) -> frozenset[tuple[str, int]]:
    """The payouts and the deposits of a group."""
    return frozenset(end for payout, line, _ in group for end in (("payout", payout), ("line", line)))


def _knots(groups: list[Group]) -> list[list[Group]]:
    """Groups that share a payout or a deposit, directly or through others, together."""
    at = defaultdict(list)
    for place, group in enumerate(groups):
        for end in _ends(group):
            at[end].append(place)
    knots, seen = [], set()
    for start in range(len(groups)):
        reached, waiting = [], [start]
        while waiting:
            place = waiting.pop()
            if place not in seen:
                seen.add(place)
                reached.append(place)
                waiting.extend(other for end in _ends(groups[place]) for other in at[end])
        if reached:
            knots.append([groups[place] for place in sorted(reached)])
    return knots


def _whole_choices(knot: list[Group]) -> list[list[Group]]:
    """Up to two choices of groups that hold every payout and every deposit of the knot once; the second only says that there are more."""
    named = [(group, _ends(group)) for group in knot]
    choices: list[list[Group]] = []

    def choose(chosen: list[Group], left: list, missing: frozenset) -> None:
        if not missing:
            choices.append(chosen)
            return
        # The end with the fewest groups first: most wrong beginnings are seen to be wrong at once.
        hardest = min(missing, key=lambda end: (sum(end in ends for _, ends in left), end))
        for group, ends in left:
            if hardest in ends and len(choices) < 2:
                choose([*chosen, group], [one for one in left if not one[1] & ends], missing - ends)

    choose([], named, frozenset().union(*(ends for _, ends in named)))
    return choices
