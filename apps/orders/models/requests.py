"""What the review desk adds to a refund: who asked for it and why, what was known then, and who decided what."""

from functools import partial

from django.db import models
from django.db.models import F, Q

from apps.core.ids import new_public_id
from apps.core.scoping import TenantQuerySet
from apps.merchants.enums import Role
from apps.merchants.models import Merchant, User
from apps.orders.enums import ReasonCode, RefundRoute, Verdict
from apps.orders.models.refunds import Refund

DECIDING = [Verdict.APPROVE, Verdict.REJECT]  # never by who asked


class RefundRequest(models.Model):
    """A refund that a person asked for here; refunds that only the books know have none.

    `round` counts how often it came up for decision: approvals given to figures that changed since do not count.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    refund = models.OneToOneField(Refund, on_delete=models.CASCADE, related_name="request")
    idempotency_key = models.CharField(max_length=40, unique=True, default=partial(new_public_id, "rf"))  # as providers are told
    request_key = models.CharField(max_length=64, blank=True)  # of the form or file row: the same one twice is one refund
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason_code = models.CharField(max_length=20, choices=ReasonCode.choices)
    note = models.CharField(max_length=500, blank=True)  # for colleagues
    customer_note = models.CharField(max_length=300, blank=True)  # for the buyer
    route = models.CharField(max_length=14, choices=RefundRoute.choices)
    figures = models.JSONField(default=dict)  # what the requester saw: `services.refunds.figures`
    round = models.PositiveSmallIntegerField(default=1)
    approvals_needed = models.PositiveSmallIntegerField(default=1)
    needs_owner = models.BooleanField(default=False)
    needs_mfa = models.BooleanField(default=False)
    due_at = models.DateTimeField()
    stale_at = models.DateTimeField(null=True)  # when the figures were found to have changed
    stale_reason = models.CharField(max_length=40, blank=True)  # code of `errors.STALE_REASONS`
    asked_at = models.DateTimeField(null=True)  # when an approver asked for information that has not been given yet

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "request_key"], condition=~Q(request_key=""), name="refund_request_key_once"),
            models.CheckConstraint(condition=Q(approvals_needed__in=[1, 2]), name="refund_request_approvals_sane"),
            models.CheckConstraint(condition=Q(round__gte=1), name="refund_request_round_counts"),
            models.CheckConstraint(condition=Q(route__in=RefundRoute.values), name="refund_request_route_known"),
            models.CheckConstraint(condition=Q(reason_code__in=ReasonCode.values), name="refund_request_reason_known"),
            models.CheckConstraint(condition=~Q(reason_code="other") | ~Q(note=""), name="refund_request_other_says"),
            models.CheckConstraint(
                condition=Q(stale_at=None, stale_reason="") | (Q(stale_at__isnull=False) & ~Q(stale_reason="")),
                name="refund_request_stale_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "due_at"], name="refund_request_due")]

    def __str__(self):
        return self.idempotency_key


class RefundDecision(models.Model):
    """One word spoken on a request; append-only. `requested_by` is the request's own, so that a constraint can compare the two."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="decisions")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    round = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=Role.choices)  # of who decided, at that moment
    decided_at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)
    mfa_at = models.DateTimeField(null=True)  # when who decided last gave a second factor

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(verdict__in=DECIDING) | ~Q(decided_by=F("requested_by")), name="refund_decision_four_eyes"),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="refund_decision_verdict_known"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="refund_decision_role_known"),
            models.CheckConstraint(condition=~Q(verdict__in=["reject", "ask", "answer"]) | ~Q(reason=""), name="refund_decision_says_why"),
            models.UniqueConstraint(
                fields=["refund", "round", "decided_by"], condition=Q(verdict="approve"), name="refund_approver_once_a_round"
            ),
        ]

    def __str__(self):
        return f"{self.refund_id} {self.verdict}"


class RefundAttachment(models.Model):
    """A file that came with a request: a photo, a return slip. The bytes are kept by `core.files` under their hash."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="attachments", db_index=False)
    name = models.CharField(max_length=150)  # made safe
    content_type = models.CharField(max_length=60)  # found in the bytes, not what the browser claimed
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    added_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["refund", "sha256"], name="refund_attachment_once")]

    def __str__(self):
        return self.name
