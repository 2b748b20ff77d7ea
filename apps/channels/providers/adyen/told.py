"""Adyen's notices in our words. https://docs.adyen.com/development-resources/webhooks/webhook-types/

One body holds several items. `success` is a text. What happened to a payment names it by `originalReference`; the first notice of a payment
names it by `pspReference`.
"""

import logging
from datetime import datetime

from apps.channels.dispute_notices import DisputeNotice
from apps.channels.gateways import DisputeTold, Outcome, RefundNotice
from apps.channels.paying import PaymentNotice, PaymentOutcome
from apps.channels.providers.adyen.api import OTHER_UNITS
from apps.channels.providers.adyen.refusals import REASONS

logger = logging.getLogger(__name__)
# A refused card is no end: the page lets the shopper try another one until it closes.
AUTHORISED = {"true": PaymentOutcome.PAID, "false": PaymentOutcome.PENDING}
CHANGES = {
    ("CAPTURE", "true"): PaymentOutcome.PAID,
    ("CAPTURE", "false"): PaymentOutcome.DECLINED,
    ("CAPTURE_FAILED", "true"): PaymentOutcome.DECLINED,
    ("CANCELLATION", "true"): PaymentOutcome.CANCELLED,
    ("EXPIRE", "true"): PaymentOutcome.EXPIRED,
}
REFUNDS = {
    ("REFUND", "true"): Outcome.SUCCEEDED,
    ("REFUND", "false"): Outcome.DECLINED,
    ("REFUND_FAILED", "true"): Outcome.DECLINED,
    ("REFUNDED_REVERSED", "true"): Outcome.DECLINED,
}
# Money moves with CHARGEBACK and its ends; what comes before is an inquiry.
DISPUTES = {
    "REQUEST_FOR_INFORMATION": ("inquiry", "inquiry"),
    "NOTIFICATION_OF_CHARGEBACK": ("inquiry", "inquiry"),
    "INFORMATION_SUPPLIED": ("inquiry", "under_review"),
    "CHARGEBACK": ("chargeback", "needs_response"),
    "CHARGEBACK_REVERSED": ("chargeback", "won"),
    "SECOND_CHARGEBACK": ("chargeback", "lost"),
    "PREARBITRATION_WON": ("chargeback", "won"),
    "PREARBITRATION_LOST": ("chargeback", "lost"),
}


def told_by(item: dict) -> list[PaymentNotice | RefundNotice | DisputeTold]:
    """[] for what does not concern us. :raises KeyError, TypeError, ValueError, AttributeError: it makes no sense."""
    kind, success = str(item["eventCode"]), str(item["success"])
    if kind == "AUTHORISATION":
        reason = "" if success == "true" else str(item.get("reason") or "")
        code = REASONS.get(reason.lower(), reason) or kind
        return [_payment(item, AUTHORISED[success], str(item["pspReference"]), code)]
    if (kind, success) in CHANGES:
        return [_payment(item, CHANGES[kind, success], str(item["originalReference"]), kind)]
    if (kind, success) in REFUNDS:
        return [_refund(item, REFUNDS[kind, success])]
    if kind in DISPUTES:
        return [_dispute(item)]
    return []


def _payment(item: dict, outcome: PaymentOutcome, ref: str, code: str) -> PaymentNotice:
    amount, currency = _sum(item)
    return PaymentNotice(
        event_id=_event_id(item),
        outcome=outcome,
        amount_minor=amount,
        currency=currency,
        merchant_ref=str(item.get("merchantReference") or ""),
        # A card that was refused has a number of its own; the payment is the one that succeeds.
        provider_ref="" if outcome == PaymentOutcome.PENDING else ref,
        occurred_at=_moment(item["eventDate"]),
        code=code,
        message=str(item.get("reason") or "")[:300] if outcome != PaymentOutcome.PAID else "",
    )


def _refund(item: dict, outcome: Outcome) -> RefundNotice:
    amount, currency = _sum(item)
    return RefundNotice(
        event_id=_event_id(item),
        outcome=outcome,
        amount_minor=amount,
        currency=currency,
        # Our refund number where Adyen repeats the reference of the modification, else the payment's, which is no key of any refund.
        key=str(item.get("merchantReference") or ""),
        provider_ref=str(item["originalReference"]),
        provider_refund_ref=str(item["pspReference"]),
        occurred_at=_moment(item["eventDate"]),
        code=str(item["eventCode"]),
    )


def _dispute(item: dict) -> DisputeTold:
    (kind, state), more, (amount, currency) = DISPUTES[str(item["eventCode"])], item.get("additionalData") or {}, _sum(item)
    due = more.get("defensePeriodEndsAt")
    if state == "needs_response" and more.get("autoDefended") == "true":
        state = "under_review"
    notice = DisputeNotice(
        provider_dispute_ref=str(item["pspReference"]),
        state=state,
        amount_minor=amount,
        currency=currency,
        opened_at=_moment(item["eventDate"]),
        kind=kind,
        provider_ref=str(item.get("originalReference") or ""),
        merchant_ref=str(item.get("merchantReference") or ""),
        reason_code=str(more.get("chargebackReasonCode") or "").strip(),
        evidence_due_at=_moment(due) if due else None,
    )
    return DisputeTold(_event_id(item), notice)


def _sum(item: dict) -> tuple[int, str]:
    value, currency = item["amount"]["value"], str(item["amount"]["currency"])
    if not isinstance(value, int) or isinstance(value, bool) or currency in OTHER_UNITS:
        raise ValueError("not an amount we can read")
    return value, currency


def _event_id(item: dict) -> str:
    return f"{item['pspReference']}:{item['eventCode']}:{item['success']}"


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a moment without its offset")
    return at
