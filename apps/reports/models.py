"""A month, frozen."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant, User


class CloseState(models.TextChoices):
    """draft → prepared → approved; a person may reopen what is prepared, never what is approved."""

    DRAFT = "draft", _("draft")
    PREPARED = "prepared", _("prepared, waiting for approval")
    APPROVED = "approved", _("closed")


class MonthClose(models.Model):
    """The close of one month: its figures, who prepared and who approved, and the hash of what was handed out."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="closes")
    month = models.DateField()  # the first day of the month
    state = models.CharField(max_length=10, choices=CloseState.choices, default=CloseState.DRAFT)
    figures = models.JSONField(default=dict)
    figures_sha256 = models.CharField(max_length=64, blank=True)
    pdf_path = models.CharField(max_length=255, blank=True)
    xlsx_path = models.CharField(max_length=255, blank=True)
    prepared_at = models.DateTimeField(null=True)
    prepared_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "month"], name="close_once_a_month"),
            models.CheckConstraint(condition=~Q(approved_by=F("prepared_by")) | Q(approved_by=None), name="close_four_eyes"),
            models.CheckConstraint(condition=~Q(state="approved") | Q(approved_at__isnull=False), name="close_approved_has_time"),
        ]

    def __str__(self):
        return f"{self.merchant_id} {self.month:%Y-%m}"
