"""The differences on a person's desk, and giving them to another when the person leaves."""

from datetime import datetime

from apps.merchants.models import Merchant, User
from apps.settlements.models import Discrepancy
from apps.settlements.services.resolve import assign
from apps.settlements.states import OPEN


def count_of(merchant: Merchant, user: User) -> int:
    return _of(merchant, user).count()


def hand_over(*, merchant: Merchant, user: User, to: User | None, by: User, now: datetime) -> int:
    """Gives every open difference of `user` to `to`, or back to the queue; each is on the record as an assignment."""
    ids = list(_of(merchant, user).order_by("pk").values_list("pk", flat=True))
    return len(assign(merchant=merchant, ids=ids, owner=to, by=by, now=now))


def _of(merchant: Merchant, user: User):
    return Discrepancy.objects.for_merchant(merchant).filter(owner=user, state__in=OPEN)
