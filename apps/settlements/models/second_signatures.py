"""What one person may not do alone: write-offs and forced matches above the merchant's limits, and what the second person said."""

from django.db import models
from django.db.models import F, Q

from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant, User
from apps.orders.models import Payment, Refund
from apps.settlements.enums import SignatureState, SignedAct
from apps.settlements.models.discrepancies import Discrepancy
from apps.settlements.models.lines import StatementLine
from apps.settlements.models.payouts import Payout


class SecondSignature(models.Model):
    """A request to write a difference off, or to pair sides whose amounts differ, and its decision. Never changed but by deciding.

    The figures are those that the requester saw, signed as on the difference; `amount_minor` is what is given up, never negative. A match
    names its two sides; a tie the payout that would get the difference, and in `tied` all payouts and bank lines by their keys.
    `lapsed`: the difference closed another way; `undone`: the approved act was taken back and its approval is spent.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    discrepancy = models.ForeignKey(Discrepancy, on_delete=models.PROTECT, related_name="signatures")
    act = models.CharField(max_length=10, choices=SignedAct.choices)
    state = models.CharField(max_length=10, choices=SignatureState.choices, default=SignatureState.PENDING)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    expected_minor = models.BigIntegerField()
    actual_minor = models.BigIntegerField()
    line = models.ForeignKey(StatementLine, null=True, on_delete=models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="+")
    refund = models.ForeignKey(Refund, null=True, on_delete=models.PROTECT, related_name="+")
    payout = models.ForeignKey(Payout, null=True, on_delete=models.PROTECT, related_name="+")
    tied = models.JSONField(default=dict, blank=True)  # {"payouts": [3], "bank_lines": [7, 8]}
    reason = models.TextField()
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["discrepancy"], condition=Q(state="pending"), name="second_signature_pending_once"),
            models.CheckConstraint(condition=Q(state__in=SignatureState.values), name="second_signature_state_known"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="second_signature_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(state="withdrawn") | Q(decided_by=None) | ~Q(decided_by=F("requested_by")), name="second_signature_four_eyes"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "lapsed"], decided_at=None, decided_by=None)
                | Q(~Q(state__in=["pending", "lapsed"]), decided_at__isnull=False, decided_by__isnull=False),
                name="second_signature_decided_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="second_signature_has_reason"),
            models.CheckConstraint(condition=~Q(state="rejected") | ~Q(answer=""), name="second_signature_rejected_with_reason"),
            models.CheckConstraint(
                condition=Q(act="write_off", line=None, payment=None, refund=None, payout=None)
                | (Q(act="match", line__isnull=False, payout=None) & (Q(payment__isnull=True) ^ Q(refund__isnull=True)))
                | Q(act="tie", line=None, payment=None, refund=None, payout__isnull=False),
                name="second_signature_sides_of_its_act",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "requested_at"], condition=Q(state="pending"), name="second_signature_waiting")]

    def __str__(self):
        return f"{self.act} {self.discrepancy_id} {self.state}"
