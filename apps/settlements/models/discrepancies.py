"""What does not agree, what people say of it, and the passes that find it."""

from django.db import models
from django.db.models import F, Q

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant, User
from apps.orders.models import Payment, Refund
from apps.settlements.enums import DiscrepancyState, Kind, Resolution, Severity, Subject
from apps.settlements.models.files import Statement
from apps.settlements.models.lines import BankLine, StatementLine
from apps.settlements.models.payouts import Payout
from apps.settlements.states import OPEN


class ReconciliationRun(models.Model):
    """One pass over a merchant's open periods, with what it found."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="runs")
    channel = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE, related_name="runs")
    as_of = models.DateField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)  # matched, opened, cleared, still_open, …
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["merchant", "-started_at"], name="run_newest")]

    def __str__(self):
        return f"{self.merchant_id} {self.as_of}"


class Discrepancy(models.Model):
    """A difference that needs a person or time. Identity is (subject, kind): running again changes nothing.

    References and the source row are copied so that lists, search and export need no join. Its keys into the tables that hold millions
    have no database constraint: to check one is to lock a row, which rewrites its page in the log; `check_books` proves them.
    `actual` is the later document (statement, payout, bank), `expected` the earlier; a missing side is 0; all signed from the merchant's
    side.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="discrepancies")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="discrepancies")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    subject_type = models.CharField(max_length=12, choices=Subject.choices)
    subject_key = models.CharField(max_length=60)  # the subject's primary key, or the ISO day of a channel day
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="discrepancies", db_constraint=False)
    refund = models.ForeignKey(Refund, null=True, on_delete=models.PROTECT, related_name="discrepancies", db_constraint=False)
    line = models.ForeignKey(StatementLine, null=True, on_delete=models.PROTECT, related_name="discrepancies", db_constraint=False)
    payout = models.ForeignKey(Payout, null=True, on_delete=models.PROTECT, related_name="discrepancies")
    bank_line = models.ForeignKey(BankLine, null=True, on_delete=models.PROTECT, related_name="discrepancies")
    statement = models.ForeignKey(Statement, null=True, on_delete=models.PROTECT, related_name="discrepancies")
    order_no = models.CharField(max_length=64, blank=True)
    merchant_ref = models.CharField(max_length=100, blank=True)
    provider_ref = models.CharField(max_length=100, blank=True)
    method = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3)
    expected_minor = models.BigIntegerField()
    actual_minor = models.BigIntegerField()
    difference_minor = models.BigIntegerField()
    business_date = models.DateField()
    source_file = models.CharField(max_length=255, blank=True)
    source_row = models.IntegerField(null=True)
    detail = models.JSONField(default=dict)  # what the explanation needs, by kind
    severity = models.CharField(max_length=8, choices=Severity.choices)
    state = models.CharField(max_length=14, choices=DiscrepancyState.choices, default=DiscrepancyState.OPEN)
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    # While somebody waits for an answer the clock stands still: `due_at` was moved by the whole pause when it began. The fields are
    # emptied when it ends.
    paused_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    paused_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    pause_reason = models.CharField(max_length=300, blank=True)
    escalated_at = models.DateTimeField(null=True)  # when people were last told that it is overdue
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    resolution = models.CharField(max_length=16, choices=Resolution.choices, blank=True)
    reason = models.TextField(blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "kind", "subject_type", "subject_key", "channel"], name="discrepancy_once"),
            models.CheckConstraint(condition=Q(difference_minor=F("actual_minor") - F("expected_minor")), name="discrepancy_adds_up"),
            models.CheckConstraint(condition=Q(state__in=DiscrepancyState.values), name="discrepancy_state_known"),
            models.CheckConstraint(
                condition=Q(paused_at=None, paused_until=None, paused_by=None, pause_reason="")
                | Q(~Q(pause_reason=""), paused_at__isnull=False, paused_until__gt=F("paused_at"), paused_by__isnull=False),
                name="discrepancy_paused_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(OPEN), closed_at=None) | (~Q(state__in=sorted(OPEN)) & Q(closed_at__isnull=False)),
                name="discrepancy_closed_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["resolved", "written_off"]) | ~Q(reason=""), name="discrepancy_closed_by_person_has_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "state", "due_at", "id"], name="discrepancy_queue"),
            models.Index(fields=["merchant", "kind", "state"], name="discrepancy_kind"),
            # The desk reads the open ones by deadline and those closed today; `closed_at` tells the two apart without a parameter.
            # The last four columns let its tabs be counted from the index alone.
            models.Index(
                fields=["merchant", "due_at", "id", "currency", "owner", "difference_minor", "actual_minor"],
                condition=Q(closed_at=None),
                name="discrepancy_open_due",
            ),
            models.Index(fields=["paused_until"], condition=Q(paused_until__isnull=False), name="discrepancy_paused"),
            models.Index(fields=["merchant", "-closed_at", "-id"], condition=Q(closed_at__isnull=False), name="discrepancy_closed"),
        ]

    def __str__(self):
        return f"{self.kind} {self.order_no or self.provider_ref or self.business_date}"

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class DiscrepancyComment(models.Model):
    """What people say to each other about a discrepancy; append-only."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    discrepancy = models.ForeignKey(Discrepancy, on_delete=models.CASCADE, related_name="comments")
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField()

    objects = TenantQuerySet.as_manager()

    def __str__(self):
        return self.text[:60]
