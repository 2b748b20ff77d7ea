"""Every table of a merchant's accounts with its providers, by the file that declares it."""

from apps.channels.models.calls import ConnectionTest, ConnectionVerdict, NoticeState, ProviderCall, WebhookEvent
from apps.channels.models.circuits import CallHour, Circuit, CircuitState
from apps.channels.models.fetches import FetchState, StatementFetch
from apps.channels.models.mappings import MappingSource, MappingVersion
from apps.channels.models.qualification import CaseState, QualificationCase, QualificationDocument
from apps.channels.models.rules import BookedRate, RuleSet
from apps.channels.models.terms import Channel, FeeRule, HolidayCalendar, StatementRhythm

__all__ = [
    "BookedRate",
    "CallHour",
    "CaseState",
    "Channel",
    "Circuit",
    "CircuitState",
    "ConnectionTest",
    "ConnectionVerdict",
    "FeeRule",
    "FetchState",
    "HolidayCalendar",
    "MappingSource",
    "MappingVersion",
    "NoticeState",
    "ProviderCall",
    "QualificationCase",
    "QualificationDocument",
    "RuleSet",
    "StatementFetch",
    "StatementRhythm",
    "WebhookEvent",
]
