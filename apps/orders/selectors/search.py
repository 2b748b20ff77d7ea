"""Finding an order by whatever number a person has: ours, the provider's, a refund's, or an amount."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from apps.channels.cells import key_text
from apps.channels.models import Channel
from apps.core.money import MoneyError, to_minor
from apps.merchants.models import Merchant
from apps.orders.models import Order, Payment, Refund
from apps.orders.selectors.lists import orders_of, payments_of, refunds_of

LIMIT = 20  # per kind; a person who sees twenty types another character


@dataclass(frozen=True, slots=True)
class Found:
    """What a text found, exact first within each kind. `has_more` says that one of the kinds was cut at LIMIT."""

    orders: list[Order]
    payments: list[Payment]
    refunds: list[Refund]
    has_more: bool = False

    @property
    def only_order(self) -> Order | None:
        """The one order that all of it belongs to, or None."""
        orders = {order.pk: order for order in self.orders}
        orders |= {payment.order_id: payment.order for payment in self.payments}
        orders |= {refund.payment.order_id: refund.payment.order for refund in self.refunds}
        return next(iter(orders.values())) if len(orders) == 1 else None


def find(merchant: Merchant, text: str) -> Found:
    """Orders, payments and refunds whose number begins with `text`, and payments of exactly that amount.

    Seven queries, each by an index. References are compared without case, blanks and quotes, as everywhere.
    """
    key = key_text(text)[:100]
    if not key:
        return Found([], [], [])
    orders = _starting(orders_of(merchant), "order_key", key)
    # Channels are few and the index over our references begins with them.
    channels = dict(Channel.objects.for_merchant(merchant).values_list("pk", "currency"))
    payments = payments_of(merchant)
    ours = _starting(payments.filter(channel_id__in=channels), "merchant_ref_key", key)
    theirs = _starting(payments, "provider_ref_key", key)
    amounts = list(payments.filter(_amount(text, {merchant.currency, *channels.values()})).order_by("-pk")[:LIMIT])
    refunds = _starting(refunds_of(merchant), "refund_no_key", key)
    together = {payment.pk: payment for payment in [*ours, *theirs, *amounts]}
    exact = sorted(together.values(), key=lambda one: key not in (one.merchant_ref_key, one.provider_ref_key))
    has_more = any(len(rows) >= LIMIT for rows in (orders, ours, theirs, amounts, refunds))
    return Found(orders, exact, refunds, has_more)


def _starting(rows: QuerySet, field: str, key: str) -> list:
    """Rows whose field begins with the key, the exact one first: the shortest of those that begin alike sorts first."""
    if connection.vendor == "postgresql":
        condition = Q(**{f"{field}__startswith": key})  # LIKE, served by varchar_pattern_ops
    else:
        condition = Q(**{f"{field}__gte": key, f"{field}__lt": key + "\U0010ffff"})
    found = list(rows.filter(condition)[:LIMIT])
    if len(found) == LIMIT and not any(getattr(row, field) == key for row in found):
        found = [*rows.filter(**{field: key})[:1], *found]
    return sorted(found, key=lambda row: getattr(row, field))[:LIMIT]


def _amount(text: str, currencies: set[str]) -> Q:
    """Payments of this amount in any of the currencies; nothing where the text is no amount."""
    found = Q(pk__in=[])
    for currency in sorted(currencies):
        try:
            found |= Q(amount_minor=to_minor(text, currency), currency=currency)
        except MoneyError:
            continue
    return found
