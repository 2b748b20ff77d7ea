"""The disputed money of a payment is held, so that it is not refunded as well."""

from datetime import datetime

from apps.disputes.enums import DisputeState
from apps.disputes.models import Dispute
from apps.orders.enums import HoldKind
from apps.orders.services.refunds.holds import place_hold, release_hold

S = DisputeState
TAKEN = frozenset({S.NEEDS_RESPONSE, S.UNDER_REVIEW})  # an inquiry took no money: a refund may settle it


def hold_money(dispute: Dispute, *, was: DisputeState | None, by, now: datetime) -> None:
    """Places, changes or releases the hold that a dispute's new state asks for; `was` is the state before, None when it is opened.

    While it runs the whole amount is held. What is lost stays held for good: the customer has it, and a refund would pay it twice.
    An inquiry that is accepted took nothing, and is settled by a refund.
    """
    if dispute.payment_id is None:
        return
    amount = dispute.amount_minor if dispute.state in TAKEN else dispute.lost_minor or 0
    if was == S.INQUIRY and dispute.state not in TAKEN:
        amount = 0
    what = {"merchant": dispute.merchant, "payment_id": dispute.payment_id, "kind": HoldKind.DISPUTE, "key": dispute.public_id}
    if amount:
        place_hold(**what, label=str(dispute), amount_minor=amount, by=by, now=now)
    elif was is not None:
        release_hold(**what, by=by, now=now)
