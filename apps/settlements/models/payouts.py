"""Transfers from provider to bank."""

from django.db import models
from django.db.models import Q

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant


class Payout(models.Model):
    """One transfer from provider to bank. Unnamed payouts (one per channel and bank date) are formed from the calendar."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="payouts")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="payouts")
    ref = models.CharField(max_length=100)  # the provider's reference, or the ISO bank date of an unnamed payout
    is_named = models.BooleanField()
    due_on = models.DateField()  # the day it should be in the bank
    covers_from = models.DateField()  # business dates of its lines, both included
    covers_to = models.DateField()
    currency = models.CharField(max_length=3)
    lines_net_minor = models.BigIntegerField()
    line_count = models.IntegerField()
    announced_minor = models.BigIntegerField(null=True)  # what the provider's own payout row says, where it has one
    returned_on = models.DateField(null=True)  # the day the provider says that it came back
    carried_by = models.CharField(max_length=100, blank=True)  # the reference of the payout by which it is paid again
    arrived_on = models.DateField(null=True)  # booking day of its last bank line
    arrived_minor = models.BigIntegerField(null=True)  # all its parts of bank lines together

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "ref", "currency"], name="payout_once"),
            models.CheckConstraint(
                condition=Q(arrived_on=None, arrived_minor=None) | Q(arrived_on__isnull=False, arrived_minor__isnull=False),
                name="payout_arrival_whole",
            ),
            models.CheckConstraint(condition=Q(carried_by="") | Q(returned_on__isnull=False), name="payout_carried_after_return"),
        ]
        indexes = [models.Index(fields=["merchant", "-due_on", "-id"], name="payout_newest")]

    def __str__(self):
        return self.ref

    @property
    def amount_minor(self) -> int:
        """What should arrive: what the provider announced, else the sum of the lines."""
        return self.lines_net_minor if self.announced_minor is None else self.announced_minor
