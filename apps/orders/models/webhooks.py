"""Addresses of the merchant that are told of events, and what was sent to them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.scoping import TenantQuerySet
from apps.core.secrets import SecretField
from apps.merchants.models import Merchant
from apps.orders.enums import DeliveryState


class WebhookEndpoint(models.Model):
    """One address. `failures` counts the attempts that failed since the last that went through."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    url = models.CharField(_("address"), max_length=500)
    types = models.JSONField(_("events"), default=list)
    secret = SecretField()  # whsec_…, as Standard Webhooks writes it
    # Signs beside the new one for a day after a change, so that nothing is refused meanwhile.
    previous_secret = SecretField(blank=True, default="")
    previous_until = models.DateTimeField(null=True)
    is_active = models.BooleanField(_("active"), default=True)
    failures = models.PositiveIntegerField(default=0)
    disabled_at = models.DateTimeField(null=True)  # switched off by itself
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "url"], name="webhook_url_once"),
            models.CheckConstraint(condition=Q(is_active=False) | Q(disabled_at=None), name="webhook_disabled_is_inactive"),
        ]

    def __str__(self):
        return self.url.partition("?")[0]  # what follows may be a password of the receiver


class WebhookDelivery(models.Model):
    """One event for one address. `body` is what is sent, byte for byte, at every attempt."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.CharField(max_length=40)
    type = models.CharField(max_length=40)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    last_code = models.PositiveSmallIntegerField(null=True)  # of the answer; None when there was none
    last_answer = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="webhook_event_once"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="webhook_state_known"),
            models.CheckConstraint(
                condition=Q(state="waiting", next_at__isnull=False) | (~Q(state="waiting") & Q(next_at=None)),
                name="webhook_waits_for_time",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="webhook_due"),
            models.Index(fields=["endpoint", "-id"], name="webhook_history"),
        ]

    def __str__(self):
        return f"{self.type} {self.event_id}"
