"""Who did what, when and why, in a chain of hashes. No foreign keys: labels and ids are text, so that history outlives its subjects.

Triggers (apps/audit/triggers.py) give each event its place and hashes, and refuse to change or delete it.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

from apps.core.scoping import TenantQuerySet

models.CharField.register_lookup(Length, "length")


class AuditEvent(models.Model):
    """One decision or change. Append-only: rows are never updated or deleted. Made by `services.record` alone."""

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
    # From where; empty outside of a request.
    ip = models.CharField(max_length=45, blank=True, default="", db_default="")
    user_agent = models.CharField(max_length=200, blank=True, default="", db_default="")
    # The chain. On PostgreSQL `seq` and the last two are written at commit.
    content_hash = models.CharField(max_length=64)
    seq = models.BigIntegerField(null=True)
    prev_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    hash = models.CharField(max_length=64, blank=True, default="", db_default="")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant_id", "seq"], name="audit_seq_once"),
            models.UniqueConstraint(fields=["seq"], condition=Q(merchant_id__isnull=True), name="audit_platform_seq_once"),
            models.CheckConstraint(condition=Q(content_hash__length=64), name="audit_content_hashed"),
        ]
        indexes = [
            models.Index(fields=["merchant_id", "-happened_at"], name="audit_merchant_time"),
            models.Index(fields=["merchant_id", "subject_type", "subject_id"], name="audit_subject"),
            models.Index(fields=["id"], condition=Q(seq__isnull=True), name="audit_unchained"),
        ]

    def __str__(self):
        return f"{self.action} {self.subject_label or self.subject_id}"


class AuditChain(models.Model):
    """The end of one chain: what the next event continues. `chain_id` is the merchant's number, 0 for the platform."""

    chain_id = models.BigIntegerField(primary_key=True)
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    def __str__(self):
        return f"{self.chain_id} {self.seq}"


class AuditCheckpoint(models.Model):
    """A signed statement that a chain stood at an event on a day (UTC). Append-only, too."""

    chain_id = models.BigIntegerField()
    day = models.DateField()
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    public_key = models.CharField(max_length=44)  # Ed25519, base64
    signature = models.CharField(max_length=88)  # base64

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain_id", "day"], name="audit_checkpoint_once_a_day")]

    def __str__(self):
        return f"{self.chain_id} {self.day} {self.seq}"
