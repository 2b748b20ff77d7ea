"""Every table of disputes and risk, by the file that declares it."""

from apps.disputes.models.cases import (
    Dispute,
    DisputeEvent,
    DisputeImport,
    DisputeLine,
    DisputeReminder,
    Evidence,
    EvidenceBundle,
)

__all__ = [
    "Dispute",
    "DisputeEvent",
    "DisputeImport",
    "DisputeLine",
    "DisputeReminder",
    "Evidence",
    "EvidenceBundle",
]
