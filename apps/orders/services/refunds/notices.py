"""Notices of providers: proved, kept once, answered at once, understood under lock. Any order, any number of times."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from apps.channels.cells import key_text
from apps.channels.dispute_notices import pass_on_dispute
from apps.channels.gateways import Acknowledgement, DisputeTold, NoticeForged, NoticeUnreadable, Outcome, RefundAnswer, RefundNotice
from apps.channels.models import Channel, NoticeState, WebhookEvent
from apps.channels.services.gateway import gateway_for
from apps.core import clock
from apps.core.errors import HezhangError
from apps.orders.enums import RefundState
from apps.orders.errors import RefundMoveIllegal
from apps.orders.models import Payment, Refund
from apps.orders.services.refunds.calling import apply_answer
from apps.orders.services.refunds.settling import settle_payment
from apps.orders.services.refunds.telling import tell_beyond
from apps.orders.services.refunds.trail import lock_payment, lock_refund, write_step

logger = logging.getLogger(__name__)
KEPT_HEADERS = ("content-type", "user-agent", "stripe-signature", "x-simulator-signature")
KEPT_OF_FORGED = 500  # characters: enough to see who plays, too little to fill a disk
FORGED_KEPT = 200  # rows of each channel, the newest; what they say of the others is their number


@dataclass(frozen=True, slots=True)
class Intake:
    """What to answer: `acknowledgement` when it was kept, else the HTTP status of the refusal."""

    status: int
    acknowledgement: Acknowledgement | None = None


def take_notice(*, channel: Channel, headers: dict[str, str], body: bytes, now: datetime) -> Intake:
    """Keeps a notice and does what it says. Header names are in lower case.

    A forged one is kept as forged and answered 401, one that cannot be read 400; both change nothing else. When the work fails for
    our own reasons the answer is 503 and the notice stays `received`: the provider sends it again, and it is done then.

    :raises GatewayMissing: the channel cannot be called, so nobody can prove its notices either.
    """
    gateway = gateway_for(channel)
    try:
        told = gateway.read_notices(headers, body)
    except NoticeForged:
        _keep_forged(channel, headers, body[: KEPT_OF_FORGED * 4], now)
        logger.warning("notice.forged channel=%s", channel.pk)
        return Intake(401)
    except NoticeUnreadable as error:
        _keep(channel, NoticeState.UNREADABLE, headers, body, now, result=str(error))
        logger.warning("notice.unreadable channel=%s", channel.pk)
        return Intake(400)
    done = [process(event=_keep_once(channel, one.event_id, headers, body, now), told=one, now=now) for one in told]
    return Intake(200, gateway.acknowledgement()) if all(done) else Intake(503)


def _keep(
    channel: Channel, state: NoticeState, headers, body: bytes, now: datetime, *, event_id: str = "", result: str = ""
) -> WebhookEvent:
    text = body.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    text = text[:KEPT_OF_FORGED] if state == NoticeState.FORGED else text
    kept = {name: headers[name][:300] for name in KEPT_HEADERS if name in headers}
    return WebhookEvent.objects.create(
        merchant_id=channel.merchant_id, channel=channel, event_id=event_id[:120], state=state, headers=kept, body=text, received_at=now,
        result=result[:200],
    )  # fmt: skip


@transaction.atomic
def _keep_forged(channel: Channel, headers, body: bytes, now: datetime) -> None:
    """Anybody can send these without end, so the oldest give way. The newest row says how many did: "dropped 12".

    Who else drops rows at this moment is not waited for; the number may then be a little too low.
    """
    rows = WebhookEvent.objects.filter(channel=channel, state=NoticeState.FORGED).order_by("-pk")
    last = rows.values_list("result", flat=True).first() or ""
    before = list(rows.values_list("pk", flat=True)[FORGED_KEPT - 1 :][:FORGED_KEPT])
    old = list(rows.filter(pk__in=before).select_for_update(skip_locked=True).values_list("pk", flat=True))
    WebhookEvent.objects.filter(pk__in=old).delete()
    dropped = len(old) + int(last.removeprefix("dropped ") or 0)
    _keep(channel, NoticeState.FORGED, headers, body, now, result=f"dropped {dropped}" if dropped else "")


def _keep_once(channel: Channel, event_id: str, headers, body: bytes, now: datetime) -> WebhookEvent:
    try:
        with transaction.atomic():
            return _keep(channel, NoticeState.RECEIVED, headers, body, now, event_id=event_id)
    except IntegrityError:
        return WebhookEvent.objects.get(channel=channel, event_id=event_id[:120])


def process(*, event: WebhookEvent, told: RefundNotice | DisputeTold, now: datetime) -> bool:
    """Does what a notice says, once: the row of the notice is locked while it happens. False when we could not."""
    try:
        with transaction.atomic():
            event = WebhookEvent.objects.select_for_update(of=("self",)).select_related("channel__merchant").get(pk=event.pk)
            if event.state != NoticeState.RECEIVED:
                return True
            event.state, event.result = _do(event.channel, told, now)
            event.processed_at = now
            event.save(update_fields=["state", "result", "processed_at"])
    except Exception:
        logger.exception("Unable to process notice=%s", event.pk)
        return False
    return True


def _do(channel: Channel, told: RefundNotice | DisputeTold, now: datetime) -> tuple[NoticeState, str]:
    if isinstance(told, DisputeTold):
        try:
            dispute = pass_on_dispute(channel=channel, notice=told.dispute, now=now)
        except HezhangError as error:
            return NoticeState.IGNORED, str(error)[:200]
        return (NoticeState.PROCESSED, f"dispute {dispute}"[:200]) if dispute else (NoticeState.IGNORED, "no desk for disputes")
    refund_id = _known(channel, told)
    return _known_refund(channel, refund_id, told, now) if refund_id else _foreign_refund(channel, told, now)


def _known(channel: Channel, told: RefundNotice) -> int | None:
    """Ours by our key, else by the provider's number of the refund."""
    rows = Refund.objects.for_merchant(channel.merchant_id).filter(channel=channel)
    by_key = rows.filter(request__idempotency_key=told.key).values_list("pk", flat=True).first() if told.key else None
    number = key_text(told.provider_refund_ref)
    return by_key or (rows.filter(provider_refund_ref_key=number).values_list("pk", flat=True).first() if number else None)


