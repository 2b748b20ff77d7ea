"""What a provider wants to know of a shop before real money moves: its papers, and who of the platform looked at them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.channels.models.terms import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant, User


class CaseState(models.TextChoices):
    """submitted → in review → approved | returned; a returned one is submitted again."""

    DRAFT = "draft", _("papers are collected")
    SUBMITTED = "submitted", _("submitted")
    IN_REVIEW = "in_review", _("in review")
    APPROVED = "approved", _("approved")
    RETURNED = "returned", _("returned")


CASE_MOVES: dict[str, frozenset[str]] = {
    CaseState.DRAFT: frozenset({CaseState.SUBMITTED}),
    CaseState.SUBMITTED: frozenset({CaseState.IN_REVIEW, CaseState.DRAFT}),
    CaseState.IN_REVIEW: frozenset({CaseState.APPROVED, CaseState.RETURNED}),
    CaseState.APPROVED: frozenset({CaseState.RETURNED}),
    CaseState.RETURNED: frozenset({CaseState.SUBMITTED}),
}


class QualificationCase(models.Model):
    """The papers of one channel. The person who reviews is never the one who submitted."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.OneToOneField(Channel, on_delete=models.PROTECT, related_name="qualification")
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.DRAFT)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)  # of a return, for the shop to read
    created_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="case_state_known"),
            models.CheckConstraint(condition=~Q(reviewed_by=F("submitted_by")), name="case_four_eyes"),
            models.CheckConstraint(
                condition=Q(submitted_at=None, submitted_by=None) | Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="case_submitted_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, reviewed_by=None) | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
                name="case_reviewed_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "returned"]) | Q(submitted_at__isnull=False, reviewed_at__isnull=False),
                name="case_decided_has_people",
            ),
            models.CheckConstraint(condition=~Q(state="returned") | ~Q(reason=""), name="case_returned_says_why"),
        ]

    def __str__(self):
        return f"{self.channel}"


class QualificationDocument(models.Model):
    """One paper as it was brought in; a newer one of its kind takes its place, its bytes stay."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(QualificationCase, on_delete=models.PROTECT, related_name="documents")
    paper = models.CharField(max_length=20)  # papers.Paper.code
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    expires_on = models.DateField(null=True)
    fault = models.CharField(max_length=300, blank=True)  # why the reviewer returned it
    reminded_days = models.PositiveSmallIntegerField(null=True)  # the last mark people were reminded at
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    replaced_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "paper"], condition=Q(replaced_at=None), name="case_paper_once"),
            models.CheckConstraint(condition=Q(size__gt=0), name="case_paper_not_empty"),
        ]
        indexes = [models.Index(fields=["expires_on"], condition=Q(replaced_at=None, expires_on__isnull=False), name="case_paper_expiry")]

    def __str__(self):
        return self.name
