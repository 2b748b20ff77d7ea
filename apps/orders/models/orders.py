"""Where orders come from, and what was bought."""

from django.db import models

from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant
from apps.orders.models.keys import BULK_KEY, PREFIXES


class Storefront(models.Model):
    """Where orders come from."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="storefronts")
    code = models.CharField(max_length=40)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "code"], name="storefront_once")]

    def __str__(self):
        return self.code


class Order(models.Model):
    """What a customer bought, in the currency the shop sold it in."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="orders", **BULK_KEY)
    order_no = models.CharField(max_length=64)
    order_key = models.CharField(max_length=64)  # as it is compared and searched: `cells.key_text`
    storefront = models.ForeignKey(Storefront, null=True, on_delete=models.PROTECT, related_name="orders", **BULK_KEY)
    placed_at = models.DateTimeField()  # the first moment known of it, where the shop's file does not say
    total_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    customer_ref = models.CharField(max_length=100, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "order_key"], opclasses=PREFIXES, name="order_once")]
        indexes = [models.Index(fields=["merchant", "-placed_at", "-id"], name="order_newest")]

    def __str__(self):
        return self.order_no
