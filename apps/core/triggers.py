"""Rules that a constraint cannot hold, because they look at other rows or at the row as it was: triggers, declared by each app.

An app's `triggers.py` declares them; they are written anew after every `migrate` (and after the tables of a test are made), since
SQLite drops a table's triggers whenever a migration remakes the table.

    declare(Trigger(
        name="audit_no_update",
        table="audit_auditevent",
        sqlite="CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit_auditevent BEGIN SELECT RAISE(ABORT, 'audit_append_only'); END",
        postgresql="CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit_auditevent FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        function="CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger AS $$ … $$ LANGUAGE plpgsql",
    ))

A refusal surfaces as IntegrityError on both databases when the PostgreSQL function says `USING ERRCODE = 'integrity_constraint_violation'`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections
from django.db.transaction import atomic


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger on one table, in both dialects. `function` is PostgreSQL's body, which several triggers may share.

    `sqlite` is empty where the rule is about something that SQLite does not have.
    """

    name: str
    table: str
    sqlite: str
    postgresql: str
    function: str = ""


_declared: dict[str, Trigger] = {}


def declare(trigger: Trigger) -> None:
    """Makes the trigger part of every database of this project; the name is unique among all apps."""
    if _declared.get(trigger.name, trigger) != trigger:
        raise RuntimeError(f"two triggers named {trigger.name!r}")
    _declared[trigger.name] = trigger


def declared() -> tuple[Trigger, ...]:
    """All triggers, by name."""
    return tuple(_declared[name] for name in sorted(_declared))


def install(*, using: str = "default", **_signal) -> None:
    """Writes every declared trigger whose table exists; a receiver of `post_migrate`, safe to repeat."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for trigger in declared():
            if trigger.table not in tables:
                continue
            if connection.vendor == "postgresql" and trigger.function:
                cursor.execute(trigger.function)
            _drop(cursor, trigger)
            _create(cursor, trigger)


def keep_all(name: str, table: str, message: str) -> None:
    """Declares that a table is never emptied at a stroke: TRUNCATE passes by the triggers of rows. SQLite knows no TRUNCATE."""
    refuse = f"BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END"
    declare(
        Trigger(
            name=name,
            table=table,
            sqlite="",
            postgresql=f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}_fn()",
            function=f"CREATE OR REPLACE FUNCTION {name}_fn() RETURNS trigger AS $$ {refuse} $$ LANGUAGE plpgsql",
        )
    )


def remove(*, using: str = "default") -> None:
    """Drops every declared trigger: for what empties whole tables, such as the end of a test."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for trigger in declared():
            if trigger.table in tables:
                _drop(cursor, trigger)


def make_way(*, using: str = "default", plan=(), **_signal) -> None:
    """Drops all triggers on SQLite before anything migrates; a receiver of `pre_migrate`, undone by `install`.

    SQLite reads every trigger when a migration remakes a table, and fails at those of other tables that name it.
    """
    if plan and connections[using].vendor == "sqlite":
        remove(using=using)


@contextmanager
def without(*names: str, using: str = "default") -> Iterator[None]:
    """Suspends these triggers for what runs inside, in one transaction: nobody else ever sees the tables without them.

    Their tables are locked until it commits. An error inside leaves the triggers as they were.
    """
    connection = connections[using]
    with atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            connection.check_constraints()  # checks that wait for the commit keep a table's triggers from being changed
        for name in names:
            _drop(cursor, _declared[name])
        yield
        for name in names:
            _create(cursor, _declared[name])


def _drop(cursor, trigger: Trigger) -> None:
    place = f" ON {trigger.table}" if cursor.db.vendor == "postgresql" else ""
    cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.name}{place}")


def _create(cursor, trigger: Trigger) -> None:
    if statement := trigger.postgresql if cursor.db.vendor == "postgresql" else trigger.sqlite:
        cursor.execute(statement)
