"""What providers and banks say, and what does not agree.

Rows that come by the million (lines, matches) carry no database foreign keys: PostgreSQL checks a key row by row at commit, which costs
several times the load itself. `check_books` proves them instead.
"""

from django.db import models
from django.db.models import F, Q

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import BankAccount, Merchant, User
from apps.orders.models import Payment, Refund
from apps.settlements.enums import DiscrepancyState, Kind, Resolution, Rule, Severity, StatementState, Subject
from apps.settlements.states import OPEN


def _loose(model, **options):
    """A foreign key without a database constraint, for tables loaded by the million."""
    return models.ForeignKey(model, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", **options)


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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "sha256", "first_day", "last_day"], condition=Q(state="posted"), name="statement_posted_once"
            ),
            models.CheckConstraint(condition=Q(state__in=StatementState.values), name="statement_state_known"),
            models.CheckConstraint(
                condition=~Q(state="posted") | Q(channel__isnull=False, first_day__isnull=False, last_day__gte=F("first_day")),
                name="statement_posted_has_days",
            ),
        ]
        indexes = [
            models.Index(fields=["channel", "first_day"], name="statement_channel_day"),
            models.Index(fields=["merchant", "-created_at"], name="statement_newest"),
        ]


class StatementLine(models.Model):
    """One row of a statement in canonical form; see `channels.contracts.LINE_SCHEMA` for units and signs."""

    merchant = _loose(Merchant, db_index=False)
    channel = _loose(Channel, db_index=False)
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
            models.Index(fields=["statement", "id"], name="line_of_file"),
            models.Index(fields=["channel", "payout_ref"], name="line_payout_ref", condition=~Q(payout_ref="")),
        ]

    def __str__(self):
        return self.provider_ref or self.merchant_ref or self.line_ref or str(self.pk)


class LineSighting(models.Model):
    """The same row again in another file. Kept so that withdrawing one file leaves the row to the other."""

    merchant = _loose(Merchant, db_index=False)
    line = models.ForeignKey(StatementLine, on_delete=models.CASCADE, related_name="sightings")
    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="sightings")
    row_no = models.IntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["statement", "line"], name="sighting_once")]

    def __str__(self):
        return f"{self.statement_id}:{self.row_no}"


class Payout(models.Model):
    """One transfer from provider to bank. Unnamed payouts (one per channel and bank date) are formed from the calendar."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="payouts")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="payouts")
    ref = models.CharField(max_length=100)  # the provider's reference, or the ISO bank date of an unnamed payout
    is_named = models.BooleanField()
    due_on = models.DateField()  # the day it should be in the bank
    covers_from = models.DateField()  # business dates of its lines, both included
    covers_to = models.DateField()
    currency = models.CharField(max_length=3)
    lines_net_minor = models.BigIntegerField()
    line_count = models.IntegerField()
    announced_minor = models.BigIntegerField(null=True)  # what the provider's own payout row says, where it has one
    arrived_on = models.DateField(null=True)  # booking day of its bank line
    arrived_minor = models.BigIntegerField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "ref", "currency"], name="payout_once"),
            models.CheckConstraint(
                condition=Q(arrived_on=None, arrived_minor=None) | Q(arrived_on__isnull=False, arrived_minor__isnull=False),
                name="payout_arrival_whole",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "-due_on", "-id"], name="payout_newest")]

    def __str__(self):
        return self.ref

    @property
    def amount_minor(self) -> int:
        """What should arrive: what the provider announced, else the sum of the lines."""
        return self.lines_net_minor if self.announced_minor is None else self.announced_minor


class BankStatement(SourceFile):
    """A bank's report of one account."""

    bank_account = models.ForeignKey(BankAccount, null=True, on_delete=models.PROTECT, related_name="statements")
    opening_minor = models.BigIntegerField(null=True)
    closing_minor = models.BigIntegerField(null=True)
    breaks = models.JSONField(default=list)  # rows at which the running balance does not follow

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bank_account", "sha256", "first_day", "last_day"], condition=Q(state="posted"), name="bank_statement_posted_once"
            ),
            models.CheckConstraint(condition=Q(state__in=StatementState.values), name="bank_statement_state_known"),
        ]
        indexes = [models.Index(fields=["merchant", "-created_at"], name="bank_statement_newest")]


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


class Match(models.Model):
    """A proven link between a line and our payment or refund, with the rule that made it. A link claims both sides.

    Never updated in bulk: "matched" is derived from a live row here. An undone link keeps its row with `voided_at`; one that a
    person undid (`voided_by`) is not made again by rule.
    """

    merchant = _loose(Merchant, db_index=False)
    channel = _loose(Channel, db_index=False)
    line = _loose(StatementLine, db_index=False)
    payment = _loose(Payment, null=True, db_index=False)
    refund = _loose(Refund, null=True, db_index=False)
    slot = models.SmallIntegerField(default=0)  # 0 for one to one; counts the lines that share a payment or refund
    line_slot = models.SmallIntegerField(default=0)  # counts the payments that share a line
    rule = models.CharField(max_length=16, choices=Rule.choices)
    amount_minor = models.BigIntegerField()  # signed, as the line
    # Even a key that is null costs a deferred check a row.
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "line_slot"], condition=Q(voided_at=None), name="match_line_once"),
            models.UniqueConstraint(
                fields=["payment", "slot"], condition=Q(voided_at=None, payment__isnull=False), name="match_payment_once"
            ),
            models.UniqueConstraint(fields=["refund", "slot"], condition=Q(voided_at=None, refund__isnull=False), name="match_refund_once"),
            models.CheckConstraint(condition=Q(payment__isnull=True) ^ Q(refund__isnull=True), name="match_one_side"),
        ]
        indexes = [  # what people paired or parted, among a million pairs by rule
            models.Index(fields=["channel", "id"], condition=Q(rule="manual"), name="match_by_hand"),
            models.Index(fields=["channel", "id"], condition=Q(voided_by__isnull=False), name="match_undone"),
        ]

    def __str__(self):
        return f"{self.rule} {self.line_id}"


class BankMatch(models.Model):
    """A payout and the bank line that carries it."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="bank_matches")
    bank_line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="matches")
    rule = models.CharField(max_length=16, choices=Rule.choices)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payout"], condition=Q(voided_at=None), name="bank_match_payout_once"),
            models.UniqueConstraint(fields=["bank_line"], condition=Q(voided_at=None), name="bank_match_line_once"),
        ]

    def __str__(self):
        return f"{self.payout_id} = {self.bank_line_id}"


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

    References and the source row are copied so that lists, search and export need no join. `actual` is the later document
    (statement, payout, bank), `expected` the earlier; a missing side is 0; all signed from the merchant's side.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="discrepancies")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="discrepancies")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    subject_type = models.CharField(max_length=12, choices=Subject.choices)
    subject_key = models.CharField(max_length=60)  # the subject's primary key, or the ISO day of a channel day
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="discrepancies")
    refund = models.ForeignKey(Refund, null=True, on_delete=models.PROTECT, related_name="discrepancies")
    line = models.ForeignKey(StatementLine, null=True, on_delete=models.PROTECT, related_name="discrepancies")
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
            models.Index(fields=["merchant", "-closed_at", "-id"], condition=Q(closed_at__isnull=False), name="discrepancy_closed"),
        ]

    def __str__(self):
        return f"{self.kind} {self.order_no or self.provider_ref or self.business_date}"

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
