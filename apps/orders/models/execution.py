"""Carrying a refund out: what was sent, and when to ask next."""

from django.db import models
from django.db.models import Q

from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant
from apps.orders.models.refunds import Refund


class RefundExecution(models.Model):
    """A refund that was submitted to its provider; committed before the provider hears of it.

    `ask_at` is when somebody has to ask what became of it: the end of the caller's lease first, then a growing pause. It is null once
    the refund has ended. `refunded_minor` is what of the payment had gone back through the provider before, for providers that tell
    refunds apart by that alone.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    refund = models.OneToOneField(Refund, on_delete=models.CASCADE, related_name="execution")
    submitted_at = models.DateTimeField()
    refunded_minor = models.BigIntegerField(default=0)
    ask_at = models.DateTimeField(null=True)
    asks = models.PositiveSmallIntegerField(default=0)
    last_code = models.CharField(max_length=60, blank=True)
    last_message = models.CharField(max_length=300, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="refund_to_be_asked")]

    def __str__(self):
        return str(self.refund_id)
