"""A dispute comes in: by hand, from a file, from a statement line or from a notice of the provider."""

from datetime import datetime

from django.db import IntegrityError, transaction

from apps.channels.cells import key_text
from apps.channels.models import Channel
from apps.core.figures import cash_text
from apps.disputes.enums import DisputeKind, DisputeState, EventKind, Family, Origin
from apps.disputes.errors import AmountWrong, CurrencyDiffers, DisputeKnown, PaymentElsewhere
from apps.disputes.models import Dispute
from apps.disputes.selectors.reasons import reason_of
from apps.disputes.services.events import tell
from apps.disputes.services.holding import hold_money
from apps.merchants.models import Merchant
from apps.orders.models import Payment


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
    kind: DisputeKind = DisputeKind.CHARGEBACK,
    reason_code: str = "",
    family: str = "",
    provider_dispute_ref: str = "",
    provider_ref: str = "",
    dispute_no: str = "",
    fee_minor: int | None = None,
    evidence_due_at: datetime | None = None,
    due_is_guess: bool = False,
    opened_from=None,
    note: str = "",
) -> Dispute:
    """Puts a dispute on record and holds the money of its payment. Amounts are positive minor units of `currency`.

    It begins as an inquiry or as one that needs an answer, by its kind; a caller that knows more moves it on.

    :raises AmountWrong, CurrencyDiffers, PaymentElsewhere: the figures cannot be right.
    :raises DisputeKnown: the provider's number, the shop's number or the statement line has a dispute already; nothing was written.
    """
    _check(channel, payment, amount_minor, currency)
    dispute = Dispute(
        merchant=merchant,
        channel=channel,
        payment=payment,
        dispute_no=dispute_no.strip(),
        dispute_no_key=key_text(dispute_no),
        provider_dispute_ref=provider_dispute_ref.strip(),
        provider_dispute_ref_key=key_text(provider_dispute_ref),
        provider_ref=(payment.provider_ref if payment else "") or provider_ref.strip(),
        kind=kind,
        reason_code=reason_code.strip(),
        family=reason_of(reason_code, family).family,
        amount_minor=amount_minor,
        currency=currency,
        fee_minor=fee_minor,
        opened_at=opened_at,
        evidence_due_at=evidence_due_at,
        due_is_guess=due_is_guess and evidence_due_at is not None,
        state=DisputeState.INQUIRY if kind == DisputeKind.INQUIRY else DisputeState.NEEDS_RESPONSE,
        origin=origin,
        opened_from=opened_from,
        created_at=now,
        created_by=by,
    )
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


def family_choice(reason_code: str, family: str) -> Family:
    """The family by the code, or the one a person chose where the code is unknown."""
    return reason_of(reason_code, family).family
