"""Refunds on their way through our own bank: who still has to say where, what can be paid, what the bank is doing."""

from dataclasses import dataclass

from django.db.models import Count, Q

from apps.merchants.models import Merchant
from apps.orders.enums import RefundRoute, RefundState, TransferState
from apps.orders.models import Refund, RefundBatch, RefundPayee

SHOWN = 200  # rows of a part of the page; a shop pays its transfers long before


@dataclass(frozen=True, slots=True)
class Desk:
    """`waiting` for the buyer's account, with the question if it was asked; `ready` to be paid; the newest files."""

    waiting: list[tuple[Refund, RefundPayee | None]]
    ready: list[Refund]
    batches: list[RefundBatch]


def transfer_desk(merchant: Merchant) -> Desk:
    """Two queries: approved refunds by bank transfer that are in no live file, and batches with how many transfers are still open."""
    rows = Refund.objects.for_merchant(merchant).filter(request__route=RefundRoute.BANK_TRANSFER, state=RefundState.APPROVED)
    refunds = list(rows.select_related("payee", "payment__order", "request").order_by("requested_at", "pk")[:SHOWN])
    asked = [(refund, getattr(refund, "payee", None)) for refund in refunds]
    ready = [refund for refund, payee in asked if payee and payee.filled_at]
    waiting = [(refund, payee) for refund, payee in asked if not (payee and payee.filled_at)]
    return Desk(waiting, ready, list(batches_of(merchant)[:50]))


def batches_of(merchant: Merchant):
    """Newest first; `open_count` transfers have not been heard of."""
    still = Count("transfers", filter=Q(transfers__state=TransferState.SENT))
    return (
        RefundBatch.objects.for_merchant(merchant).select_related("bank_account", "made_by").annotate(open_count=still).order_by("-made_at")
    )
