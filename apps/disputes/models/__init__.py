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
from apps.disputes.models.risk import Alert, DryRun, Finding, RiskRule, WatchlistEntry

__all__ = [
    "Alert",
    "Dispute",
    "DisputeEvent",
    "DisputeImport",
    "DisputeLine",
    "DisputeReminder",
    "DryRun",
    "Evidence",
    "EvidenceBundle",
    "Finding",
    "RiskRule",
    "WatchlistEntry",
]
