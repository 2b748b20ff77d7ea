"""Paging by key: the next page starts after the last row shown, so page 1 and page 10,000 cost the same and nothing is counted.

The order is descending over unique-making fields, newest first, e.g. ("placed_at", "id"); an index must exist over them. A null first
field sorts last. Cursors are opaque; one that was tampered with or comes from another list is read as "from the start".
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Q, QuerySet

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class KeysetPage:
    """The rows of one page; `newer` and `older` are cursors, empty where there is nothing further."""

    rows: list
    newer: str
    older: str

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)


def keyset_page(rows: QuerySet, query, *, fields: Sequence[str] = ("id",), size: int = PAGE_SIZE) -> KeysetPage:
    """One page of a queryset in one query. `query` is `request.GET`: `after` leads to older rows, `before` to newer ones.

    The last of `fields` must be unique and, like all but the first, never null.
    """
    before, after = _read(query.get("before", ""), rows, fields), _read(query.get("after", ""), rows, fields)
    if before:
        found = list(rows.filter(_beyond(rows, fields, before, newer=True)).order_by(*_order(rows, fields, newer=True))[: size + 1])
        has_more, found = len(found) > size, found[:size][::-1]
        return (
            KeysetPage(found, _cursor(found[0], fields) if has_more else "", _cursor(found[-1], fields))
            if found
            else _first(rows, fields, size)
        )
    if after:
        rows = rows.filter(_beyond(rows, fields, after, newer=False))
        page = _first(rows, fields, size)
        return KeysetPage(page.rows, _cursor(page.rows[0], fields) if page.rows else "", page.older)
    return _first(rows, fields, size)


def _first(rows: QuerySet, fields: Sequence[str], size: int) -> KeysetPage:
    found = list(rows.order_by(*_order(rows, fields, newer=False))[: size + 1])
    older = _cursor(found[size - 1], fields) if len(found) > size else ""
    return KeysetPage(found[:size], "", older)


def _order(rows: QuerySet, fields: Sequence[str], *, newer: bool) -> list:
    """Newest first with nulls last, or exactly the reverse of it. Where there are no nulls, plain, as the index is."""
    if not _has_nulls(rows, fields):
        return list(fields) if newer else [f"-{name}" for name in fields]
    return [F(name).asc(nulls_first=True) if newer else F(name).desc(nulls_last=True) for name in fields]


def _has_nulls(rows: QuerySet, fields: Sequence[str]) -> bool:
    try:
        return rows.model._meta.get_field(fields[0]).null
    except FieldDoesNotExist:  # an annotation, or a field of a related row
        return True


def _beyond(rows: QuerySet, fields: Sequence[str], values: Sequence, *, newer: bool) -> Q:
    """The rows further on than the cursor. A null first field is the far end of "older"."""
    compare, has_nulls = "gt" if newer else "lt", _has_nulls(rows, fields)
    beyond = Q(pk__in=[])
    equal = Q()
    for position, (name, value) in enumerate(zip(fields, values, strict=True)):
        if value is None:
            beyond |= Q(**{f"{name}__isnull": False}) if newer else Q(pk__in=[])
            equal &= Q(**{f"{name}__isnull": True})
            continue
        step = Q(**{f"{name}__{compare}": value})
        if position == 0 and not newer and has_nulls:
            step |= Q(**{f"{name}__isnull": True})
        beyond |= equal & step
        equal &= Q(**{name: value})
    # Implied, but only this one lets the database start in the middle of the index instead of walking up to it.
    return beyond if has_nulls or values[0] is None else Q(**{f"{fields[0]}__{compare}e": values[0]}) & beyond


def _cursor(row, fields: Sequence[str]) -> str:
    values = [_value(row, name) for name in fields]
    texts = [value.isoformat() if isinstance(value, date) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode().rstrip("=")


def _value(row, name: str):
    for part in name.split("__"):
        row = getattr(row, part)
    return row


def _read(cursor: str, rows: QuerySet, fields: Sequence[str]) -> list | None:
    """The values of a cursor as its fields' own types; None where it cannot be one of this list."""
    try:
        texts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))) if cursor else None
        if not isinstance(texts, list) or len(texts) != len(fields):
            return None
        return [_typed(text) for text in texts]
    except (binascii.Error, ValueError, UnicodeDecodeError):
        return None


def _typed(text):
    """ISO text back to a day or moment; numbers and null stay what they are."""
    if not isinstance(text, str):
        if text is None or type(text) is int:
            return text
        raise ValueError(text)
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
