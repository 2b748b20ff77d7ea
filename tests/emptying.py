"""Empties the tables after a test that committed: only those with rows, with every rule of the database out of the way.

Django's own way truncates a hundred tables, makes all permissions anew and with them, here, all triggers: a second per test.
"""

from django.apps import apps
from django.db import connections
from django.db.transaction import atomic

# Filled once, when the tables are made; no test changes them.
KEPT = {"django_content_type", "auth_permission"}


def empty_tables(alias: str) -> None:
    """Deletes every row of every model of ours and of Django's on this database."""
    connection = connections[alias]
    models = apps.get_models(include_auto_created=True)
    tables = sorted({model._meta.db_table for model in models if model._meta.managed} - KEPT)
    if connection.vendor == "sqlite":
        _on_sqlite(connection, tables)
    else:
        _on_postgres(connection, tables)


def _on_postgres(connection, tables: list[str]) -> None:
    """A session that plays the replica passes by triggers, those of foreign keys included; whoever made the test's database may do that."""
    with atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in _with_rows(cursor, tables):
            cursor.execute(f'DELETE FROM "{table}"')


def _on_sqlite(connection, tables: list[str]) -> None:
    """Triggers cannot be switched off here: those of the tables with rows are taken down and put up again."""
    connection.disable_constraint_checking()
    try:
        with atomic(using=connection.alias), connection.cursor() as cursor:
            for table in _with_rows(cursor, tables):
                cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
                found = cursor.fetchall()
                for name, _sql in found:
                    cursor.execute(f'DROP TRIGGER "{name}"')
                cursor.execute(f'DELETE FROM "{table}"')
                for _name, sql in found:
                    cursor.execute(sql)
    finally:
        connection.enable_constraint_checking()


def _with_rows(cursor, tables: list[str]) -> list[str]:
    """SQLite allows 500 parts of a compound query."""
    cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in tables))
    return [table for (table,) in cursor.fetchall()]
