"""An index over blocks is a BRIN where the database has one, and a plain index elsewhere."""

import pytest
from django.db import connection

from apps.settlements.models import StatementLine

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def definition(name: str) -> str:
    catalogue = "SELECT indexdef FROM pg_indexes WHERE indexname = %s"
    if connection.vendor == "sqlite":
        catalogue = "SELECT sql FROM sqlite_master WHERE name = %s"
    with connection.cursor() as cursor:
        cursor.execute(catalogue, [name])
        return cursor.fetchone()[0]


def test_the_index_of_a_file_takes_the_form_of_its_database():
    shown = definition("line_of_file")

    if connection.vendor == "postgresql":
        assert shown.endswith("USING brin (statement_id) WITH (pages_per_range='32', autosummarize='on')")
    else:
        assert shown == 'CREATE INDEX "line_of_file" ON "settlements_statementline" ("statement_id")'


def test_an_index_over_blocks_is_the_same_after_it_was_written_into_a_migration():
    index = next(one for one in StatementLine._meta.indexes if one.name == "line_of_file")

    path, args, kwargs = index.deconstruct()

    assert (path, args, kwargs) == ("apps.core.indexes.BlockRangeIndex", (), {"fields": ["statement"], "name": "line_of_file"})
