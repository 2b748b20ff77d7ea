"""A signed word about every chain, once a day."""

from datetime import UTC, datetime

from django.db import transaction

from apps.audit.chain import checkpoint_bytes
from apps.audit.models import AuditChain, AuditCheckpoint
from apps.audit.signing import public_key, sign


@transaction.atomic
def make_checkpoints(*, now: datetime) -> int:
    """Signs where each chain stands, unless it was signed today (UTC) or nothing was added since; returns how many were made."""
    day = now.astimezone(UTC).date()
    last = {}
    for chain_id, its_day, seq in AuditCheckpoint.objects.order_by("day").values_list("chain_id", "day", "seq"):
        last[chain_id] = (its_day, seq)
    points = []
    for end in AuditChain.objects.order_by("pk"):
        its_day, seq = last.get(end.pk, (None, 0))
        if its_day == day or seq == end.seq:
            continue
        signature = sign(checkpoint_bytes(end.pk, day, end.seq, end.hash, now))
        values = {"chain_id": end.pk, "day": day, "seq": end.seq, "hash": end.hash, "made_at": now}
        points.append(AuditCheckpoint(**values, public_key=public_key(), signature=signature))
    AuditCheckpoint.objects.bulk_create(points, ignore_conflicts=True)
    return len(points)
