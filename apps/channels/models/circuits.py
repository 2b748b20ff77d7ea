"""Whether a channel's provider answers at present, and how it did hour by hour."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.channels.models.terms import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant


class CircuitState(models.TextChoices):
    """Whether calls leave."""

    CLOSED = "closed", _("calls are made")
    OPEN = "open", _("no calls until later")
    TRYING = "trying", _("one call tries")


class Circuit(models.Model):
    """The breaker of one channel: after several calls in a row that nobody answered, no more leave until `retry_at`, and then one alone.

    A channel without a row never had a call without an answer.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="circuit")
    state = models.CharField(max_length=8, choices=CircuitState.choices, default=CircuitState.CLOSED)
    failures = models.PositiveIntegerField(default=0)  # calls in a row that nobody answered
    pauses = models.PositiveIntegerField(default=0)  # how often in a row it opened: each pause is longer
    opened_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    last_code = models.CharField(max_length=60, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CircuitState.values), name="circuit_state_known"),
            models.CheckConstraint(
                condition=Q(state="closed", opened_at=None, retry_at=None)
                | (~Q(state="closed") & Q(opened_at__isnull=False, retry_at__isnull=False)),
                name="circuit_open_has_times",
            ),
        ]

    def __str__(self):
        return f"{self.channel_id} {self.state}"


class CallHour(models.Model):
    """What became of a channel's calls in one hour of UTC, by operation and method; counted anew while the hour is young."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="call_hours", db_index=False
    )  # call_hour_once leads with it
    hour = models.DateTimeField()
    operation = models.CharField(max_length=20)
    method = models.CharField(max_length=20, blank=True)
    calls = models.PositiveIntegerField()
    well = models.PositiveIntegerField()  # did what was asked, or is about to
    declined = models.PositiveIntegerField()  # the payer's bank or wallet said no
    config = models.PositiveIntegerField()  # the shop's own set-up was refused
    unanswered = models.PositiveIntegerField()  # nobody answered, or not in words we know
    ms_total = models.BigIntegerField()
    ms_slowest = models.PositiveIntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "hour", "operation", "method"], name="call_hour_once"),
            models.CheckConstraint(
                condition=Q(calls=models.F("well") + models.F("declined") + models.F("config") + models.F("unanswered")),
                name="call_hour_adds_up",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "-hour"], name="call_hour_newest")]

    def __str__(self):
        return f"{self.channel_id} {self.hour} {self.operation}"
