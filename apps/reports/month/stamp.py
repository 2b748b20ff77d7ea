"""Who answers for a report, as printed on it."""

from dataclasses import dataclass
from datetime import datetime

from apps.merchants.models import Membership, Merchant, User
from apps.reports.models import CloseState, MonthClose

COMPLETE = "complete"  # nothing stands in the way of a close, and nobody has signed: what close_month writes


@dataclass(frozen=True, slots=True)
class Signature:
    """A person as they were when they signed; the role is the code of `merchants.enums.Role`."""

    name: str
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stamp:
    """The state a report is printed in: a CloseState, or COMPLETE. Drafts carry no hash; only what is approved has the whole seal."""

    state: str = CloseState.DRAFT
    prepared: Signature | None = None
    approved: Signature | None = None
    sha256: str = ""

    @property
    def is_draft(self) -> bool:
        return self.state in (CloseState.DRAFT, CloseState.PREPARED)

    @property
    def is_whole(self) -> bool:
        return self.state == CloseState.APPROVED


def signature(merchant: Merchant, user: User, at: datetime) -> Signature:
    role = Membership.objects.for_merchant(merchant).filter(user=user).values_list("role", flat=True).first()
    return Signature(str(user), role or "", at)


def prepared_signature(close: MonthClose) -> Signature | None:
    """The signature of whoever prepared; their account may be gone since."""
    if close.prepared_at is None:
        return None
    if close.prepared_by is None:
        return Signature("", "", close.prepared_at)
    return signature(close.merchant, close.prepared_by, close.prepared_at)
