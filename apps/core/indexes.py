"""Indexes that a database may hold in its own way."""

from django.db import models
from django.db.backends.ddl_references import Statement


class BlockRangeIndex(models.Index):
    """For a column whose values grow as rows are added, such as the file a row came from: on PostgreSQL a BRIN, elsewhere a plain index.

    A BRIN remembers the lowest and highest value of each range of pages. It costs nearly nothing while a million rows are loaded, where
    a B-tree writes an entry a row, and finds the rows of one file in the few ranges they lie in.
    """

    PAGES = 32  # a thousand lines or so

    def create_sql(self, model, schema_editor, using="", **kwargs) -> Statement:
        """As Django asks for it; the form follows the database that the editor writes to."""
        if schema_editor.connection.vendor != "postgresql":
            return super().create_sql(model, schema_editor, using=using, **kwargs)
        statement = super().create_sql(model, schema_editor, using=" USING brin", **kwargs)
        statement.parts["extra"] = f" WITH (pages_per_range = {self.PAGES}, autosummarize = on){statement.parts['extra']}"
        return statement
