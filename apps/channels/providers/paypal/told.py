"""PayPal's notices in our words. https://developer.paypal.com/api/rest/webhooks/event-names/

Payments are told only where they bear our key (`custom_id`): a shop may sell elsewhere by the same account.
"""

from datetime import datetime

from apps.channels.dispute_notices import DisputeNotice
from apps.channels.gateways import DisputeTold, Outcome, RefundNotice
from apps.channels.paying import PaymentNotice, PaymentOutcome
from apps.channels.providers.paypal.api import sum_in
from apps.channels.providers.paypal.reading import REFUNDS, moment, parent_of

ORDER_APPROVED = "CHECKOUT.ORDER.APPROVED"
PAYMENTS = {
    "PAYMENT.CAPTURE.COMPLETED": PaymentOutcome.PAID,
    "PAYMENT.CAPTURE.PENDING": PaymentOutcome.PENDING,
    "PAYMENT.CAPTURE.DENIED": PaymentOutcome.DECLINED,
    "PAYMENT.CAPTURE.DECLINED": PaymentOutcome.DECLINED,
    "PAYMENT.AUTHORIZATION.CREATED": PaymentOutcome.AUTHORIZED,
    "PAYMENT.AUTHORIZATION.VOIDED": PaymentOutcome.CANCELLED,
}
REFUNDED = "PAYMENT.CAPTURE.REFUNDED"
DISPUTES = ("CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED")
STATES = {
    "OPEN": "needs_response",
    "WAITING_FOR_SELLER_RESPONSE": "needs_response",
    "WAITING_FOR_BUYER_RESPONSE": "under_review",
    "UNDER_REVIEW": "under_review",
}
ENDS = {
    "RESOLVED_BUYER_FAVOUR": "lost",
    "RESOLVED_SELLER_FAVOUR": "won",
    "RESOLVED_WITH_PAYOUT": "won",  # PayPal pays the buyer, the shop keeps its money
    "CANCELED_BY_BUYER": "won",
    "ACCEPTED": "accepted",
}


def told_by(event: dict) -> list[PaymentNotice | RefundNotice | DisputeTold]:
    """[] for what does not concern us. :raises KeyError, TypeError, ValueError, AttributeError: it makes no sense."""
    kind, about = event["event_type"], event["resource"]
    if kind == ORDER_APPROVED:
        (unit,) = about["purchase_units"]
        return _payment(event, {**unit, "id": about["id"], "status": "APPROVED"}, PaymentOutcome.APPROVED)
    if kind in PAYMENTS:
        return _payment(event, about, PAYMENTS[kind])
    if kind == REFUNDED:
        return [_refund(event, about)]
    return _dispute(event, about) if kind in DISPUTES else []


def _payment(event: dict, about: dict, outcome: PaymentOutcome) -> list[PaymentNotice]:
    if not about.get("custom_id"):
        return []
    amount, currency = sum_in(about["amount"])
    return [
        PaymentNotice(
            event_id=str(event["id"]),
            outcome=outcome,
            amount_minor=amount,
            currency=currency,
            merchant_ref=str(about.get("invoice_id") or ""),
            key=str(about["custom_id"]),
            provider_ref=str(about["id"]),
            occurred_at=moment(event.get("create_time")),
            code=str(about.get("status") or ""),
        )
    ]


def _refund(event: dict, about: dict) -> RefundNotice:
    amount, currency = sum_in(about["amount"])
    return RefundNotice(
        event_id=str(event["id"]),
        outcome=REFUNDS.get(str(about["status"]), Outcome.UNKNOWN),
        amount_minor=amount,
        currency=currency,
        provider_ref=parent_of(about),
        provider_refund_ref=str(about["id"]),
        occurred_at=moment(about.get("update_time") or event.get("create_time")),
        code=str(about["status"]),
    )


def _dispute(event: dict, about: dict) -> list[DisputeTold]:
    """[] for an end whose outcome nobody has documented: the report of disputes tells it."""
    stage, status = str(about.get("dispute_life_cycle_stage") or ""), str(about["status"])
    end = str((about.get("dispute_outcome") or {}).get("outcome_code") or "")
    state = ENDS.get(end) if status == "RESOLVED" else STATES.get(status)
    if state is None:
        return []
    kind = "inquiry" if stage == "INQUIRY" else "chargeback" if about.get("dispute_channel") == "EXTERNAL" else "claim"
    amount, currency = sum_in(about["dispute_amount"])
    sold = (about.get("disputed_transactions") or [{}])[0]
    due: datetime | None = moment(about.get("seller_response_due_date"))
    notice = DisputeNotice(
        provider_dispute_ref=str(about["dispute_id"]),
        state="inquiry" if kind == "inquiry" and state == "needs_response" else state,
        amount_minor=amount,
        currency=currency,
        opened_at=datetime.fromisoformat(about["create_time"]),
        kind=kind,
        provider_ref=str(sold.get("seller_transaction_id") or ""),
        merchant_ref=str(sold.get("invoice_number") or ""),
        reason_code=str(about.get("reason") or ""),
        evidence_due_at=due,
    )
    return [DisputeTold(str(event["id"]), notice)]
