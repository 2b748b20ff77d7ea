"""Files that providers and banks deliver. The bytes are kept under their hash and never change."""

from django.db import models
from django.db.models import F, Q

from apps.channels.models import Channel, MappingVersion
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import BankAccount, Merchant, User
from apps.settlements.enums import StatementLists, StatementState


class SourceFile(models.Model):
    """What every delivered file has in common. The bytes are kept under their hash and never change."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    other_names = models.JSONField(default=list)  # names under which the same bytes came again
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    layout = models.CharField(max_length=40, blank=True)
    account = models.CharField(max_length=60, blank=True)  # the account the file says it is about
    state = models.CharField(max_length=12, choices=StatementState.choices)
    rows_in = models.IntegerField(default=0)
    lines_new = models.IntegerField(default=0)
    lines_seen = models.IntegerField(default=0)  # rows that an earlier file had brought already
    totals = models.JSONField(default=list)  # [{name, stated, computed, unit}]
    refusal = models.CharField(max_length=30, blank=True)
    refusal_params = models.JSONField(default=dict)
    rejections = models.JSONField(default=list)  # at most 500 of [row_no, code, column, value]
    mapping_version = models.ForeignKey(MappingVersion, null=True, on_delete=models.PROTECT, related_name="+")  # by which it was read
    profile = models.JSONField(default=dict)  # `ingest.profile`: how the rows look, for the files after it; empty where not measured
    forced_reason = models.CharField(max_length=300, blank=True)  # why `created_by` imported it although it looks unlike those before
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self):
        return self.name


class Statement(SourceFile):
    """A provider's report of one day, a range of days, or one payout."""

    channel = models.ForeignKey(Channel, null=True, on_delete=models.PROTECT, related_name="statement_files")
    lists = models.CharField(max_length=12, choices=StatementLists.choices, default=StatementLists.TRADES)
    opening_minor = models.BigIntegerField(null=True)  # of an account flow: the balance before its first row
    closing_minor = models.BigIntegerField(null=True)
    breaks = models.JSONField(default=list)  # rows at which the running balance does not follow
    # The primary keys of its lines of trades lie between these (others' may too): an index on a line's file would cost a tenth of the load.
    lines_from = models.BigIntegerField(null=True)
    lines_to = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "sha256", "first_day", "last_day"], condition=Q(state="posted"), name="statement_posted_once"
            ),
            models.CheckConstraint(condition=Q(state__in=StatementState.values), name="statement_state_known"),
            models.CheckConstraint(condition=Q(lists__in=StatementLists.values), name="statement_lists_known"),
            models.CheckConstraint(
                condition=Q(lists="movements") | Q(opening_minor=None, closing_minor=None), name="statement_balance_of_flow"
            ),
            models.CheckConstraint(
                condition=~Q(state="posted") | Q(channel__isnull=False, first_day__isnull=False, last_day__gte=F("first_day")),
                name="statement_posted_has_days",
            ),
        ]
        indexes = [
            models.Index(fields=["channel", "first_day"], name="statement_channel_day"),
            models.Index(fields=["merchant", "-created_at"], name="statement_newest"),
        ]


class BankStatement(SourceFile):
    """A bank's report of one account."""

    bank_account = models.ForeignKey(BankAccount, null=True, on_delete=models.PROTECT, related_name="statements")
    opening_minor = models.BigIntegerField(null=True)
    closing_minor = models.BigIntegerField(null=True)
    breaks = models.JSONField(default=list)  # rows at which the running balance does not follow
    # False: a report of the running day or a notice of bookings (camt.052, camt.054, MT942, BAI2 interim); the statement repeats them
    is_final = models.BooleanField(default=True)
    notes = models.JSONField(default=list)  # what was left out on purpose, as [code, count, text]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bank_account", "sha256", "first_day", "last_day"], condition=Q(state="posted"), name="bank_statement_posted_once"
            ),
            models.CheckConstraint(condition=Q(state__in=StatementState.values), name="bank_statement_state_known"),
        ]
        indexes = [models.Index(fields=["merchant", "-created_at"], name="bank_statement_newest")]
