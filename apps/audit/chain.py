"""What is hashed, exactly. docs/audit-chain.md says the same for those who verify without this program; change both or neither.

Pure: plain values in, hexadecimal SHA-256 out.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256

ZERO = "0" * 64  # what the first event of a chain continues
PLATFORM = 0  # the chain of events that belong to no merchant
# The columns of an event that its content hash covers; `id`, `seq` and `prev_hash` are covered by `hash`.
CONTENT = (
    "merchant_id",
    "happened_at",
    "actor_id",
    "actor_label",
    "action",
    "subject_type",
    "subject_id",
    "subject_label",
    "reason",
    "before",
    "after",
    "ip",
    "user_agent",
)


def moment_text(moment: datetime) -> str:
    """UTC with six digits of a second: 2026-11-20T07:46:00.000000Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def plain(value):
    """A value as every database gives it back: numbers that are not whole become text, keys text, tuples lists, lazy words words."""
    if value is None or isinstance(value, bool | str):
        return None if value is None else value if isinstance(value, bool) else str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def canonical(content: Mapping) -> bytes:
    """The bytes of an event's content: JSON with sorted keys, no blanks, UTF-8, nothing escaped that need not be."""
    values = {name: content[name] for name in CONTENT}
    if isinstance(values["happened_at"], datetime):
        values["happened_at"] = moment_text(values["happened_at"])
    return json.dumps({"v": 1, **values}, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def content_hash(content: Mapping) -> str:
    return sha256(canonical(content)).hexdigest()


def link_hash(prev_hash: str, seq: int, event_id: int, sealed: str) -> str:
    """The hash of an event: what came before, its place, its number and its content."""
    return sha256(f"{prev_hash}\n{seq}\n{event_id}\n{sealed}".encode()).hexdigest()


def checkpoint_bytes(chain_id: int, day: date | str, seq: int, event_hash: str, made_at: datetime | str) -> bytes:
    """What a checkpoint's signature signs."""
    made = moment_text(made_at) if isinstance(made_at, datetime) else made_at
    return f"hezhang-audit-checkpoint-v1\n{chain_id}\n{day}\n{seq}\n{event_hash}\n{made}".encode()
