"""The chains of the database as `verifying` wants them.

On SQLite every cell is read as the bytes that are stored: a column there takes any bytes, and reading through converters would forgive
a blank that became a tab or a time written another way.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime

from django.db import connection

from apps.audit.chain import CONTENT, PLATFORM, moment_text
from apps.audit.models import AuditChain, AuditCheckpoint, AuditEvent
from apps.audit.verifying import ChainFacts

COLUMNS = ("id", *CONTENT, "content_hash", "seq", "prev_hash", "hash")
NUMBERS = {"id", "merchant_id", "seq"}
JSONS = {"before", "after"}
STORED_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{6})?")
BATCH = 2000


def chain_ids() -> list[int]:
    """Every chain of which anything is stored."""
    keys = AuditEvent.objects.order_by().values_list("merchant_id", flat=True).distinct()
    of_events = {key or PLATFORM for key in keys if _is_number(key)}
    of_ends = set(AuditChain.objects.values_list("chain_id", flat=True))
    return sorted(of_events | of_ends | set(AuditCheckpoint.objects.order_by().values_list("chain_id", flat=True)))


def _is_number(key) -> bool:
    return key is None or isinstance(key, int)


def chain_facts(chain_id: int) -> ChainFacts:
    end = AuditChain.objects.filter(pk=chain_id).values_list("seq", "hash").first()
    return ChainFacts(chain_id, end, checkpoints(chain_id), rows(chain_id))


def checkpoints(chain_id: int) -> list[dict]:
    found = AuditCheckpoint.objects.filter(chain_id=chain_id).order_by("day")
    names = ("chain_id", "day", "seq", "hash", "made_at", "public_key", "signature")
    return [{**row, "day": row["day"].isoformat(), "made_at": moment_text(row["made_at"])} for row in found.values(*names)]


def rows(chain_id: int) -> Iterator[dict]:
    """The events of a chain by place; constant memory."""
    return _rows_as_stored(chain_id) if connection.vendor == "sqlite" else _rows(chain_id)


def row_of(event: AuditEvent) -> dict:
    """One event as exports and checks write it."""
    return {**{name: getattr(event, name) for name in COLUMNS}, "happened_at": moment_text(event.happened_at)}


def _rows(chain_id: int) -> Iterator[dict]:
    mine = AuditEvent.objects.filter(merchant_id=None if chain_id == PLATFORM else chain_id)
    for event in mine.order_by("seq", "id").iterator(chunk_size=BATCH):
        yield row_of(event)


def _rows_as_stored(chain_id: int) -> Iterator[dict]:
    cells = ", ".join(f'CAST("{name}" AS BLOB)' for name in COLUMNS)
    where = "merchant_id IS NULL" if chain_id == PLATFORM else "merchant_id = %s"
    sql = f"SELECT {cells} FROM audit_auditevent WHERE {where} ORDER BY seq, id"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [] if chain_id == PLATFORM else [chain_id])
        while found := cursor.fetchmany(BATCH):
            for row in found:
                yield _from_bytes(row)


def _from_bytes(cells: tuple) -> dict:
    row, damage = {}, ""
    for name, cell in zip(COLUMNS, cells, strict=True):
        try:
            row[name] = None if cell is None else _value(name, bytes(cell).decode())
        except (ValueError, UnicodeDecodeError):
            row[name] = bytes(cell).decode(errors="replace")
            damage = damage or f"its {name} is not stored as it was written"
    return {**row, "damage": damage}


def _value(name: str, text: str):
    """:raises ValueError: where the text is not what this program writes for the column."""
    if name in NUMBERS:
        if str(int(text)) != text:
            raise ValueError(text)
        return int(text)
    if name in JSONS:
        value = json.loads(text)
        if json.dumps(value) != text:
            raise ValueError(text)
        return value
    if name == "happened_at":
        match = STORED_MOMENT.fullmatch(text)
        if match is None:
            raise ValueError(text)
        day, time, fraction = match.groups()
        datetime.fromisoformat(text)
        return f"{day}T{time}{fraction or '.000000'}Z"
    return text
