"""Attempts to pay, their time lines, and money a provider holds back."""

from django.db import models
from django.db.models import Q

from apps.channels.enums import METHOD_LABELS
from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant
from apps.orders.enums import HoldKind, PaymentState
from apps.orders.models.keys import BULK_KEY, PREFIXES
from apps.orders.models.orders import Order
from apps.orders.states import CAPTURED

NOT_PAID = [value for value in PaymentState.values if value != "paid"]


class Payment(models.Model):
    """One attempt to pay an order through one channel, known by (channel, merchant_ref).

    A million rows come in at once, so each index has to earn its place: those that begin with merchant or channel serve the
    foreign keys, and a reference is searched through the merchant's channels.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="payments", **BULK_KEY)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments", db_constraint=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="payments", **BULK_KEY)
    method = models.CharField(max_length=20)
    merchant_ref = models.CharField(max_length=100)
    merchant_ref_key = models.CharField(max_length=100)
    provider_ref = models.CharField(max_length=100, blank=True)
    provider_ref_key = models.CharField(max_length=100, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    order_total_minor = models.BigIntegerField()  # the order's total as this row stated it, in this payment's currency
    state = models.CharField(max_length=20, choices=PaymentState.choices)
    placed_at = models.DateTimeField()  # as the order's
    paid_at = models.DateTimeField(null=True)
    business_date = models.DateField(null=True)  # of paid_at, in the channel's zone
    customer_ref = models.CharField(max_length=100, blank=True)
    payer_country = models.CharField(max_length=2, blank=True)
    payer_ip = models.CharField(max_length=45, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "merchant_ref_key"], opclasses=PREFIXES, name="payment_once"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="payment_amount_not_negative"),
            models.CheckConstraint(condition=Q(state__in=PaymentState.values), name="payment_state_known"),
            models.CheckConstraint(
                condition=Q(paid_at__isnull=False) | ~Q(state__in=["paid", "partially_refunded", "refunded"]),
                name="payment_paid_has_time",
            ),
            models.CheckConstraint(
                condition=Q(paid_at=None, business_date=None) | Q(paid_at__isnull=False, business_date__isnull=False),
                name="payment_day_with_time",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "-placed_at", "-id"], name="payment_newest"),
            models.Index(fields=["merchant", "provider_ref_key"], opclasses=PREFIXES, name="payment_provider_ref"),
            models.Index(fields=["channel", "business_date"], name="payment_channel_day"),
            models.Index(fields=["merchant", "amount_minor"], name="payment_amount"),
            # Most payments are paid; the others are looked for by name and would be a needle in a haystack of a million.
            models.Index(
                fields=["merchant", "state", "-placed_at", "-id"],
                condition=Q(state__in=NOT_PAID),
                name="payment_not_paid",
            ),
        ]

    def __str__(self):
        return self.merchant_ref

    @property
    def is_captured(self) -> bool:
        """Money was taken, whether or not some of it went back."""
        return self.state in CAPTURED

    @property
    def method_label(self) -> str:
        return str(METHOD_LABELS.get(self.method, self.method))


class PaymentEvent(models.Model):
    """The time line of a payment; append-only. `kind` is a dotted name such as books.state_changed."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    # payment_event_time leads with it
    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="events", db_index=False)
    happened_at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    detail = models.JSONField(default=dict)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["payment", "happened_at"], name="payment_event_time")]

    def __str__(self):
        return self.kind


class PaymentHold(models.Model):
    """Money of a payment that cannot be refunded while this lasts, because somebody else is about to take it: a dispute."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="holds", db_index=False)
    kind = models.CharField(max_length=12, choices=HoldKind.choices)
    key = models.CharField(max_length=100)  # the public id of what placed it: one hold each
    label = models.CharField(max_length=200)  # as people call what placed it
    amount_minor = models.BigIntegerField()
    placed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "kind", "key"], name="payment_hold_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_hold_positive"),
            models.CheckConstraint(condition=Q(kind__in=HoldKind.values), name="payment_hold_kind_known"),
        ]

    def __str__(self):
        return self.label
