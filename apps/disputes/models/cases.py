"""Disputes, what happened to them, and the evidence that answers them."""

from django.db import models
from django.db.models import F, Q

from apps.channels.models import Channel
from apps.core.ids import new_public_id
from apps.core.scoping import TenantQuerySet
from apps.disputes.enums import DisputeKind, DisputeState, EventKind, EvidenceType, Family, LineRole, Origin
from apps.disputes.states import CLOSED, OPEN, WAITS_FOR_US
from apps.merchants.models import Merchant, User
from apps.orders.models import Payment
from apps.settlements.models import StatementLine

WAITING, ENDED, RUNNING = sorted(WAITS_FOR_US), sorted(CLOSED), sorted(OPEN)


def new_dispute_id() -> str:
    return new_public_id("dp")


class Dispute(models.Model):
    """A chargeback, inquiry or claim against one payment. Amounts are positive here; lines carry them negative."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="disputes")
    public_id = models.CharField(max_length=40, unique=True, default=new_dispute_id)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="disputes")
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="disputes")  # null: not in our books
    dispute_no = models.CharField(max_length=100, blank=True)  # the shop's own number, from its file
    dispute_no_key = models.CharField(max_length=100, blank=True)
    provider_dispute_ref = models.CharField(max_length=100, blank=True)
    provider_dispute_ref_key = models.CharField(max_length=100, blank=True)
    provider_ref = models.CharField(max_length=100, blank=True)  # the provider's id of the payment, where the payment is unknown
    kind = models.CharField(max_length=12, choices=DisputeKind.choices)
    reason_code = models.CharField(max_length=60, blank=True)  # as the network or provider writes it
    family = models.CharField(max_length=20, choices=Family.choices, default=Family.OTHER)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    fee_minor = models.BigIntegerField(null=True)  # what the provider charged for the dispute, positive; null: not known yet
    opened_at = models.DateTimeField()
    evidence_due_at = models.DateTimeField(null=True)
    due_is_guess = models.BooleanField(default=False)  # nobody has told the deadline yet; ours is a cautious one
    state = models.CharField(max_length=16, choices=DisputeState.choices)
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    returned_minor = models.BigIntegerField(null=True)  # what came back when it ended; null while it runs
    origin = models.CharField(max_length=8, choices=Origin.choices)
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_from = models.ForeignKey(  # the statement line a person opened it from
        StatementLine, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "provider_dispute_ref_key"], condition=~Q(provider_dispute_ref_key=""), name="dispute_provider_ref_once"
            ),
            models.UniqueConstraint(fields=["merchant", "dispute_no_key"], condition=~Q(dispute_no_key=""), name="dispute_no_once"),
            models.UniqueConstraint(fields=["opened_from"], condition=Q(opened_from__isnull=False), name="dispute_line_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="dispute_amount_positive"),
            models.CheckConstraint(condition=Q(fee_minor=None) | Q(fee_minor__gte=0), name="dispute_fee_not_negative"),
            models.CheckConstraint(condition=Q(state__in=DisputeState.values), name="dispute_state_known"),
            models.CheckConstraint(condition=Q(kind__in=DisputeKind.values), name="dispute_kind_known"),
            models.CheckConstraint(condition=Q(family__in=Family.values), name="dispute_family_known"),
            models.CheckConstraint(condition=~Q(state="inquiry") | Q(kind="inquiry"), name="dispute_inquiry_is_one"),
            models.CheckConstraint(
                condition=Q(state__in=RUNNING, closed_at=None, returned_minor=None)
                | Q(state__in=ENDED, closed_at__isnull=False, returned_minor__isnull=False),
                name="dispute_end_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(returned_minor=None) | Q(returned_minor__gte=0, returned_minor__lte=F("amount_minor")),
                name="dispute_returned_within",
            ),
            models.CheckConstraint(condition=~Q(state="won") | Q(returned_minor__gt=0), name="dispute_won_returns"),
            models.CheckConstraint(condition=~Q(state="accepted") | Q(returned_minor=0), name="dispute_accepted_returns_nothing"),
            models.CheckConstraint(condition=~Q(state="under_review") | Q(answered_at__isnull=False), name="dispute_review_was_answered"),
        ]
        indexes = [
            models.Index(fields=["merchant", "-opened_at", "-id"], name="dispute_newest"),
            models.Index(fields=["merchant", "evidence_due_at"], condition=Q(state__in=WAITING), name="dispute_waiting"),
        ]

    def __str__(self):
        return self.provider_dispute_ref or self.dispute_no or self.public_id

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def waits_for_us(self) -> bool:
        return self.state in WAITS_FOR_US

    @property
    def lost_minor(self) -> int | None:
        """What stayed with the customer, without the fee; None while it runs."""
        return None if self.returned_minor is None else self.amount_minor - self.returned_minor


class DisputeEvent(models.Model):
    """The time line of a dispute, notes included; append-only."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    dispute = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="events", db_index=False)
    happened_at = models.DateTimeField()
    kind = models.CharField(max_length=16, choices=EventKind.choices)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)  # null: Hezhang
    text = models.TextField(blank=True)
    detail = models.JSONField(default=dict)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["dispute", "happened_at"], name="dispute_event_time")]

    def __str__(self):
        return self.kind


class DisputeLine(models.Model):
    """A statement line that moved the money of a dispute. Made and undone by reconciliation; an undone one keeps its row."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    dispute = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(StatementLine, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    role = models.CharField(max_length=10, choices=LineRole.choices)
    rule = models.CharField(max_length=16)  # opened_from, dispute_ref or payment_amount
    made_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line"], condition=Q(voided_at=None), name="dispute_line_live_once")]

    def __str__(self):
        return f"{self.role} {self.line_id}"


class Evidence(models.Model):
    """A document that answers a dispute. `name` is made safe; what it holds was found in its bytes, not in its name."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    dispute = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="evidence")
    type = models.CharField(max_length=20, choices=EvidenceType.choices)
    name = models.CharField(max_length=120)
    note = models.CharField(max_length=300, blank=True)
    media_type = models.CharField(max_length=40)  # application/pdf, image/png, image/jpeg, text/plain
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    pages = models.IntegerField(null=True)  # of a PDF
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(fields=["dispute", "sha256"], condition=Q(removed_at=None), name="evidence_once"),
            models.CheckConstraint(condition=Q(size__gt=0), name="evidence_not_empty"),
            models.CheckConstraint(condition=Q(type__in=EvidenceType.values), name="evidence_type_known"),
        ]

    def __str__(self):
        return self.name


class EvidenceBundle(models.Model):
    """The one PDF made of all evidence, as it was at that moment; the bytes are kept under their hash."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    dispute = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="bundles")
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    pages = models.IntegerField()
    documents = models.JSONField(default=list)  # primary keys of the evidence in it, in order
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    def __str__(self):
        return f"{self.dispute_id} {self.made_at:%Y-%m-%d}"


class DisputeReminder(models.Model):
    """A reminder that was sent, so that each is sent once. A deadline that moves is reminded of anew."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    dispute = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="reminders", db_index=False)
    due_at = models.DateTimeField()
    mark = models.SmallIntegerField()  # days left: 7, 3, 1; 0 once overdue
    sent_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispute", "due_at", "mark"], name="dispute_reminder_once")]

    def __str__(self):
        return f"{self.dispute_id} {self.mark}"


class DisputeImport(models.Model):
    """A disputes.csv as it was brought in: kept, counted, known by its hash."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    rows_in = models.IntegerField()
    rows_new = models.IntegerField()
    rows_changed = models.IntegerField()
    rows_same = models.IntegerField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    def __str__(self):
        return self.name
