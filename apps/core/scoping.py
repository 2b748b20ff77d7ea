"""Tenancy: every business row belongs to one merchant, and every query says which."""

from django.db import models


class TenantQuerySet(models.QuerySet):
    """Rows are reached through `for_merchant`; views never start from `all()`."""

    def for_merchant(self, merchant):
        """Only this merchant's rows; takes the row or its primary key."""
        return self.filter(merchant_id=getattr(merchant, "pk", merchant))
