"""What a provider tells of a dispute, in any order and as often as it likes."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from apps.channels.cells import key_text
from apps.channels.dispute_notices import DisputeNotice
from apps.channels.models import Channel
from apps.disputes.enums import DisputeKind, DisputeState, Origin
from apps.disputes.errors import DisputeError, DisputeKnown, NoticeUnreadable
from apps.disputes.models import Dispute
from apps.disputes.services.events import locked
from apps.disputes.services.handling import change_details
from apps.disputes.services.lines import reconcile_soon
from apps.disputes.services.moving import change_state
from apps.disputes.services.opening import open_dispute
from apps.disputes.services.reminders import tell_opened
from apps.disputes.states import CLOSED, DISPUTE_MOVES, WAITS_FOR_US
from apps.orders.models import Payment


def take_dispute_notice(*, channel: Channel, notice: DisputeNotice, now: datetime) -> Dispute:
    """Opens the dispute or brings it up to what the notice says. The same notice again changes nothing; one that is older than what
    is known (its state cannot follow) changes only what was missing.

    :raises DisputeError: the figures cannot be right; nothing was written.
    """
    if notice.state not in DisputeState.values or notice.kind not in DisputeKind.values or not key_text(notice.provider_dispute_ref):
        raise NoticeUnreadable
    if notice.evidence_due_at is not None and notice.evidence_due_at <= notice.opened_at:
        notice = replace(notice, evidence_due_at=None)  # some providers write zero where no answer is taken
    for _attempt in range(2):
        known = _known(channel, notice.provider_dispute_ref)
        if known is not None:
            return _bring_up(channel, known.pk, notice, now)
        try:
            return _open(channel, notice, now)
        except DisputeKnown:  # another notice was faster
            continue
    raise DisputeKnown(number=notice.provider_dispute_ref)


def _known(channel: Channel, ref: str) -> Dispute | None:
    mine = Dispute.objects.for_merchant(channel.merchant_id)
    return mine.filter(channel=channel, provider_dispute_ref_key=key_text(ref)).first() if key_text(ref) else None


def _open(channel: Channel, notice: DisputeNotice, now: datetime) -> Dispute:
    with transaction.atomic():
        payment = payment_by(channel, notice.provider_ref, notice.merchant_ref)
        if payment is not None and (payment.currency != notice.currency or notice.amount_minor > payment.amount_minor):
            payment = None  # the provider's word stands; a person sees that it names no payment of ours
        dispute = open_dispute(
            merchant=channel.merchant,
            channel=channel,
            payment=payment,
            amount_minor=notice.amount_minor,
            currency=notice.currency,
            opened_at=notice.opened_at,
            origin=Origin.NOTICE,
            by=None,
            now=now,
            kind=DisputeKind.INQUIRY if notice.state == DisputeState.INQUIRY else DisputeKind(notice.kind),
            reason_code=notice.reason_code,
            provider_dispute_ref=notice.provider_dispute_ref,
            provider_ref=notice.provider_ref,
            fee_minor=notice.fee_minor,
            evidence_due_at=notice.evidence_due_at,
            is_over=notice.state not in WAITS_FOR_US,
        )
        dispute = locked(channel.merchant, dispute.pk)
        _move(dispute, notice, None, now)
        if dispute.is_open:
            tell_opened(dispute, now=now)
        reconcile_soon(merchant=channel.merchant, by=None, now=now)
    return dispute


def _bring_up(channel: Channel, dispute_id: int, notice: DisputeNotice, now: datetime) -> Dispute:
    with transaction.atomic():
        dispute = locked(channel.merchant, dispute_id)
        if dispute.state in CLOSED:
            return dispute
        due_was = dispute.evidence_due_at
        change_details(
            merchant=channel.merchant,
            dispute_id=dispute_id,
            reason_code=notice.reason_code or dispute.reason_code,
            family=dispute.family,
            evidence_due_at=notice.evidence_due_at or dispute.evidence_due_at,
            fee_minor=dispute.fee_minor if notice.fee_minor is None else notice.fee_minor,
            by=None,
            now=now,
        )
        dispute = locked(channel.merchant, dispute_id)
        _move(dispute, notice, due_was, now)
    return dispute


def _move(dispute: Dispute, notice: DisputeNotice, due_was: datetime | None, now: datetime) -> None:
    """Where the notice says it is, if that may follow; a repeated round (needs an answer again) only with a later deadline."""
    to, was = DisputeState(notice.state), DisputeState(dispute.state)
    if to == was or to not in DISPUTE_MOVES[was]:
        return
    again = (was, to) == (DisputeState.UNDER_REVIEW, DisputeState.NEEDS_RESPONSE)
    if again and (notice.evidence_due_at is None or (due_was is not None and notice.evidence_due_at <= due_was)):
        return  # a late copy of what was told before we answered
    returned = None if notice.returned_minor is None else min(notice.returned_minor, dispute.amount_minor)
    try:
        change_state(dispute, to, by=None, now=now, returned_minor=returned, evidence_due_at=notice.evidence_due_at)
    except DisputeError:
        if returned is None:
            raise
        change_state(dispute, to, by=None, now=now)  # an end whose figure does not fit it keeps the usual one


def payment_by(channel: Channel, provider_ref: str, merchant_ref: str) -> Payment | None:
    """The payment of a channel by the provider's reference, else by ours; None where several or none carry it."""
    payments = Payment.objects.for_merchant(channel.merchant_id).filter(channel=channel)
    for field, text in (("provider_ref_key", provider_ref), ("merchant_ref_key", merchant_ref)):
        if key_text(text) and len(found := list(payments.filter(**{field: key_text(text)})[:2])) == 1:
            return found[0]
    return None
