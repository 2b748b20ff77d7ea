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
        found = list(rows.filter(_beyond(fields, before, newer=True)).order_by(*_order(fields, newer=True))[: size + 1])
        has_more, found = len(found) > size, found[:size][::-1]
        return (
            KeysetPage(found, _cursor(found[0], fields) if has_more else "", _cursor(found[-1], fields))
            if found
            else _first(rows, fields, size)
        )
    if after:
        rows = rows.filter(_beyond(fields, after, newer=False))
        page = _first(rows, fields, size)
        return KeysetPage(page.rows, _cursor(page.rows[0], fields) if page.rows else "", page.older)
    return _first(rows, fields, size)


def _first(rows: QuerySet, fields: Sequence[str], size: int) -> KeysetPage:
    found = list(rows.order_by(*_order(fields, newer=False))[: size + 1])
    older = _cursor(found[size - 1], fields) if len(found) > size else ""
    return KeysetPage(found[:size], "", older)


def _order(fields: Sequence[str], *, newer: bool) -> list:
    """Newest first with nulls last, or exactly the reverse of it."""
    return [F(name).asc(nulls_first=True) if newer else F(name).desc(nulls_last=True) for name in fields]


def _beyond(fields: Sequence[str], values: Sequence, *, newer: bool) -> Q:
    """The rows further on than the cursor. A null first field is the far end of "older"."""
    compare = "gt" if newer else "lt"
    beyond = Q(pk__in=[])
    equal = Q()
    for position, (name, value) in enumerate(zip(fields, values, strict=True)):
        if value is None:
            beyond |= Q(**{f"{name}__isnull": False}) if newer else Q(pk__in=[])
            equal &= Q(**{f"{name}__isnull": True})
            continue
        step = Q(**{f"{name}__{compare}": value})
        if position == 0 and not newer:
            step |= Q(**{f"{name}__isnull": True})
        beyond |= equal & step
        equal &= Q(**{name: value})
    return beyond


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
