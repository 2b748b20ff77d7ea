"""Which days' statements were asked for at the provider, and what it said."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.channels.models.terms import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant


class FetchState(models.TextChoices):
    """How fetching a day's statement stands."""

    WAITING = "waiting", _("to be fetched")
    FETCHED = "fetched", _("fetched")
    EMPTY = "empty", _("nothing that day")
    REFUSED = "refused", _("cannot be fetched")  # a person has to look; it is tried again once a day


class StatementFetch(models.Model):
    """One business day of one channel. Asked for at `ask_at`; several workers may see it due, the lease in `ask_at` lets one go."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="fetches", db_index=False)  # fetch_once leads with it
    day = models.DateField()
    state = models.CharField(max_length=8, choices=FetchState.choices, default=FetchState.WAITING)
    asks = models.PositiveIntegerField(default=0)
    ask_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    files = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=300, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "day"], name="fetch_once"),
            models.CheckConstraint(condition=Q(state__in=FetchState.values), name="fetch_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=["fetched", "empty"], ask_at=None, ended_at__isnull=False)
                | Q(state__in=["waiting", "refused"], ask_at__isnull=False, ended_at=None),
                name="fetch_end_has_time",
            ),
        ]
        indexes = [models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="fetch_due")]

    def __str__(self):
        return f"{self.channel_id} {self.day} {self.state}"
