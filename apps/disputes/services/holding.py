"""The disputed money of a payment is held, so that it is not refunded as well."""

from datetime import datetime

from apps.disputes.enums import DisputeState
from apps.disputes.models import Dispute

S = DisputeState
HELD = frozenset({S.NEEDS_RESPONSE, S.UNDER_REVIEW})  # an inquiry took no money yet: a refund may settle it


def hold_money(dispute: Dispute, *, was: DisputeState | None, by, now: datetime) -> None:
    """Places or releases the hold that a dispute's new state asks for; `was` is the state before, None when it is opened."""
