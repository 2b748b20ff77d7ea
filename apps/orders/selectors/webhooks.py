"""Addresses that are told of events, and the messages to them."""

from django.db.models import QuerySet

from apps.merchants.models import Merchant
from apps.orders.models import WebhookDelivery, WebhookEndpoint


def endpoints_of(merchant: Merchant) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.for_merchant(merchant).order_by("pk")


def deliveries_of(merchant: Merchant, endpoint: WebhookEndpoint) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.for_merchant(merchant).filter(endpoint=endpoint)
