"""What a channel's own page says beside its card."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.audit.models import AuditEvent
from apps.channels import registry, terms
from apps.channels.capabilities import Capabilities
from apps.channels.enums import WEEKDAY_NAMES
from apps.channels.models import Channel
from apps.channels.services.changes import sentences
from apps.core.figures import names_text

HISTORY_ROWS = 10
CREDENTIALS = ("channel.credentials_entered", "channel.credentials_forgotten")


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a channel's history."""

    happened_at: datetime
    who: str
    what: list[str]


def settles_text(channel: Channel) -> str:
    """The settlement terms in words."""
    settlement = terms.settlement_for(channel)
    if settlement.kind == "weekly":
        return _("every %(weekday)s, or the next open day") % {"weekday": WEEKDAY_NAMES[settlement.number]}
    if settlement.kind == "monthly":
        return _("on day %(number)d of the month, or the next open day") % {"number": settlement.number}
    return _("%(number)d open days after the payment") % {"number": settlement.number}


def history_of(channel: Channel) -> list[Change]:
    """The latest changes of the channel itself, newest first."""
    events = AuditEvent.objects.for_merchant(channel.merchant_id).filter(subject_type="channel", subject_id=str(channel.pk))
    return [
        Change(event.happened_at, event.actor_label, _what(event, channel))
        for event in events.order_by("-happened_at", "-pk")[:HISTORY_ROWS]
    ]


def capabilities_of(channel: Channel) -> Capabilities:
    """What the provider can do; nothing when the registry no longer knows it."""
    known = registry.PROVIDERS.get(channel.provider)
    return known.capabilities if known else Capabilities()


def is_mapped(channel: Channel) -> bool:
    """Whether its statements are read through a column mapping."""
    return registry.is_mapped(channel.provider)


def mapping_rows(channel: Channel) -> list[tuple[str, str]]:
    """The column mapping of a generic channel, key by key."""
    return [(key, _flat(value)) for key, value in channel.mapping.items()]


def _flat(value) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{word} → {meaning}" for word, meaning in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)


def _what(event: AuditEvent, channel: Channel) -> list[str]:
    if event.action == "channel.created":
        return [_("added")]
    if event.action in CREDENTIALS:
        return _what_of_credentials(event, channel)
    pairs = {name: (event.before.get(name), after) for name, after in event.after.items()}
    return [line.removeprefix(f"{channel.code}: ") for line in sentences(channel.code, pairs, channel.currency)]


def _what_of_credentials(event: AuditEvent, channel: Channel) -> list[str]:
    if not event.after.get("entered") and "is_live" not in event.after:
        return [_("credentials removed")]
    known = registry.PROVIDERS.get(channel.provider)
    labels = {field.name: str(field.label) for field in known.gateway.credentials} if known and known.gateway else {}
    names = names_text(labels.get(name, name) for name in event.after["entered"])
    lines = [_("credentials entered: %(names)s") % {"names": names}] if names else []
    if event.before["is_live"] != event.after["is_live"]:
        lines.append(_("calls go to the live system") if event.after["is_live"] else _("calls go to the test system"))
    return lines
