"""The one way in which a dispute changes its state, and what follows from it: the held money and the result."""

from datetime import datetime

from django.db import transaction

from apps.core.figures import cash_text
from apps.disputes.enums import DisputeKind, DisputeState, EventKind
from apps.disputes.errors import DisputeClosed, IllegalMove, ReturnedWrong
from apps.disputes.models import Dispute
from apps.disputes.services.events import locked, tell
from apps.disputes.services.holding import hold_money
from apps.disputes.states import CLOSED, DISPUTE_MOVES
from apps.merchants.models import Merchant

S = DisputeState


def move_dispute(
    *,
    merchant: Merchant,
    dispute_id: int,
    to: DisputeState,
    by,
    now: datetime,
    returned_minor: int | None = None,
    fee_minor: int | None = None,
    evidence_due_at: datetime | None = None,
    text: str = "",
) -> Dispute:
    """Moves a dispute. `returned_minor` is what came back, in minor units: for won the whole amount unless said otherwise, for lost
    nothing; an accepted one returns nothing. `evidence_due_at` is the deadline of a new round.

    :raises DisputeClosed, IllegalMove, ReturnedWrong: and nothing changed.
    """
    with transaction.atomic():
        dispute = locked(merchant, dispute_id)
        change_state(
            dispute, to, by=by, now=now, returned_minor=returned_minor, fee_minor=fee_minor, evidence_due_at=evidence_due_at, text=text
        )
    return dispute


def change_state(
    dispute: Dispute,
    to: DisputeState,
    *,
    by,
    now: datetime,
    returned_minor: int | None = None,
    fee_minor: int | None = None,
    evidence_due_at: datetime | None = None,
    text: str = "",
) -> None:
    """As `move_dispute`, for a caller that holds the row's lock and has its own transaction."""
    was = DisputeState(dispute.state)
    if was in CLOSED:
        raise DisputeClosed
    if to not in DISPUTE_MOVES[was]:
        raise IllegalMove(was=was.label, to=DisputeState(to).label)
    if to in CLOSED:
        dispute.returned_minor = _returned(dispute, to, returned_minor)
        dispute.closed_at = now
    if to == S.UNDER_REVIEW:
        dispute.answered_at = now
    if to == S.NEEDS_RESPONSE:
        if evidence_due_at is not None:
            dispute.evidence_due_at, dispute.due_is_guess = evidence_due_at, False
        if dispute.kind == DisputeKind.INQUIRY:
            dispute.kind = DisputeKind.CHARGEBACK
    if fee_minor is not None:
        dispute.fee_minor = fee_minor
    dispute.state = to
    fields = ["state", "kind", "returned_minor", "closed_at", "answered_at", "evidence_due_at", "due_is_guess", "fee_minor"]
    dispute.save(update_fields=fields)
    outcome = {"returned_minor": dispute.returned_minor, "fee_minor": dispute.fee_minor} if to in CLOSED else {}
    tell(dispute, EventKind.MOVED, by=by, now=now, text=text.strip(), was=str(was), to=str(to), **outcome)
    hold_money(dispute, was=was, by=by, now=now)


def _returned(dispute: Dispute, to: DisputeState, returned_minor: int | None) -> int:
    """What came back. A won dispute returns something, a lost one not everything, an accepted one nothing."""
    usual = dispute.amount_minor if to == S.WON else 0
    returned = usual if returned_minor is None else returned_minor
    least, most = {S.WON: (1, dispute.amount_minor), S.LOST: (0, dispute.amount_minor - 1), S.ACCEPTED: (0, 0)}[to]
    if not least <= returned <= most:
        raise ReturnedWrong(least=cash_text(least, dispute.currency), most=cash_text(most, dispute.currency))
    return returned
