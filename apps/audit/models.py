"""Who did what, when and why. No foreign keys: labels and ids are kept as text, so that history outlives its subjects."""

from django.db import models

from apps.core.scoping import TenantQuerySet


class AuditEvent(models.Model):
    """One decision or change. Append-only: rows are never updated or deleted."""

    merchant_id = models.BigIntegerField(null=True)
    happened_at = models.DateTimeField()
    actor_id = models.CharField(max_length=40, blank=True)  # empty: the system
    actor_label = models.CharField(max_length=200)
    action = models.CharField(max_length=80)  # e.g. discrepancy.resolved
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    subject_label = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["merchant_id", "-happened_at"], name="audit_merchant_time"),
            models.Index(fields=["merchant_id", "subject_type", "subject_id"], name="audit_subject"),
        ]

    def __str__(self):
        return f"{self.action} {self.subject_label or self.subject_id}"
