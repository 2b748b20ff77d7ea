"""PayPal's orders, authorizations, captures and refunds in our words. https://developer.paypal.com/docs/api/orders/v2/

An order that the payer approved pays nothing until it is captured; what counts in reports and refunds is the capture's number.
"""

import logging
from datetime import datetime

from apps.channels.gateways import Outcome
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentOutcome
from apps.channels.providers.paypal.api import sum_in

logger = logging.getLogger(__name__)
ORDERS = {
    "CREATED": PaymentOutcome.PENDING,
    "SAVED": PaymentOutcome.PENDING,
    "PAYER_ACTION_REQUIRED": PaymentOutcome.PENDING,
    "APPROVED": PaymentOutcome.APPROVED,
    "VOIDED": PaymentOutcome.CANCELLED,
}
CAPTURES = {
    "COMPLETED": PaymentOutcome.PAID,
    "PARTIALLY_REFUNDED": PaymentOutcome.PAID,
    "REFUNDED": PaymentOutcome.PAID,
    "PENDING": PaymentOutcome.PENDING,
    "DECLINED": PaymentOutcome.DECLINED,
    "DENIED": PaymentOutcome.DECLINED,
    "FAILED": PaymentOutcome.DECLINED,
}
AUTHORIZATIONS = {
    "CREATED": PaymentOutcome.AUTHORIZED,
    "PENDING": PaymentOutcome.PENDING,
    "DENIED": PaymentOutcome.DECLINED,
    "VOIDED": PaymentOutcome.CANCELLED,
    "EXPIRED": PaymentOutcome.EXPIRED,
}
TAKEN = ("CAPTURED", "PARTIALLY_CAPTURED")  # of an authorization: the money is a capture's, which the order names
REFUNDS = {
    "COMPLETED": Outcome.SUCCEEDED,
    "PENDING": Outcome.PENDING,
    "FAILED": Outcome.DECLINED,
    "CANCELLED": Outcome.DECLINED,
}


def moment(text: object) -> datetime | None:
    """A moment with its offset as PayPal writes it; None where there is none. :raises ValueError: it is no moment."""
    return datetime.fromisoformat(str(text)) if text else None


def read_order(order: dict) -> PaymentAnswer:
    """By the newest capture, else the newest authorization, else the order itself."""
    (unit,) = order["purchase_units"]
    made = unit.get("payments") or {}
    if made.get("captures"):
        return read_capture(made["captures"][-1])
    if made.get("authorizations"):
        return read_authorization(made["authorizations"][-1])
    status, ref = str(order["status"]), str(order["id"])
    outcome = ORDERS.get(status)
    if outcome is None:
        return unknown(ref, status)
    amount, currency = sum_in(unit["amount"])
    action = action_of(order) if outcome == PaymentOutcome.PENDING else None
    return PaymentAnswer(outcome, ref, status, amount_minor=amount, currency=currency, action=action)


def read_capture(capture: dict) -> PaymentAnswer:
    """:raises KeyError, ValueError: it is no capture."""
    status, ref = str(capture["status"]), str(capture["id"])
    outcome = CAPTURES.get(status)
    if outcome is None:
        return unknown(ref, status)
    amount, currency = sum_in(capture["amount"])
    paid_at = moment(capture.get("create_time")) if outcome == PaymentOutcome.PAID else None
    reason = str((capture.get("status_details") or {}).get("reason") or "")
    return PaymentAnswer(outcome, ref, status, reason, amount_minor=amount, currency=currency, paid_at=paid_at)


def read_authorization(held: dict) -> PaymentAnswer:
    """:raises KeyError, ValueError: it is no authorization."""
    status, ref = str(held["status"]), str(held["id"])
    outcome = AUTHORIZATIONS.get(status)
    if outcome is None:
        return unknown(ref, status)
    amount, currency = sum_in(held["amount"])
    return PaymentAnswer(outcome, ref, status, amount_minor=amount, currency=currency)


def action_of(order: dict) -> PayerAction | None:
    """Where the payer approves."""
    links = {link.get("rel"): link.get("href") for link in order.get("links") or []}
    to = links.get("payer-action") or links.get("approve")
    return PayerAction(ActionKind.REDIRECT, url=str(to)) if to else None


def unknown(ref: str, status: str) -> PaymentAnswer:
    """A state nobody has documented."""
    logger.warning("provider.unknown_code provider=paypal code=%s", status)
    return PaymentAnswer(PaymentOutcome.UNKNOWN, ref, status)


def parent_of(about: dict) -> str:
    """The number of what a capture or refund belongs to, by its link upwards."""
    links = {link.get("rel"): str(link.get("href") or "") for link in about.get("links") or []}
    return links.get("up", "").rpartition("/")[2]


def order_of(about: dict) -> str:
    """The number of the order that a capture or authorization belongs to; empty where it is not named."""
    return str(((about.get("supplementary_data") or {}).get("related_ids") or {}).get("order_id") or "")
