"""What the shop believes: orders, payments and refunds."""

from django.db import models
from django.db.models import Q

from apps.channels.enums import METHOD_LABELS
from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant
from apps.orders.enums import PaymentState, RefundState
from apps.orders.states import CAPTURED

# PostgreSQL finds a prefix through an index only with this class, whatever the database's collation; it serves equality, too.
PREFIXES = ["int8_ops", "varchar_pattern_ops"]
NOT_PAID = [value for value in PaymentState.values if value != "paid"]
# The parents of rows that come by the million. PostgreSQL checks a foreign key row by row at the commit, which costs more than
# the load itself. These are resolved once per file inside its transaction, and PROTECT keeps them while rows point at them.
BULK_KEY = {"db_constraint": False, "db_index": False}  # led by another index, or few values


class Storefront(models.Model):
    """Where orders come from."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="storefronts")
    code = models.CharField(max_length=40)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "code"], name="storefront_once")]

    def __str__(self):
        return self.code


class Order(models.Model):
    """What a customer bought, in the currency the shop sold it in."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="orders", **BULK_KEY)
    order_no = models.CharField(max_length=64)
    order_key = models.CharField(max_length=64)  # as it is compared and searched: `cells.key_text`
    storefront = models.ForeignKey(Storefront, null=True, on_delete=models.PROTECT, related_name="orders", **BULK_KEY)
    placed_at = models.DateTimeField()  # the first moment known of it, where the shop's file does not say
    total_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    customer_ref = models.CharField(max_length=100, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "order_key"], opclasses=PREFIXES, name="order_once")]
        indexes = [models.Index(fields=["merchant", "-placed_at", "-id"], name="order_newest")]

    def __str__(self):
        return self.order_no


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


class Refund(models.Model):
    """Money back on one payment. The amount is positive here; lines and discrepancies carry it negative."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="refunds", db_index=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="refunds", db_index=False)
    refund_no = models.CharField(max_length=100)
    refund_no_key = models.CharField(max_length=100)
    provider_refund_ref = models.CharField(max_length=100, blank=True)
    provider_refund_ref_key = models.CharField(max_length=100, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12, choices=RefundState.choices)
    requested_at = models.DateTimeField()  # the first moment known of it, where the shop's file does not say
    refunded_at = models.DateTimeField(null=True)
    business_date = models.DateField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "refund_no_key"], opclasses=PREFIXES, name="refund_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(condition=Q(state__in=RefundState.values), name="refund_state_known"),
            models.CheckConstraint(condition=Q(refunded_at__isnull=False) | ~Q(state="succeeded"), name="refund_done_has_time"),
        ]
        indexes = [
            models.Index(fields=["channel", "business_date"], name="refund_channel_day"),
            models.Index(fields=["merchant", "-requested_at", "-id"], name="refund_newest"),
            models.Index(fields=["merchant", "provider_refund_ref_key"], opclasses=PREFIXES, name="refund_provider_ref"),
        ]

    def __str__(self):
        return self.refund_no


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


class BookImport(models.Model):
    """A file of the shop's own books as it was brought in: kept, counted, known by its hash."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=[("payments", "payments"), ("refunds", "refunds")])
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    rows_in = models.IntegerField(default=0)
    rows_new = models.IntegerField(default=0)
    rows_changed = models.IntegerField(default=0)
    rows_same = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("merchants.User", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["merchant", "sha256"], name="book_import_hash")]

    def __str__(self):
        return self.name
