"""Calling a channel's provider: which gateway answers, and the record of what was said."""

import json
from datetime import datetime
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.channels import registry
from apps.channels.fetching import FetchAnswer
from apps.channels.gateways import Account, Contract, Gateway, GatewayKind, Outcome, RefundAnswer
from apps.channels.models import Channel, ConnectionTest, ProviderCall
from apps.channels.paying import PaymentAnswer
from apps.channels.return_codes import was_reached
from apps.channels.services.circuit import note_answer, pass_circuit
from apps.channels.services.expiry import earliest_end
from apps.channels.services.qualification import require_approved
from apps.channels.services.renewal import ChannelVault
from apps.channels.services.telling import tell_unknown_code
from apps.channels.terms import terms_for
from apps.core.errors import HezhangError
from apps.merchants.models import User

ENTERED, FORGOTTEN = "channel.credentials_entered", "channel.credentials_forgotten"


class GatewayMissing(HezhangError):
    """Nobody can be called for this channel, so nothing was submitted."""

    message = _("%(channel)s cannot be called yet: its credentials are missing. Enter them under Channels.")


class NothingToEnter(HezhangError):
    """Its provider is not called by Hezhang, or it is a practice shop's, for which the simulator answers."""

    message = _("%(channel)s takes no credentials.")


def gateway_kind(channel: Channel) -> GatewayKind | None:
    """What answers for the channel: the simulator in practice, else its provider's own; None where it cannot be called."""
    return registry.PRACTICE if channel.merchant.is_practice else provider_kind(channel)


def provider_kind(channel: Channel) -> GatewayKind | None:
    """The gateway of the channel's own provider; None when it has none, or the registry no longer knows it."""
    known = registry.PROVIDERS.get(channel.provider)
    return known.gateway if known else None


def credentials_of(channel: Channel) -> dict[str, str]:
    """As they were entered; {} where nothing was."""
    return json.loads(channel.credentials) if channel.credentials else {}


def can_be_called(channel: Channel) -> bool:
    """Whether a gateway exists and has all it needs."""
    kind = gateway_kind(channel)
    if kind is None or channel.merchant.is_practice:
        return kind is not None
    known = credentials_of(channel)
    return all(known.get(field.name) for field in kind.credentials if field.is_needed)


def rests_until(channel: Channel, now: datetime) -> datetime | None:
    """When the channel's provider may be called again; None when it may be now."""
    kind = gateway_kind(channel)
    return kind.rest.ends_at(now) if kind and kind.rest else None


def gateway_for(channel: Channel) -> Gateway:
    """:raises GatewayMissing: no gateway, or credentials are not complete."""
    kind = gateway_kind(channel)
    if not can_be_called(channel):
        raise GatewayMissing(channel=channel.label)
    if channel.merchant.is_practice:
        return kind.make(practice_account(channel))
    base_url = settings.PROVIDER_URLS.get(channel.provider, "")
    return kind.make(Account(credentials_of(channel), is_live=channel.is_live, base_url=base_url, vault=ChannelVault(channel.pk)))


def practice_account(channel: Channel) -> Account:
    """The channel's account at the simulator; its books lie beside the files, one for the installation."""
    # The address for notices is public and holds the id, so the id alone must not be enough to sign one.
    secret = salted_hmac("hezhang.simulator", channel.public_id, algorithm="sha256").hexdigest()
    books = Path(settings.SIMULATOR_FILE).resolve().as_uri()
    return Account({"account": channel.public_id, "secret": secret}, base_url=books, contract=partial(contract_of, channel))


def contract_of(channel: Channel) -> Contract:
    """What the simulator goes by in place of a real provider's contract; one query."""
    return Contract(channel.provider, channel.currency, channel.timezone, tuple(terms_for(channel)))


def start_call(*, channel: Channel, operation: str, key: str, now: datetime, method: str = "") -> ProviderCall:
    """The record of a call about to be made; commit it before the call leaves.

    :raises CircuitOpen: the provider has not answered lately, so the call must not leave; roll back what was prepared for it.
    """
    pass_circuit(channel=channel, now=now)
    practice = channel.merchant.is_practice
    return ProviderCall.objects.create(
        merchant_id=channel.merchant_id, channel=channel, operation=operation, key=key, is_practice=practice, started_at=now, method=method
    )


def end_call(call: ProviderCall, answer: RefundAnswer | PaymentAnswer | FetchAnswer, now: datetime) -> None:
    """What came of it: on record, for the channel's breaker, and to people where the provider used a word that nobody knows."""
    kind = gateway_kind(call.channel)
    known = kind.codes.get(answer.code) if kind else None
    call.ended_at, call.outcome, call.code, call.message = now, answer.outcome, answer.code[:60], answer.message[:300]
    call.code_class = known.code_class if known else ""
    call.ms = max(0, round((now - call.started_at).total_seconds() * 1000))
    call.raw = answer.raw
    call.save(update_fields=["ended_at", "outcome", "code", "code_class", "message", "ms", "raw"])
    reached = was_reached(answer.code)
    note_answer(channel=call.channel, reached=reached, code=answer.code, now=now)
    if reached and kind and kind.codes and known is None and answer.code and answer.outcome == Outcome.UNKNOWN:
        tell_unknown_code(call, now)


def enter_credentials(*, channel: Channel, values: dict[str, str], is_live: bool, by: User, now: datetime) -> list[str]:
    """Sets what was entered and keeps what was left empty; returns the names of what was set. The record holds names, never values.

    :raises NothingToEnter: nobody asks for credentials of this channel. :raises CaseNotApproved: it cannot go live yet.
    """
    kind = gateway_kind(channel)
    with transaction.atomic():
        row = Channel.objects.select_for_update(of=("self",)).select_related("merchant").get(pk=channel.pk)
        if row.merchant.is_practice or kind is None or not kind.credentials:
            raise NothingToEnter(channel=row.label)
        if is_live and not row.is_live:
            require_approved(row, now)
        known = credentials_of(row)
        asked = {field.name for field in kind.credentials}
        fresh = {name: value for name, value in values.items() if name in asked and value and known.get(name) != value}
        if not fresh and row.is_live == is_live:
            return []
        before, row.is_live, row.credentials = row.is_live, is_live, json.dumps({**known, **fresh})
        row.certificate_ends_at, row.certificate_reminded = earliest_end(kind, {**known, **fresh}), None
        row.save(update_fields=["credentials", "is_live", "certificate_ends_at", "certificate_reminded"])
        ConnectionTest.objects.filter(channel=row).delete()
        after = {"entered": sorted(fresh), "is_live": is_live}
        record(merchant_id=row.merchant_id, action=ENTERED, subject=row, by=by, now=now, before={"is_live": before}, after=after)
    return sorted(fresh)


def forget_credentials(*, channel: Channel, by: User, now: datetime) -> None:
    """Forgets all that was entered: nobody is called for the channel until somebody enters them again."""
    with transaction.atomic():
        row = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
        if not row.credentials:
            return
        names, row.credentials, row.certificate_ends_at = sorted(credentials_of(row)), "", None
        row.save(update_fields=["credentials", "certificate_ends_at"])
        ConnectionTest.objects.filter(channel=row).delete()
        record(merchant_id=row.merchant_id, action=FORGOTTEN, subject=row, by=by, now=now, before={"entered": names}, after={"entered": []})
