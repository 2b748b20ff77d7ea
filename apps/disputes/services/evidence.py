"""Documents that answer a dispute: brought in, taken out, and what the checklist still asks for."""

from datetime import datetime

from django.db import transaction

from apps.core import files
from apps.core.documents import examine
from apps.disputes.enums import EventKind, EvidenceType
from apps.disputes.errors import DisputeClosed, EvidenceTooMuch, EvidenceTwice
from apps.disputes.models import Evidence
from apps.disputes.services.events import locked, tell
from apps.merchants.models import Merchant

MOST_FILES = 30
MOST_MB = 50


def add_evidence(
    *, merchant: Merchant, dispute_id: int, type: EvidenceType, name: str, data: bytes, by, now: datetime, note: str = ""
) -> Evidence:
    """Keeps a document with an open dispute.

    :raises DocumentRefused: what it is, its size or its number does not fit. :raises DisputeClosed: once the dispute has ended.
    """
    found = examine(name, data)
    with transaction.atomic():
        dispute = locked(merchant, dispute_id)
        if not dispute.is_open:
            raise DisputeClosed
        held = list(dispute.evidence.filter(removed_at=None).values_list("size", "sha256"))
        if len(held) >= MOST_FILES or sum(size for size, _sha in held) + len(data) > MOST_MB * 1024 * 1024:
            raise EvidenceTooMuch(limit_mb=MOST_MB, limit_files=MOST_FILES)
        sha256 = files.store(data)
        if any(known == sha256 for _size, known in held):
            raise EvidenceTwice
        evidence = Evidence.objects.create(
            merchant=merchant,
            dispute=dispute,
            type=EvidenceType(type),
            name=found.name,
            note=note.strip()[:300],
            media_type=found.media_type,
            sha256=sha256,
            size=len(data),
            pages=found.pages,
            added_at=now,
            added_by=by,
        )
        tell(dispute, EventKind.EVIDENCE, by=by, now=now, type=str(evidence.type), name=evidence.name, sha256=sha256)
    return evidence


def remove_evidence(*, merchant: Merchant, dispute_id: int, evidence_id: int, by, now: datetime) -> Evidence:
    """Takes a document out of an open dispute; its row and bytes stay.

    :raises Evidence.DoesNotExist: it is not among the dispute's documents. :raises DisputeClosed: once the dispute has ended.
    """
    with transaction.atomic():
        dispute = locked(merchant, dispute_id)
        if not dispute.is_open:
            raise DisputeClosed
        evidence = dispute.evidence.get(pk=evidence_id, removed_at=None)
        evidence.removed_at, evidence.removed_by = now, by
        evidence.save(update_fields=["removed_at", "removed_by"])
        tell(dispute, EventKind.EVIDENCE_OFF, by=by, now=now, type=str(evidence.type), name=evidence.name, sha256=evidence.sha256)
    return evidence
