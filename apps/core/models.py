"""Background jobs: the row is the queue, the broker only rings the bell."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.scoping import TenantQuerySet


class JobState(models.TextChoices):
    """A job waits, runs under a lease, and ends once."""

    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


OPEN_JOB_STATES = (JobState.QUEUED, JobState.RUNNING)


class Job(models.Model):
    """One piece of long work. `merchant_id` is a plain number so that core knows no tenant model; null means platform work."""

    kind = models.CharField(max_length=60)
    merchant_id = models.BigIntegerField(null=True, db_index=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=JobState.choices, default=JobState.QUEUED)
    percent = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=200, blank=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    dedupe_key = models.CharField(max_length=120, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(percent__lte=100), name="job_percent_within_100"),
            models.UniqueConstraint(
                fields=["kind", "merchant_id", "dedupe_key"],
                condition=Q(state="queued", merchant_id__isnull=False) & ~Q(dedupe_key=""),
                name="job_queued_once",
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="job_due")]

    def __str__(self):
        return f"{self.kind} {self.pk} {self.state}"
