"""Bringing stored secrets under the newest key, while the system serves.

Every place is walked by primary key in portions. A portion's rows are locked, read under the lock and written; a row that somebody holds is
left for the end and then waited for alone. So what is saved meanwhile is never replaced by an older value, and since nobody is waited for
while rows are held, no other work is ever caught in a deadlock. Killed anywhere, the next run finds what is left.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Q
from django.db.models.functions import Cast

from apps.core.secrets import SEALED, Age, Sealed, SecretField, age_of, decrypt, encrypt, is_token

PORTION = 200


@dataclass(frozen=True, slots=True)
class Place:
    """One column that holds tokens. `sealed` is None where the whole column is one."""

    model: type[models.Model]
    field: str
    sealed: Sealed | None = None

    @property
    def name(self) -> str:
        return f"{self.model._meta.label}.{self.field}"


@dataclass(slots=True)
class Found:
    """What a place holds, in rows. `older` were under an older key when they were looked at; `unreadable` are the primary keys of rows that
    no key of ours opens.
    """

    newest: int = 0
    older: int = 0
    unreadable: list = field(default_factory=list)


def places() -> list[Place]:
    """Every column that holds tokens, by name."""
    found = [
        Place(model, one.name)
        for model in apps.get_models()
        for one in model._meta.concrete_fields
        if isinstance(one, SecretField) and not model._meta.proxy
    ]
    found += [Place(apps.get_model(sealed.model), sealed.field, sealed) for sealed in SEALED.values()]
    return sorted(found, key=lambda place: place.name)


def look(place: Place) -> Found:
    """Counts, and changes nothing."""
    found = Found()
    for rows in _portions(place):
        for pk, value in rows:
            _count(found, pk, _age(place, value))
    return found


def rotate(place: Place, told: Callable[[int], None] = lambda _rows: None) -> Found:
    """Rewrites what an older key made; `told` hears after each portion how many rows were rewritten. Returns what was found."""
    found, held = Found(), []
    for rows in _portions(place):
        older = []
        for pk, value in rows:
            age = _age(place, value)
            _count(found, pk, age)
            if age == Age.OLDER:
                older.append(pk)
        if older:
            done, missed = _rewrite(place, older, skip_locked=True)
            held += missed
            told(done)
    for pk in held:
        told(_rewrite(place, [pk], skip_locked=False)[0])
    return found


def _rewrite(place: Place, pks: list, *, skip_locked: bool) -> tuple[int, list]:
    """Of these rows, those still under an older key; returns how many were written, and which somebody held or deleted."""
    with transaction.atomic():
        rows = place.model._base_manager.filter(pk__in=pks).order_by("pk")
        locked = set(rows.select_for_update(no_key=True, skip_locked=skip_locked).values_list("pk", flat=True))
        # Read by a statement of its own: what was locked after a wait may have changed since the first one began.
        now = [(pk, value) for pk, value in _raw(place).filter(pk__in=locked).values_list("pk", "raw") if _age(place, value) == Age.OLDER]
        _save(place, now)
    return len(now), [pk for pk in pks if pk not in locked]


def _save(place: Place, rows: list[tuple]) -> None:
    """By one prepared statement: as model instances each row would take many times as long."""
    meta, name = place.model._meta, connection.ops.quote_name
    column = meta.get_field(place.field)
    values = [(column.get_db_prep_save(_renewed(place, value), connection), pk) for pk, value in rows]
    if values:
        with connection.cursor() as cursor:
            table, written, key = name(meta.db_table), name(column.column), name(meta.pk.column)
            cursor.executemany(f"UPDATE {table} SET {written} = %s WHERE {key} = %s", values)  # noqa: S608  names of our own tables


def _portions(place: Place) -> Iterator[list[tuple]]:
    """(primary key, value as stored) of all rows that hold something, in their order."""
    rows, last = _raw(place).order_by("pk").values_list("pk", "raw"), None
    while portion := list((rows if last is None else rows.filter(pk__gt=last))[:PORTION]):
        yield portion
        last = portion[-1][0]


def _raw(place: Place) -> models.QuerySet:
    """Rows with the column as it is stored, which a SecretField would decrypt."""
    rows = place.model._base_manager.all()
    if place.sealed is None:
        # Compared past the field, which would encrypt what it is compared with.
        return rows.annotate(raw=Cast(place.field, models.TextField())).exclude(raw=None).exclude(raw="")
    there = Q(**{f"{place.field}__has_any_keys": list(place.sealed.names)})
    return rows.filter(place.sealed.only, there).annotate(raw=models.F(place.field))


def _age(place: Place, value) -> Age:
    """Of all tokens in a row the one that has most to be done about: what cannot be opened, then what is older."""
    ages = {age_of(token) for token in _tokens(place, value)}
    return next((age for age in (Age.GONE, Age.OLDER) if age in ages), Age.NEWEST)


def _tokens(place: Place, value) -> list[str]:
    if place.sealed is None:
        return [value]
    found = []
    for name in place.sealed.names:
        kept = value.get(name)
        found += [one for one in (kept if isinstance(kept, list) else [kept]) if isinstance(one, str) and is_token(one)]
    return found


def _renewed(place: Place, value):
    """The value to be saved: a SecretField encrypts what it is given, inside JSON the tokens are made here."""
    if place.sealed is None:
        return decrypt(value)
    return {**value, **{name: _resealed(value[name]) for name in place.sealed.names if name in value}}


def _resealed(kept):
    if isinstance(kept, list):
        return [_resealed(one) for one in kept]
    return encrypt(decrypt(kept)) if isinstance(kept, str) and is_token(kept) else kept


def _count(found: Found, pk, age: Age) -> None:
    if age == Age.GONE:
        found.unreadable.append(pk)
    elif age == Age.OLDER:
        found.older += 1
    else:
        found.newest += 1
