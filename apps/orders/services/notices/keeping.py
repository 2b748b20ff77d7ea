"""The rows of notices: one statement that makes a row or says that there was one, and what is kept of a sender's headers."""

from datetime import datetime
from hashlib import sha256

from django.db import connection

from apps.channels.gateways import GatewayKind
from apps.channels.models import Channel, NoticeState, WebhookEvent
from apps.channels.services.gateway import gateway_kind

LONGEST_EVENT = 120
LONGEST_HEADER = 1_000  # a signature by a key of 4096 bits has 684 characters
ALWAYS_KEPT = ("content-type", "user-agent")  # what a person wants to know who looks into a notice
PASSWORDS = ("basic", "bearer", "digest")
_FIELDS = [field for field in WebhookEvent._meta.concrete_fields if not field.primary_key]
_NAMES = ", ".join(field.column for field in _FIELDS)
_INSERT = (
    f"INSERT INTO {WebhookEvent._meta.db_table} ({_NAMES}) VALUES ({', '.join(['%s'] * len(_FIELDS))}) ON CONFLICT DO NOTHING RETURNING id"  # noqa: S608  names of our own columns
)


def event_name(event_id: str) -> str:
    """The name as it is kept: a long one by its hash, so that no two share a beginning."""
    return event_id if len(event_id) <= LONGEST_EVENT else sha256(event_id.encode()).hexdigest()


def proving(kind: GatewayKind | None, headers: dict[str, str]) -> dict[str, str]:
    """What is kept of a sender's headers: what its provider says proves a notice, to read it once more when it is replayed.

    Where that is `Authorization`, a password or token that stands there is not kept.
    """
    names = (*ALWAYS_KEPT, *(kind.proven_by if kind else ()))
    kept = {name: headers[name][:LONGEST_HEADER] for name in names if name in headers}
    if kept.get("authorization", "").partition(" ")[0].lower() in PASSWORDS:
        del kept["authorization"]
    return kept


def insert_notice(
    channel: Channel, state: NoticeState, headers: dict, body: bytes, now: datetime, *, event_id: str = "", about: str = "", **fields
) -> int | None:
    """Keeps a notice, and returns its key; None when one of that name is there, whose writer has been waited for."""
    text = body.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    kept = proving(gateway_kind(channel), headers)
    row = WebhookEvent(
        merchant_id=channel.merchant_id, channel=channel, event_id=event_name(event_id), about=about[:100], state=state, headers=kept,
        body=text, received_at=now, **fields,
    )  # fmt: skip
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in _FIELDS]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        found = cursor.fetchone()
    return found[0] if found else None
