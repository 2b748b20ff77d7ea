"""What a person is told in a merchant: rows of their inbox."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.scoping import TenantQuerySet
from apps.merchants.enums import NoticeSeverity
from apps.merchants.models.tenant import Merchant, User


class Notification(models.Model):
    """One thing told to one person, in the language they read then. What happens again before they look adds to `count`."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=60)  # e.g. dispute.due
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    href = models.CharField(max_length=300, blank=True)  # a path of this site
    severity = models.CharField(max_length=10, choices=NoticeSeverity.choices, default=NoticeSeverity.NORMAL)
    group_key = models.CharField(max_length=120, blank=True)  # empty: never grouped
    count = models.PositiveIntegerField(_("times"), default=1)
    created_at = models.DateTimeField()
    last_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "user", "group_key"],
                condition=Q(read_at__isnull=True) & ~Q(group_key=""),
                name="notification_unread_group_once",
            ),
            models.CheckConstraint(condition=Q(severity__in=NoticeSeverity.values), name="notification_severity_known"),
            models.CheckConstraint(condition=Q(count__gte=1), name="notification_count_positive"),
            models.CheckConstraint(
                condition=Q(href="") | (Q(href__startswith="/") & ~Q(href__startswith="//")), name="notification_href_own"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "user", "-last_at", "-id"], name="notification_inbox"),
            models.Index(fields=["merchant", "user"], condition=Q(read_at__isnull=True), name="notification_unread"),
        ]

    def __str__(self):
        return self.title
