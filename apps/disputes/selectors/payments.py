"""Payments by what people call them."""

from django.db.models import Q

from apps.channels.cells import key_text
from apps.merchants.models import Merchant
from apps.orders.models import Payment


def payments_named(merchant: Merchant, text: str) -> list[Payment]:
    """Paid payments whose reference, provider's reference or order number this is; one with that very reference goes alone."""
    key = key_text(text)
    if not key:
        return []
    rows = Payment.objects.for_merchant(merchant).filter(state__in=["paid", "partially_refunded", "refunded"])
    wanted = Q(merchant_ref_key=key) | Q(provider_ref_key=key) | Q(order__order_key=key)
    found = list(rows.filter(wanted).select_related("order", "channel").order_by("pk")[:20])
    exact = [one for one in found if key in (one.merchant_ref_key, one.provider_ref_key)]
    return exact if len(exact) == 1 else found
