"""What a provider wants to know of a shop before real money moves: its papers, and who of the platform looked at them."""

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
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
    CaseState.APPROVED: frozenset({CaseState.RETURNED, CaseState.SUBMITTED}),  # again with a paper that took another's place
    CaseState.RETURNED: frozenset({CaseState.SUBMITTED}),
}


class CaseQuerySet(TenantQuerySet):
    """Cases, with what their approval rests on."""

    def with_ends(self):
        """Adds, of the papers that the approval rests on, the first last day and the first replacement, each with its paper."""
        papers = QualificationDocument.objects.filter(case=OuterRef("pk"), approved_at=OuterRef("approved_at"))
        ending = papers.filter(expires_on__isnull=False).order_by("expires_on", "pk")
        replaced = papers.filter(replaced_at__isnull=False).order_by("replaced_at", "pk")
        return self.annotate(
            first_end=Subquery(ending.values("expires_on")[:1]),
            ending_paper=Subquery(ending.values("paper")[:1]),
            first_replaced=Subquery(replaced.values("replaced_at")[:1]),
            replaced_paper=Subquery(replaced.values("paper")[:1]),
        )


class QualificationCase(models.Model):
    """The papers of one channel. The person who reviews is never the one who submitted.

    `approved_at` is when the approval that still stands was given, and marks the papers it rests on. It outlives a later review and
    is null once the platform withdrew it. `stop_told_at` is when people were told that new payments stopped; the next approval clears it.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.OneToOneField(Channel, on_delete=models.PROTECT, related_name="qualification")
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.DRAFT)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)  # of a return, for the shop to read
    approved_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    stop_told_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="case_state_known"),
            models.CheckConstraint(condition=~Q(state="approved") | Q(approved_at__isnull=False), name="case_approved_has_moment"),
            models.CheckConstraint(condition=Q(approved_at=None) | Q(withdrawn_at=None), name="case_stands_or_is_withdrawn"),
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
    approved_at = models.DateTimeField(null=True)  # of the latest approval it was part of

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "paper"], condition=Q(replaced_at=None), name="case_paper_once"),
            models.CheckConstraint(condition=Q(size__gt=0), name="case_paper_not_empty"),
        ]
        indexes = [models.Index(fields=["expires_on"], condition=Q(replaced_at=None, expires_on__isnull=False), name="case_paper_expiry")]

    def __str__(self):
        return self.name
