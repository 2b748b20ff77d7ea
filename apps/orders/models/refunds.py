"""Money back, as the books load it by the thousand; what the review desk adds to one is in `requests`."""

from django.db import models
from django.db.models import Q

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant
from apps.orders.enums import RefundState
from apps.orders.models.keys import PREFIXES
from apps.orders.models.payments import Payment


class Refund(models.Model):
    """Money back on one payment. The amount is positive here; lines and discrepancies carry it negative."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="refunds", db_index=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="refunds", db_index=False)
    refund_no = models.CharField(max_length=100)
    refund_no_key = models.CharField(max_length=100)
    provider_refund_ref = models.CharField(max_length=100, blank=True)
    provider_refund_ref_key = models.CharField(max_length=100, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12, choices=RefundState.choices)
    requested_at = models.DateTimeField()  # the first moment known of it, where the shop's file does not say
    refunded_at = models.DateTimeField(null=True)
    business_date = models.DateField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "refund_no_key"], opclasses=PREFIXES, name="refund_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(condition=Q(state__in=RefundState.values), name="refund_state_known"),
            models.CheckConstraint(condition=Q(refunded_at__isnull=False) | ~Q(state="succeeded"), name="refund_done_has_time"),
        ]
        indexes = [
            models.Index(fields=["channel", "business_date"], name="refund_channel_day"),
            models.Index(fields=["merchant", "-requested_at", "-id"], name="refund_newest"),
            models.Index(fields=["merchant", "provider_refund_ref_key"], opclasses=PREFIXES, name="refund_provider_ref"),
        ]

    def __str__(self):
        return self.refund_no
