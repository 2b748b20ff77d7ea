"""Which state of a dispute may follow which, as data."""

from apps.disputes.enums import AlertState as A
from apps.disputes.enums import DisputeState as S

OPEN = frozenset({S.INQUIRY, S.NEEDS_RESPONSE, S.UNDER_REVIEW})
CLOSED = frozenset({S.WON, S.LOST, S.ACCEPTED})
WAITS_FOR_US = frozenset({S.INQUIRY, S.NEEDS_RESPONSE})  # the clock of `evidence_due_at` runs

DISPUTE_MOVES: dict[S, frozenset[S]] = {
    S.INQUIRY: frozenset({S.NEEDS_RESPONSE, S.UNDER_REVIEW, *CLOSED}),  # an answered inquiry waits, too; many end without more
    S.NEEDS_RESPONSE: frozenset({S.UNDER_REVIEW, *CLOSED}),  # won: the customer withdrew; lost: the deadline passed
    S.UNDER_REVIEW: frozenset({S.NEEDS_RESPONSE, *CLOSED}),  # the provider may ask again, or an inquiry becomes a chargeback
    S.WON: frozenset(),
    S.LOST: frozenset(),
    S.ACCEPTED: frozenset(),
}

ALERT_MOVES: dict[A, frozenset[A]] = {
    A.OPEN: frozenset({A.ACKNOWLEDGED, A.CLOSED}),
    A.ACKNOWLEDGED: frozenset({A.CLOSED}),
    A.CLOSED: frozenset(),  # the same thing found anew opens another alert
}
