"""The rows of the lists. Newest first is left to the page, which pages by key."""

from django.db.models import Prefetch, QuerySet

from apps.channels.models import Channel
from apps.merchants.models import Merchant
from apps.orders.models import BookImport, Order, Payment, Refund, Storefront


def orders_of(merchant: Merchant) -> QuerySet[Order]:
    """With the storefront, and the payments with their channels: three queries however many orders."""
    payments = Payment.objects.for_merchant(merchant).select_related("channel").order_by("placed_at", "pk")
    return Order.objects.for_merchant(merchant).select_related("storefront").prefetch_related(Prefetch("payments", payments))


def payments_of(merchant: Merchant) -> QuerySet[Payment]:
    """With the order, its storefront and the channel, in one query."""
    return Payment.objects.for_merchant(merchant).select_related("order__storefront", "channel")


def refunds_of(merchant: Merchant) -> QuerySet[Refund]:
    """With the payment, its order and the channel, in one query."""
    return Refund.objects.for_merchant(merchant).select_related("payment__order", "channel")


def channels_of(merchant: Merchant) -> QuerySet[Channel]:
    return Channel.objects.for_merchant(merchant).order_by("code")


def storefronts_of(merchant: Merchant) -> QuerySet[Storefront]:
    return Storefront.objects.for_merchant(merchant).order_by("code")


def book_imports_of(merchant: Merchant, limit: int = 20) -> list[BookImport]:
    """The latest files of the books that came in."""
    return list(BookImport.objects.for_merchant(merchant).select_related("created_by").order_by("-created_at", "-pk")[:limit])
