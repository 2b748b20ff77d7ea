"""Differences that were accepted because they lie within tolerance."""

from django.db import models
from django.db.models import Q

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant
from apps.orders.models import Payment, Refund
from apps.settlements.enums import Kind
from apps.settlements.models.keys import loose


class AcceptedDifference(models.Model):
    """A difference of a pair that nobody has to look at, kept so that it is counted and can be booked.

    `kind` is what it would be beyond the tolerance, and so the reason it is booked to. Signs and units are those of a discrepancy. A row
    is never changed: when the figures change, or the pair is undone, it is voided and another may follow.
    """

    merchant = loose(Merchant, db_index=False)
    channel = loose(Channel, db_index=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    payment = loose(Payment, null=True, db_index=False)
    refund = loose(Refund, null=True, db_index=False)
    currency = models.CharField(max_length=3)
    expected_minor = models.BigIntegerField()
    actual_minor = models.BigIntegerField()
    business_date = models.DateField()
    rules_version = models.PositiveIntegerField()  # of the channel's RuleSet; 0 are the defaults
    accepted_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "kind"], condition=Q(voided_at=None, payment__isnull=False), name="accepted_payment_once"
            ),
            models.UniqueConstraint(
                fields=["refund", "kind"], condition=Q(voided_at=None, refund__isnull=False), name="accepted_refund_once"
            ),
            models.CheckConstraint(condition=Q(payment__isnull=True) ^ Q(refund__isnull=True), name="accepted_one_side"),
            models.CheckConstraint(condition=~Q(expected_minor=models.F("actual_minor")), name="accepted_differs"),
        ]
        indexes = [models.Index(fields=["channel", "business_date"], condition=Q(voided_at=None), name="accepted_by_day")]

    def __str__(self):
        return f"{self.kind} {self.payment_id or self.refund_id}"

    @property
    def difference_minor(self) -> int:
        """Signed from the merchant's side, as on a discrepancy."""
        return self.actual_minor - self.expected_minor
