"""A dispute as a provider tells it, and the way to the later app that keeps disputes: a notice page may not look upward."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DisputeNotice:
    """In our words. Amounts are positive minor units of `currency`; moments are UTC; `provider_dispute_ref` is the identity.

    `state`: inquiry, needs_response, under_review, won, lost or accepted, where the provider says it is now. `kind`: inquiry,
    chargeback or claim. `returned_minor` (what came back) is for an end only; None means the usual of that end.
    """

    provider_dispute_ref: str
    state: str
    amount_minor: int
    currency: str
    opened_at: datetime
    kind: str = "chargeback"
    provider_ref: str = ""
    merchant_ref: str = ""
    reason_code: str = ""
    evidence_due_at: datetime | None = None
    fee_minor: int | None = None
    returned_minor: int | None = None


_takers: list[Callable] = []


def register_dispute_taker(take: Callable) -> None:
    """`take(channel=, notice=, now=)` keeps a dispute; it raises a HezhangError when the notice cannot be right. For `AppConfig.ready`."""
    _takers[:] = [take]


def pass_on_dispute(*, channel, notice: DisputeNotice, now: datetime):
    """Hands a notice to the app that keeps disputes and returns what it made of it; None where no app does.

    Safe to repeat and in any order. :raises HezhangError: the notice cannot be right; nothing was written.
    """
    return _takers[0](channel=channel, notice=notice, now=now) if _takers else None
