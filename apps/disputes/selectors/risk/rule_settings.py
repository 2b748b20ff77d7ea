"""A rule's settings in its three shapes: columns of the row, what a dry run keeps, and what the engine reads."""

from datetime import time
from typing import Any

from apps.disputes.models import RiskRule
from apps.disputes.rules.kinds import Kind
from apps.disputes.rules.settings import Settings

PLAIN = ("threshold", "window", "floor", "countries", "severity", "method", "currency", "tell_roles", "tell_people")


def kept(rule: RiskRule) -> dict[str, Any]:
    """Everything about the rule that a person may set, as JSON."""
    clocks = {name: value.strftime("%H:%M") if (value := getattr(rule, name)) else "" for name in ("quiet_from", "quiet_until")}
    return {**{name: getattr(rule, name) for name in PLAIN}, **clocks, "channel": rule.channel_id, "storefront": rule.storefront_id}


def put(rule: RiskRule, values: dict[str, Any]) -> list[str]:
    """Sets the rule's columns from what a dry run has kept; returns their names, for saving."""
    for name in PLAIN:
        setattr(rule, name, values[name])
    for name in ("quiet_from", "quiet_until"):
        setattr(rule, name, time.fromisoformat(values[name]) if values[name] else None)
    rule.channel_id, rule.storefront_id = values["channel"], values["storefront"]
    return [*PLAIN, "quiet_from", "quiet_until", "channel", "storefront"]


def settings_of(rule: RiskRule) -> Settings:
    return settings_from(rule.kind, kept(rule))


def settings_from(kind: str, values: dict[str, Any]) -> Settings:
    """What the engine reads of it."""
    return Settings(
        kind=Kind(kind),
        threshold=values["threshold"],
        window=values["window"],
        floor=values["floor"],
        severity=values["severity"],
        channel_id=values["channel"],
        method=values["method"],
        storefront_id=values["storefront"],
        currency=values["currency"],
        countries=tuple(values["countries"]),
    )
