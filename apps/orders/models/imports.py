"""Files of the shop's own books as they were brought in."""

from django.db import models

from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant


class BookImport(models.Model):
    """A file of the shop's own books as it was brought in: kept, counted, known by its hash."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=[("payments", "payments"), ("refunds", "refunds")])
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    rows_in = models.IntegerField(default=0)
    rows_new = models.IntegerField(default=0)
    rows_changed = models.IntegerField(default=0)
    rows_same = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("merchants.User", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["merchant", "sha256"], name="book_import_hash")]

    def __str__(self):
        return self.name
