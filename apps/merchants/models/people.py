"""How people come in: invitations to a shop, and the time-limited look that platform staff may be given."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.core.scoping import TenantQuerySet
from apps.merchants.enums import Role
from apps.merchants.models.tenant import Merchant, User


class Invitation(models.Model):
    """A place kept for an e-mail. The link is signed from `nonce`, which a new sending replaces: only the last link works, once."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    name = models.CharField(max_length=100, blank=True)
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    language = models.CharField(max_length=10)  # of the letter: the inviter's, until the person has their own
    nonce = models.CharField(max_length=32)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "merchant", Lower("email"), condition=Q(accepted_at=None, revoked_at=None), name="invitation_open_once"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_accepted_or_revoked"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("sent_at")), name="invitation_expires_later"),
        ]

    def __str__(self):
        return self.email


class SupportAccess(models.Model):
    """A look into one merchant by one person of the platform: read-only, for some hours, with a reason, and only as the owner grants it."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="support_accesses")
    staff = models.ForeignKey(User, on_delete=models.CASCADE, related_name="support_accesses")
    reason = models.CharField(_("reason"), max_length=300)
    hours = models.PositiveSmallIntegerField(_("hours"))
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    granted_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "staff"], condition=Q(refused_at=None, ended_at=None), name="support_access_open_once"
            ),
            models.CheckConstraint(condition=Q(hours__gte=1, hours__lte=72), name="support_access_hours_1_to_72"),
            models.CheckConstraint(condition=~Q(reason=""), name="support_access_has_reason"),
            models.CheckConstraint(condition=Q(decided_by=None) | ~Q(decided_by=F("staff")), name="support_access_not_by_oneself"),
            models.CheckConstraint(
                condition=Q(granted_at=None, expires_at=None) | Q(granted_at__isnull=False, expires_at__gt=F("granted_at")),
                name="support_access_expires_when_granted",
            ),
            models.CheckConstraint(condition=Q(granted_at=None) | Q(refused_at=None), name="support_access_granted_or_refused"),
        ]

    def __str__(self):
        return f"{self.staff} · {self.merchant}"
