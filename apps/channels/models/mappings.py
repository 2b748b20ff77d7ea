"""Column mappings as they were saved: every version stays, so that an old file can be read again as it was read."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.channels.models.terms import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import BankAccount, Merchant, User


class MappingSource(models.TextChoices):
    """Where a version came from."""

    STUDIO = "studio", _("made on the page")
    LAYOUT = "layout", _("follows a changed layout")
    FILE = "file", _("merchant.toml")
    EARLIER = "earlier", _("from before versions were kept")


class MappingVersion(models.Model):
    """One version of the column mapping of a channel or of a bank account; never changed, only followed by the next.

    The newest stands on its owner too. `valid_from` is the first business day of the files it is meant for; none: all of them.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE, related_name="mapping_versions")
    bank_account = models.ForeignKey(BankAccount, null=True, on_delete=models.CASCADE, related_name="mapping_versions")
    version = models.PositiveIntegerField()
    valid_from = models.DateField(null=True)
    mapping = models.JSONField()
    fingerprint = models.CharField(max_length=64)  # SHA-256 of the mapping, keys sorted: equal mappings of two shops have the same
    source = models.CharField(max_length=8, choices=MappingSource.choices)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__isnull=False, bank_account=None) | Q(channel=None, bank_account__isnull=False),
                name="mapping_version_has_one_owner",
            ),
            models.UniqueConstraint(
                fields=["channel", "version"], condition=Q(channel__isnull=False), name="mapping_version_of_channel_once"
            ),
            models.UniqueConstraint(
                fields=["bank_account", "version"], condition=Q(bank_account__isnull=False), name="mapping_version_of_account_once"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="mapping_version_counts_from_one"),
            models.CheckConstraint(condition=Q(source__in=MappingSource.values), name="mapping_version_source_known"),
        ]

    def __str__(self):
        return _("version %(number)s") % {"number": self.version}
