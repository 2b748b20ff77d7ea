"""The rows of notices: one statement that makes a row or says that there was one, and what is kept of a sender's headers."""

import re
from datetime import datetime
from hashlib import sha256

from django.db import connection

from apps.channels.models import Channel, NoticeState, WebhookEvent

LONGEST_EVENT = 120
LONGEST_HEADER = 1_000  # a signature by a key of 4096 bits has 684 characters
# What proves a notice, by the names providers use; never cookies or passwords.
KEPT_HEADERS = re.compile(
    r"^(content-type|user-agent|digest)$|event-id|sign|timestamp|nonce|serial|transmission|cert-url|auth-algo|hmac|topic|shop-domain|webhook-id"
)
PASSWORDS = ("basic", "bearer", "digest")
_FIELDS = [field for field in WebhookEvent._meta.concrete_fields if not field.primary_key]
_NAMES = ", ".join(field.column for field in _FIELDS)
_INSERT = (
    f"INSERT INTO {WebhookEvent._meta.db_table} ({_NAMES}) VALUES ({', '.join(['%s'] * len(_FIELDS))}) ON CONFLICT DO NOTHING RETURNING id"  # noqa: S608  names of our own columns
)


def event_name(event_id: str) -> str:
    """The name as it is kept: a long one by its hash, so that no two share a beginning."""
    return event_id if len(event_id) <= LONGEST_EVENT else sha256(event_id.encode()).hexdigest()


def proving(headers: dict[str, str]) -> dict[str, str]:
    """What is kept of a sender's headers: enough to prove the notice once more when it is replayed.

    Lakala signs in `Authorization`; a password or token that stands there is not kept.
    """
    kept = {name: value[:LONGEST_HEADER] for name, value in headers.items() if KEPT_HEADERS.search(name)}
    signed = headers.get("authorization", "")
    if signed and signed.partition(" ")[0].lower() not in PASSWORDS:
        kept["authorization"] = signed[:LONGEST_HEADER]
    return kept


def insert_notice(
    channel: Channel, state: NoticeState, headers: dict, body: bytes, now: datetime, *, event_id: str = "", about: str = "", **fields
) -> int | None:
    """Keeps a notice, and returns its key; None when one of that name is there, whose writer has been waited for."""
    text = body.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    kept = proving(headers)
    row = WebhookEvent(
        merchant_id=channel.merchant_id, channel=channel, event_id=event_name(event_id), about=about[:100], state=state, headers=kept,
        body=text, received_at=now, **fields,
    )  # fmt: skip
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in _FIELDS]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        found = cursor.fetchone()
    return found[0] if found else None
