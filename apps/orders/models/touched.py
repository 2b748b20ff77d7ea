"""Which days must be added up anew."""

from django.db import models

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant


class TouchedDay(models.Model):
    """A business date of a channel on which payments, lines or pairs changed since its daily figures were made.

    Written in the transaction of the change (`orders.services.touched`), so that neither is ever there without the other, and taken away
    by whoever has added the day up. Rows are never updated and may repeat: two imports at once do not wait for each other here.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()

    objects = TenantQuerySet.as_manager()

    def __str__(self):
        return f"{self.channel_id} {self.day}"
