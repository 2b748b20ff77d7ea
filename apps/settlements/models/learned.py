"""What was learned from a shop's own past, and what people said a bank line is. All of it is advice: no pass reads these tables."""

from django.db import models
from django.db.models import Q

from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant, User
from apps.settlements.enums import BankLineKind, ModelKind
from apps.settlements.models.lines import BankLine

WHOLE = 1_000_000


class LearnedModel(models.Model):
    """One version of a model with what it is worth. Its parameters are numbers by name (`learning.scorecards`, `learning.memos`).

    The two scores are those of held-back days, in millionths: average precision of a risk, macro F1 of memos; the baseline's is that
    of the plain guess on the same days. `passes` is the verdict of `checks`, of the last time it was measured.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=ModelKind.choices)
    version = models.PositiveIntegerField()
    trained_at = models.DateTimeField()
    trained_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    trained_from = models.DateField()
    trained_to = models.DateField()
    rows = models.BigIntegerField()
    positives = models.BigIntegerField()  # of memos: rows whose type the majority does not have
    measured_at = models.DateTimeField()
    score_ppm = models.IntegerField()
    baseline_ppm = models.IntegerField()
    figures = models.JSONField()
    checks = models.JSONField()
    passes = models.BooleanField()
    parameters = models.JSONField()
    fingerprint = models.CharField(max_length=64)  # SHA-256 of the parameters: the same history teaches the same model
    is_on = models.BooleanField(default=False)
    switched_at = models.DateTimeField(null=True)
    switched_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")  # null: by itself
    advice = models.JSONField(default=list)  # of days at risk, while on: what to look at first

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "kind", "version"], name="learned_model_once"),
            models.UniqueConstraint(fields=["merchant", "kind"], condition=Q(is_on=True), name="learned_model_one_on"),
            models.CheckConstraint(condition=Q(is_on=False) | Q(passes=True, switched_at__isnull=False), name="learned_model_on_passes"),
            models.CheckConstraint(condition=Q(kind__in=ModelKind.values), name="learned_model_kind_known"),
            models.CheckConstraint(
                condition=Q(score_ppm__range=(0, WHOLE), baseline_ppm__range=(0, WHOLE)), name="learned_model_scores_are_shares"
            ),
            models.CheckConstraint(condition=Q(switched_by=None) | Q(switched_at__isnull=False), name="learned_model_switch_has_time"),
        ]

    def __str__(self):
        return f"{self.kind} v{self.version}"


class BankLineLabel(models.Model):
    """What a person said a bank line is; memos are learned from it. `suggested` is what the model had said, empty where it said nothing."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    bank_line = models.OneToOneField(BankLine, on_delete=models.CASCADE, related_name="label")
    kind = models.CharField(max_length=14, choices=BankLineKind.choices)
    suggested = models.CharField(max_length=14, choices=BankLineKind.choices, blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=BankLineKind.values), name="bank_line_label_kind_known"),
            models.CheckConstraint(condition=Q(suggested__in=["", *BankLineKind.values]), name="bank_line_label_suggested_known"),
        ]

    def __str__(self):
        return self.get_kind_display()
