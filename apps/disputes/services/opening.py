"""A dispute comes in: by hand, from a file, from a statement line or from a notice of the provider."""

from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction

from apps.channels.cells import key_text
from apps.channels.models import Channel
from apps.core.figures import cash_text
from apps.disputes.enums import DisputeKind, DisputeState, EventKind, Origin
from apps.disputes.errors import AmountWrong, CurrencyDiffers, DisputeKnown, PaymentElsewhere
from apps.disputes.models import Dispute
from apps.disputes.selectors.reasons import reason_of
from apps.disputes.services.events import tell
from apps.disputes.services.holding import hold_money
from apps.merchants.models import Merchant
from apps.orders.models import Payment
from apps.settlements.models import StatementLine

SHORTEST, AT_LEAST = timedelta(days=7), timedelta(days=2)


class Said(TypedDict, total=False):
    """What may be known of a dispute besides its figures; what is not said is empty. The fee is in positive minor units."""

    kind: DisputeKind
    reason_code: str
    family: str  # chosen by a person; it counts where the code is unknown
    provider_dispute_ref: str
    provider_ref: str
    dispute_no: str
    fee_minor: int | None
    evidence_due_at: datetime | None
    is_over: bool  # it does not wait for us any more, so no deadline is guessed
    opened_from: StatementLine | None


def open_dispute(
    *,
    merchant: Merchant,
    channel: Channel,
    payment: Payment | None,
    amount_minor: int,
    currency: str,
    opened_at: datetime,
    origin: Origin,
    by,
    now: datetime,
    note: str = "",
    **said: Unpack[Said],
) -> Dispute:
    """Puts a dispute on record and holds the money of its payment. Amounts are positive minor units of `currency`.

    It begins as an inquiry or as one that needs an answer, by its kind; a caller that knows more moves it on.

    :raises AmountWrong, CurrencyDiffers, PaymentElsewhere: the figures cannot be right.
    :raises DisputeKnown: the provider's number, the shop's number or the statement line has a dispute already; nothing was written.
    """
    _check(channel, payment, amount_minor, currency)
    facts = {"merchant": merchant, "channel": channel, "payment": payment, "amount_minor": amount_minor, "currency": currency}
    dispute = Dispute(**facts, opened_at=opened_at, origin=origin, created_at=now, created_by=by, **_fields(payment, said))
    if dispute.evidence_due_at is None and not said.get("is_over"):
        dispute.evidence_due_at, dispute.due_is_guess = guessed_deadline(opened_at, now), True
    try:
        with transaction.atomic():
            dispute.save(force_insert=True)
            told = {"origin": str(origin), "amount_minor": amount_minor, "currency": currency}
            tell(dispute, EventKind.OPENED, by=by, now=now, text=note.strip(), **told)
            hold_money(dispute, was=None, by=by, now=now)
    except IntegrityError as error:
        known = known_as(dispute)
        if known is None:
            raise
        raise DisputeKnown(number=str(known)) from error
    return dispute


def guessed_deadline(opened_at: datetime, now: datetime) -> datetime:
    """When an answer may be due where nobody has said: the shortest that card networks give, and never within the next two days."""
    return max(opened_at + SHORTEST, now + AT_LEAST)


def _fields(payment: Payment | None, said: Said) -> dict:
    kind, code = said.get("kind", DisputeKind.CHARGEBACK), said.get("reason_code", "")
    number, theirs = said.get("dispute_no", ""), said.get("provider_dispute_ref", "")
    return {
        "kind": kind,
        "state": DisputeState.INQUIRY if kind == DisputeKind.INQUIRY else DisputeState.NEEDS_RESPONSE,
        "dispute_no": number.strip(),
        "dispute_no_key": key_text(number),
        "provider_dispute_ref": theirs.strip(),
        "provider_dispute_ref_key": key_text(theirs),
        "provider_ref": (payment.provider_ref if payment else "") or said.get("provider_ref", "").strip(),
        "reason_code": code.strip(),
        "family": reason_of(code, said.get("family", "")).family,
        "fee_minor": said.get("fee_minor"),
        "evidence_due_at": said.get("evidence_due_at"),
        "opened_from": said.get("opened_from"),
    }


def known_as(dispute: Dispute) -> Dispute | None:
    """A dispute on record that carries the same number or was opened from the same line."""
    mine = Dispute.objects.for_merchant(dispute.merchant_id)
    for fields in (
        {"channel_id": dispute.channel_id, "provider_dispute_ref_key": dispute.provider_dispute_ref_key},
        {"dispute_no_key": dispute.dispute_no_key},
        {"opened_from_id": dispute.opened_from_id},
    ):
        if all(fields.values()) and (found := mine.filter(**fields).first()):
            return found
    return None


def _check(channel: Channel, payment: Payment | None, amount_minor: int, currency: str) -> None:
    if payment is not None:
        if payment.channel_id != channel.pk:
            raise PaymentElsewhere
        if payment.currency != currency:
            raise CurrencyDiffers(currency=payment.currency)
    most = payment.amount_minor if payment is not None else None
    if amount_minor <= 0 or (most is not None and amount_minor > most):
        raise AmountWrong(most=cash_text(most, currency) if most is not None else "—")
