"""What the requester saw, frozen; and whether it still holds when somebody approves."""

from datetime import datetime

from apps.core.money import exponent
from apps.merchants.models import Merchant
from apps.orders.enums import RefundState
from apps.orders.models import Payment, Refund
from apps.orders.selectors.refundable import FeeEffect, Refundable, fee_effect, refundable
from apps.orders.states import HOLDS_MONEY

# A refund that is only requested takes nothing yet: of two asked for one after the other, approving one does not spoil the other.
COMMITTED = HOLDS_MONEY - {RefundState.REQUESTED}
CONTRACT = ("payment_amount_minor", "currency", "order_total_minor", "merchant_ref")


def freeze(room: Refundable, amount_minor: int, now: datetime, *, without: int | None = None) -> dict:
    """The figures as JSON; amounts in minor units. `others` are the refunds of the payment that were known then, this one left out."""
    payment = room.payment
    others = _others(payment, without).filter(state__in=HOLDS_MONEY).values_list("pk", flat=True)
    fee: FeeEffect = fee_effect(payment, amount_minor, room.route)
    return {
        "at": now.isoformat(),
        "order_no": payment.order.order_no,
        "order_total_minor": payment.order_total_minor,
        "payment_amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "payment_state": payment.state,
        "refunded_minor": room.refunded_minor,
        "in_flight_minor": room.in_flight_minor,
        "held_minor": room.held_minor,
        "balance_after_minor": room.balance_minor - amount_minor,
        "channel": payment.channel.code,
        "channel_label": payment.channel.label,
        "method": payment.method,
        "merchant_ref": payment.merchant_ref,
        "provider_ref": payment.provider_ref,
        "fee_policy": fee.policy,
        "fee_plan_minor": fee.plan_minor,
        "fee_returned_minor": fee.returned_minor,
        "route": str(room.route),
        "others": sorted(others),
    }


def stale_reason(refund: Refund, payment: Payment, now: datetime) -> str:
    """The code (of `errors.STALE_REASONS`) of what changed since the figures were frozen, empty when they hold."""
    frozen, room = refund.request.figures, refundable(payment, now, without=refund.pk)
    present = {
        "payment_amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "order_total_minor": payment.order_total_minor,
        "merchant_ref": payment.merchant_ref,
    }
    if not payment.is_captured:
        return "not_captured"
    if any(frozen[name] != present[name] for name in CONTRACT) or (frozen["provider_ref"] not in ("", payment.provider_ref)):
        return "payment_changed"
    if room.held_minor > frozen["held_minor"]:
        return "held"
    if _others(payment, refund.pk).filter(state__in=COMMITTED).exclude(pk__in=frozen["others"]).exists():
        return "refunded_elsewhere"
    if room.balance_minor < refund.amount_minor:
        return "refunded_elsewhere"
    return "route_changed" if room.route != refund.request.route else ""


def tier(merchant: Merchant, amount_minor: int, currency: str) -> dict:
    """How many and whose approvals an amount needs. A limit in another currency is taken by its figure: no rate is assumed."""

    def above(limit: int | None) -> bool:
        return limit is not None and amount_minor * 10 ** exponent(merchant.currency) > limit * 10 ** exponent(currency)

    return {
        "approvals_needed": 2 if above(merchant.refund_second_approver_above_minor) else 1,
        "needs_owner": above(merchant.refund_owner_above_minor),
        "needs_mfa": above(merchant.refund_mfa_above_minor),
    }


def _others(payment: Payment, without: int | None):
    rows = Refund.objects.filter(payment=payment, merchant=payment.merchant_id)
    return rows.exclude(pk=without) if without else rows


def is_still_there(refund: Refund, payment: Payment, now: datetime) -> bool:
    """Whether the payment (locked by the caller) still has this refund's money: a dispute may have taken it since the approval."""
    return refundable(payment, now, without=refund.pk).balance_minor >= refund.amount_minor
