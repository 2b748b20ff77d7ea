"""Account flows: how the balance that a provider keeps for the shop moved. They stand beside the statement lines and never become one."""

from django.db import models
from django.db.models import Q

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant
from apps.settlements.models.files import Statement
from apps.settlements.models.keys import loose


class FlowLine(models.Model):
    """One movement of a balance: in is positive. `balance_minor` is the balance after it, as the provider says."""

    merchant = loose(Merchant, db_index=False)
    channel = loose(Channel, db_index=False)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="flow_lines")
    row_no = models.IntegerField()
    kind = models.CharField(max_length=16)
    provider_ref = models.CharField(max_length=100, blank=True)
    merchant_ref = models.CharField(max_length=100, blank=True)
    provider_refund_ref = models.CharField(max_length=100, blank=True)
    refund_ref = models.CharField(max_length=100, blank=True)
    line_ref = models.CharField(max_length=100, blank=True)
    memo = models.CharField(max_length=500, blank=True)  # what the provider calls the movement
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    balance_minor = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    business_date = models.DateField()
    row_hash = models.BigIntegerField()
    ordinal = models.SmallIntegerField()
    is_live = models.BooleanField(default=True)  # false once its file was withdrawn

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "row_hash", "ordinal"], condition=Q(is_live=True), name="flow_line_once"),
        ]
        indexes = [models.Index(fields=["statement", "id"], name="flow_line_of_file")]

    def __str__(self):
        return self.line_ref or str(self.pk)

    @property
    def our_ref(self) -> str:
        """What we call the payment or refund it is about."""
        return self.merchant_ref or self.refund_ref

    @property
    def their_ref(self) -> str:
        """What the provider calls it."""
        return self.provider_ref or self.provider_refund_ref


class FlowSighting(models.Model):
    """The same movement again in another file."""

    merchant = loose(Merchant, db_index=False)
    line = models.ForeignKey(FlowLine, on_delete=models.CASCADE, related_name="sightings")
    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="flow_sightings")
    row_no = models.IntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["statement", "line"], name="flow_sighting_once")]

    def __str__(self):
        return f"{self.statement_id}:{self.row_no}"
