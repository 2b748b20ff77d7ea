"""Calling a channel's provider: which gateway answers, and the record of what was said."""

import json
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.channels import registry
from apps.channels.gateways import Account, Gateway, GatewayKind, RefundAnswer
from apps.channels.models import Channel, ProviderCall
from apps.core.errors import HezhangError


class GatewayMissing(HezhangError):
    """Nobody can be called for this channel, so nothing was submitted."""

    message = _("%(channel)s cannot be called yet: its credentials are missing. Enter them under Channels.")


def gateway_kind(channel: Channel) -> GatewayKind | None:
    """What answers for the channel: the simulator in practice, else its provider's own; None where it cannot be called."""
    return registry.PRACTICE if channel.merchant.is_practice else registry.get(channel.provider).gateway


def credentials_of(channel: Channel) -> dict[str, str]:
    """As they were entered; {} where nothing was."""
    return json.loads(channel.credentials) if channel.credentials else {}


def can_be_called(channel: Channel) -> bool:
    """Whether a gateway exists and has all it needs."""
    kind = gateway_kind(channel)
    return kind is not None and (channel.merchant.is_practice or all(credentials_of(channel).get(field.name) for field in kind.credentials))


def gateway_for(channel: Channel) -> Gateway:
    """:raises GatewayMissing: no gateway, or credentials are not complete."""
    kind = gateway_kind(channel)
    if not can_be_called(channel):
        raise GatewayMissing(channel=channel.label)
    if channel.merchant.is_practice:
        return kind.make(practice_account(channel))
    base_url = settings.PROVIDER_URLS.get(channel.provider, "")
    return kind.make(Account(credentials_of(channel), is_live=channel.is_live, base_url=base_url))


def practice_account(channel: Channel) -> Account:
    """The channel's account at the simulator; its books lie beside the files, one for the installation."""
    secret = f"practice {channel.public_id}"  # signs notices that never leave this machine
    return Account({"account": channel.public_id, "secret": secret}, base_url=Path(settings.SIMULATOR_FILE).resolve().as_uri())


def start_call(*, channel: Channel, operation: str, key: str, now: datetime) -> ProviderCall:
    """The record of a call about to be made; commit it before the call leaves."""
    practice = channel.merchant.is_practice
    return ProviderCall.objects.create(
        merchant_id=channel.merchant_id, channel=channel, operation=operation, key=key, is_practice=practice, started_at=now
    )


def end_call(call: ProviderCall, answer: RefundAnswer, now: datetime) -> None:
    """What came of it."""
    call.ended_at, call.outcome, call.code, call.message = now, answer.outcome, answer.code[:60], answer.message[:300]
    call.raw = answer.raw
    call.save(update_fields=["ended_at", "outcome", "code", "message", "raw"])


def enter_credentials(channel: Channel, values: dict[str, str]) -> None:
    """Sets what was entered and keeps what was left empty. The caller holds the row and audits, without the values."""
    channel.credentials = json.dumps({**credentials_of(channel), **{name: value for name, value in values.items() if value}})
    channel.save(update_fields=["credentials"])
