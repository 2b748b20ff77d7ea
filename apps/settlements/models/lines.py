"""The rows of delivered files in canonical form.

Those that come by the million carry no database foreign keys: PostgreSQL checks a key row by row at commit, which costs several times
the load itself. `check_books` proves them instead.
"""

from django.db import models
from django.db.models import F, Q

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import BankAccount, Merchant
from apps.settlements.models.files import BankStatement, Statement
from apps.settlements.models.keys import loose


class StatementLine(models.Model):
    """One row of a statement in canonical form; see `channels.contracts.LINE_SCHEMA` for units and signs."""

    merchant = loose(Merchant, db_index=False)
    channel = loose(Channel, db_index=False)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="lines")
    row_no = models.IntegerField()
    kind = models.CharField(max_length=16)
    provider_ref = models.CharField(max_length=100, blank=True)
    merchant_ref = models.CharField(max_length=100, blank=True)
    provider_refund_ref = models.CharField(max_length=100, blank=True)
    refund_ref = models.CharField(max_length=100, blank=True)
    line_ref = models.CharField(max_length=100, blank=True)
    method = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3)
    gross = models.BigIntegerField()
    fee = models.BigIntegerField()
    other = models.BigIntegerField()
    net = models.BigIntegerField()
    fee_residue = models.BigIntegerField(default=0)
    occurred_at = models.DateTimeField()
    business_date = models.DateField()
    payout_ref = models.CharField(max_length=100, blank=True)
    payout_on = models.DateField(null=True)
    row_hash = models.BigIntegerField()
    ordinal = models.SmallIntegerField()  # the how-manieth such row of its file, from 0
    is_live = models.BooleanField(default=True)  # false once its file was withdrawn

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "row_hash", "ordinal"], condition=Q(is_live=True), name="line_once"),
            models.CheckConstraint(condition=Q(net=F("gross") + F("fee") + F("other")), name="line_adds_up"),
        ]
        indexes = [
            models.Index(fields=["channel", "business_date"], name="line_channel_day", condition=Q(is_live=True)),
            # Each further index costs a tenth of the load. The lines of a payout are found by its channel and days, those of a file by
            # the primary keys that the file remembers (`Statement.lines_from`).
        ]

    def __str__(self):
        return self.provider_ref or self.merchant_ref or self.line_ref or str(self.pk)


class LineSighting(models.Model):
    """The same row again in another file. Kept so that withdrawing one file leaves the row to the other."""

    merchant = loose(Merchant, db_index=False)
    line = models.ForeignKey(StatementLine, on_delete=models.CASCADE, related_name="sightings")
    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="sightings")
    row_no = models.IntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["statement", "line"], name="sighting_once")]

    def __str__(self):
        return f"{self.statement_id}:{self.row_no}"


class BankLine(models.Model):
    """One row of a bank statement; credits positive."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="lines")
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    row_no = models.IntegerField()
    booked_on = models.DateField()
    value_on = models.DateField(null=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    balance_minor = models.BigIntegerField(null=True)
    reference = models.CharField(max_length=100, blank=True)
    memo = models.CharField(max_length=500, blank=True)
    row_hash = models.BigIntegerField()
    ordinal = models.SmallIntegerField()
    is_live = models.BooleanField(default=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bank_account", "row_hash", "ordinal"], condition=Q(is_live=True), name="bank_line_once"),
        ]
        indexes = [models.Index(fields=["merchant", "-booked_on", "-id"], name="bank_line_newest")]

    def __str__(self):
        return self.reference or self.memo[:60]


class BankLineSighting(models.Model):
    """The same bank row again in another file."""

    line = models.ForeignKey(BankLine, on_delete=models.CASCADE, related_name="sightings")
    statement = models.ForeignKey(BankStatement, on_delete=models.CASCADE, related_name="sightings")
    row_no = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["statement", "line"], name="bank_sighting_once")]

    def __str__(self):
        return f"{self.statement_id}:{self.row_no}"
