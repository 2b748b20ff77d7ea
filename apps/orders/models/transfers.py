"""Refunds that our own bank pays: the account a buyer named, the file it was paid with, and what became of each transfer."""

from functools import partial

from django.db import models
from django.db.models import F, Q

from apps.core.ids import new_public_id
from apps.core.scoping import TenantQuerySet
from apps.core.secrets import SecretField
from apps.merchants.models import BankAccount, Merchant, User
from apps.orders.enums import TransferFormat, TransferState
from apps.orders.models.refunds import Refund


class RefundPayee(models.Model):
    """Where the buyer wants the money, asked for through a link that works once. Only the link's hash is kept."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    refund = models.OneToOneField(Refund, on_delete=models.CASCADE, related_name="payee")
    link_sha256 = models.CharField(max_length=64, unique=True)
    sent_to = models.EmailField(blank=True)  # empty: the shop passes the link on itself
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    filled_at = models.DateTimeField(null=True)
    label = models.CharField(max_length=40, blank=True)  # bank and last four characters
    account = SecretField(blank=True)  # `services.refunds.payee_accounts.PayeeAccount`

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(filled_at=None, account="", label="") | (Q(filled_at__isnull=False) & ~Q(account="") & ~Q(label="")),
                name="refund_payee_whole",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("asked_at")), name="refund_payee_link_lives"),
        ]

    def __str__(self):
        return self.label or str(self.refund_id)


class RefundBatch(models.Model):
    """A file for the bank that pays several refunds; kept as it was made, so that a second download is the same."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="refund_batches", db_index=False)
    public_id = models.CharField(max_length=40, unique=True, default=partial(new_public_id, "rb"))
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="+")
    format = models.CharField(max_length=8, choices=TransferFormat.choices)
    currency = models.CharField(max_length=3)
    count = models.PositiveIntegerField()
    total_minor = models.BigIntegerField()
    pay_on = models.DateField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    file = SecretField()  # base64 of the bytes
    file_name = models.CharField(max_length=80)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(count__gt=0, total_minor__gt=0), name="refund_batch_pays"),
            models.CheckConstraint(condition=Q(format__in=TransferFormat.values), name="refund_batch_format_known"),
        ]
        indexes = [models.Index(fields=["merchant", "-made_at"], name="refund_batch_newest")]

    def __str__(self):
        return self.public_id


class RefundTransfer(models.Model):
    """One refund in a batch. `reference` is what the bank writes into its memo, and how its line is recognised."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    batch = models.ForeignKey(RefundBatch, on_delete=models.PROTECT, related_name="transfers")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="transfers")
    amount_minor = models.BigIntegerField()
    reference = models.CharField(max_length=16)
    state = models.CharField(max_length=8, choices=TransferState.choices, default=TransferState.SENT)
    bank_line_id = models.BigIntegerField(null=True)  # of settlements, which may look here but not be looked at
    paid_on = models.DateField(null=True)  # booking day at the bank
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)  # null: the bank line did
    reason = models.CharField(max_length=300, blank=True)  # why a person ended it

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "reference"], name="refund_transfer_reference_once"),
            models.UniqueConstraint(fields=["refund"], condition=~Q(state="returned"), name="refund_transfer_once"),
            models.UniqueConstraint(
                fields=["bank_line_id", "refund"], condition=Q(bank_line_id__isnull=False), name="refund_transfer_line"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_transfer_pays"),
            models.CheckConstraint(condition=Q(state__in=TransferState.values), name="refund_transfer_state_known"),
            models.CheckConstraint(condition=Q(paid_on__isnull=False) ^ ~Q(state="paid"), name="refund_transfer_paid_has_day"),
            models.CheckConstraint(condition=Q(ended_at__isnull=False) ^ Q(state="sent"), name="refund_transfer_end_has_time"),
            models.CheckConstraint(condition=Q(ended_by=None) | ~Q(reason=""), name="refund_transfer_person_says_why"),
        ]

    def __str__(self):
        return self.reference
