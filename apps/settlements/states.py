"""Which state of a discrepancy may follow which, as data."""

from apps.settlements.enums import DiscrepancyState as D

OPEN = frozenset({D.OPEN, D.INVESTIGATING})
CLOSED_BY_PERSON = frozenset({D.RESOLVED, D.WRITTEN_OFF})

DISCREPANCY_MOVES: dict[D, frozenset[D]] = {
    D.OPEN: frozenset({D.INVESTIGATING, D.RESOLVED, D.WRITTEN_OFF, D.CLEARED}),
    D.INVESTIGATING: frozenset({D.OPEN, D.RESOLVED, D.WRITTEN_OFF, D.CLEARED}),
    D.RESOLVED: frozenset({D.OPEN}),  # undo, or the figures changed
    D.WRITTEN_OFF: frozenset({D.OPEN}),
    D.CLEARED: frozenset({D.OPEN}),  # the same subject again continues the same row
}
