"""How far the orders of a storefront have been read."""

from django.db import models
from django.db.models import Q

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant


class StorefrontReading(models.Model):
    """One for each channel whose provider holds the shop's orders.

    `read_until` is the newest change that is in the books; what changed shortly before it is read again, and `seen` names, by order, the
    changes of that time that are in. `gateways` says for each payment gateway of the storefront which channel of ours it is (its code and
    a method), or {} for money that is booked elsewhere; a gateway that nobody has placed yet is not among them, and `unplaced` names
    its orders. `faults` are the rows that the books did not take, as {order, column, code, value}.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="storefront_reading")
    read_until = models.DateTimeField()
    seen = models.JSONField(default=dict)
    gateways = models.JSONField(default=dict)
    unplaced = models.JSONField(default=dict)
    faults = models.JSONField(default=list)
    orders = models.PositiveIntegerField(default=0)  # changes of orders taken in
    asked_at = models.DateTimeField(null=True)  # when a notice, or a person, last wanted it read
    claimed_until = models.DateTimeField(null=True)  # while somebody reads
    began_at = models.DateTimeField(null=True)  # the last reading
    ended_at = models.DateTimeField(null=True)  # the last that came to its end
    code = models.CharField(max_length=60, blank=True)  # the provider's word for the last that did not
    message = models.CharField(max_length=300, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(claimed_until=None) | Q(began_at__isnull=False), name="storefront_claim_has_begun"),
        ]

    def __str__(self):
        return str(self.channel_id)