def _known_refund(channel: Channel, refund_id: int, told: RefundNotice, now: datetime) -> tuple[NoticeState, str]:
    _payment, refund = lock_refund(channel.merchant, refund_id)
    if (refund.amount_minor, refund.currency) != (told.amount_minor, told.currency):
        logger.error("notice.amount_differs refund=%s", refund.pk)
        return NoticeState.IGNORED, f"amount_differs {told.amount_minor} {told.currency}"
    was = refund.state
    answer = RefundAnswer(told.outcome, told.provider_refund_ref, told.code, done_at=told.occurred_at)
    try:
        refund = apply_answer(refund=refund, answer=answer, now=now)
    except RefundMoveIllegal:
        return NoticeState.IGNORED, f"not_submitted {refund.refund_no}"
    changed = refund.state != was
    return (NoticeState.PROCESSED if changed else NoticeState.IGNORED), f"{'moved' if changed else 'known'} {refund.refund_no}"


def _foreign_refund(channel: Channel, told: RefundNotice, now: datetime) -> tuple[NoticeState, str]:
    """A refund that nobody asked for here: somebody started it at the provider. It joins the books when it is done and fits a payment."""
    if told.outcome != Outcome.SUCCEEDED or not told.provider_refund_ref:
        return NoticeState.IGNORED, "not_done"
    payment_id = _payment_of(channel, told)
    if payment_id is None:
        return NoticeState.IGNORED, "no_payment"  # its statement line will be raised as refund_missing_in_books
    payment = lock_payment(channel.merchant, payment_id)
    payment.merchant = channel.merchant
    if refund_id := _known(channel, told):  # another notice of it was faster
        return _known_refund(channel, refund_id, told, now)
    if told.currency != payment.currency or not payment.is_captured:
        return NoticeState.IGNORED, "unlike_payment"
    try:
        with transaction.atomic():
            refund = _write_foreign(payment, told, now)
    except IntegrityError as error:
        if "refund_exceeds_payment" not in str(error):
            return NoticeState.IGNORED, f"number_taken {told.provider_refund_ref}"
        logger.error("notice.exceeds_payment payment=%s", payment.pk)
        tell_beyond(payment, told.amount_minor, told.provider_refund_ref, now)
        return NoticeState.IGNORED, f"exceeds_payment {told.provider_refund_ref}"
    settle_payment(payment)
    write_step(refund, "refund.started_at_provider", by=None, now=now, after={"provider_refund_ref": refund.provider_refund_ref})
    return NoticeState.PROCESSED, f"tied {refund.refund_no}"


def _payment_of(channel: Channel, told: RefundNotice) -> int | None:
    rows = Payment.objects.for_merchant(channel.merchant_id).filter(channel=channel)
    for field, value in (("provider_ref_key", told.provider_ref), ("merchant_ref_key", told.merchant_ref)):
        found = list(rows.filter(**{field: key_text(value)}).values_list("pk", flat=True)[:2]) if key_text(value) else []
        if len(found) == 1:
            return found[0]
    return None


def _write_foreign(payment: Payment, told: RefundNotice, now: datetime) -> Refund:
    moment, number = told.occurred_at or now, told.provider_refund_ref[:100]
    return Refund.objects.create(
        merchant_id=payment.merchant_id,
        payment=payment,
        channel=payment.channel,
        refund_no=number,
        refund_no_key=key_text(number),
        provider_refund_ref=number,
        provider_refund_ref_key=key_text(number),
        amount_minor=told.amount_minor,
        currency=told.currency,
        state=RefundState.SUCCEEDED,
        requested_at=moment,
        refunded_at=moment,
        business_date=clock.local_date(moment, payment.channel.timezone),
        reason="started at the provider",
    )
