"""The disputes on a person's desk, and giving them to another when the person leaves."""

from datetime import datetime

from apps.disputes.models import Dispute
from apps.disputes.selectors.people import people_for
from apps.disputes.services.handling import give_to
from apps.disputes.states import OPEN
from apps.merchants.models import Merchant, User


def count_of(merchant: Merchant, user: User) -> int:
    return _of(merchant, user).count()


def hand_over(*, merchant: Merchant, user: User, to: User | None, by: User, now: datetime) -> int:
    """Gives every open dispute of `user` to `to`, or to nobody where `to` may not answer disputes."""
    able = to if to and to in people_for(merchant) else None
    ids = list(_of(merchant, user).order_by("pk").values_list("pk", flat=True))
    for dispute_id in ids:
        give_to(merchant=merchant, dispute_id=dispute_id, owner=able, by=by, now=now)
    return len(ids)


def _of(merchant: Merchant, user: User):
    return Dispute.objects.for_merchant(merchant).filter(owner=user, state__in=OPEN)
