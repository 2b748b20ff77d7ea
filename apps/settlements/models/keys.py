"""Keys of tables that are loaded by the million."""

from django.db import models


def loose(model, **options):
    """A foreign key without a database constraint, for tables loaded by the million."""
    return models.ForeignKey(model, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", **options)
