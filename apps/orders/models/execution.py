"""Carrying a payment or a refund out: what was sent, and when to ask next."""

from functools import partial

from django.db import models
from django.db.models import Q

from apps.core.ids import new_public_id
from apps.core.scoping import TenantQuerySet
from apps.core.secrets import SecretField
from apps.merchants.models import Merchant
from apps.orders.enums import PaymentTrouble
from apps.orders.models.payments import Payment
from apps.orders.models.refunds import Refund


class RefundExecution(models.Model):
    """A refund that was submitted to its provider; committed before the provider hears of it.

    `ask_at` is when somebody has to ask what became of it: the end of the caller's lease first, then a growing pause. It is null once
    the refund has ended. `refunded_minor` is what of the payment had gone back through the provider before, for providers that tell
    refunds apart by that alone.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    refund = models.OneToOneField(Refund, on_delete=models.CASCADE, related_name="execution")
    submitted_at = models.DateTimeField()
    refunded_minor = models.BigIntegerField(default=0)
    ask_at = models.DateTimeField(null=True)
    asks = models.PositiveSmallIntegerField(default=0)
    last_code = models.CharField(max_length=60, blank=True)
    last_message = models.CharField(max_length=300, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="refund_to_be_asked")]

    def __str__(self):
        return str(self.refund_id)


class PaymentExecution(models.Model):
    """A payment that was started here; committed before its provider hears of it, and there is one for ever. One of the books gets its
    own when its provider says something of it that a person has to judge.

    `request_key` is the caller's own name for the attempt: the same again is the same payment. `key` is ours, told to the provider.
    `ask_at` is when somebody has to ask how it stands: the end of the caller's lease first, then a growing pause; null when nothing is
    left to ask. `trouble` says what a person has to judge, `stated_minor` the sum that the provider states.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    payment = models.OneToOneField(Payment, on_delete=models.CASCADE, related_name="execution")
    key = models.CharField(max_length=40, unique=True, default=partial(new_public_id, "pay"))
    request_key = models.CharField(max_length=100)
    call = SecretField(blank=True)  # JSON of what else was sent, so that the same can be sent again; it may name the payer
    action = models.JSONField(default=dict)  # what the payer has to do next, as they may see it
    captures_at_once = models.BooleanField(default=True)
    was_answered = models.BooleanField(default=False)  # the provider, or a form of our own making, took the number in
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # the payer's deadline; only the provider ends a payment by it
    wanted_minor = models.BigIntegerField(null=True)  # what somebody asked to take of an authorization
    captured_minor = models.BigIntegerField(default=0)  # what the provider says was taken
    ask_at = models.DateTimeField(null=True)
    asks = models.PositiveSmallIntegerField(default=0)
    late_looks = models.PositiveSmallIntegerField(default=0)  # answers after the end, for money that comes late
    last_code = models.CharField(max_length=60, blank=True)
    last_message = models.CharField(max_length=300, blank=True)
    trouble = models.CharField(max_length=12, choices=PaymentTrouble.choices, blank=True)
    trouble_at = models.DateTimeField(null=True)
    stated_minor = models.BigIntegerField(null=True)
    stated_currency = models.CharField(max_length=3, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "request_key"], name="payment_started_once"),
            models.CheckConstraint(condition=~Q(request_key=""), name="payment_execution_has_request_key"),
            models.CheckConstraint(condition=Q(captured_minor__gte=0), name="payment_captured_not_negative"),
            models.CheckConstraint(condition=Q(trouble__in=["", *PaymentTrouble.values]), name="payment_trouble_known"),
            models.CheckConstraint(
                condition=Q(trouble="", trouble_at=None, stated_minor=None, stated_currency="")
                | (~Q(trouble="") & Q(trouble_at__isnull=False, stated_minor__isnull=False) & ~Q(stated_currency="")),
                name="payment_trouble_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["ask_at"], condition=Q(ask_at__isnull=False), name="payment_to_be_asked"),
            models.Index(fields=["merchant"], condition=~Q(trouble=""), name="payment_in_trouble"),
        ]

    def __str__(self):
        return self.key
