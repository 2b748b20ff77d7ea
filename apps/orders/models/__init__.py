"""Every table of what the shop believes, by the file that declares it."""

from apps.orders.models.execution import PaymentExecution, RefundExecution
from apps.orders.models.imports import BookImport
from apps.orders.models.orders import Order, Storefront
from apps.orders.models.payments import NOT_PAID, Payment, PaymentEvent, PaymentHold
from apps.orders.models.refunds import Refund
from apps.orders.models.requests import RefundAttachment, RefundDecision, RefundRequest
from apps.orders.models.storefronts import StorefrontReading
from apps.orders.models.touched import TouchedDay
from apps.orders.models.transfers import RefundBatch, RefundPayee, RefundTransfer
from apps.orders.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "NOT_PAID",
    "BookImport",
    "Order",
    "Payment",
    "PaymentEvent",
    "PaymentExecution",
    "PaymentHold",
    "Refund",
    "RefundAttachment",
    "RefundBatch",
    "RefundDecision",
    "RefundExecution",
    "RefundPayee",
    "RefundRequest",
    "RefundTransfer",
    "Storefront",
    "StorefrontReading",
    "TouchedDay",
    "WebhookDelivery",
    "WebhookEndpoint",
]
