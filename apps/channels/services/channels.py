"""Adding, changing and switching a channel; each leaves its audit event."""

from datetime import datetime

from django.db import transaction

from apps.channels.errors import ChannelCodeTaken
from apps.channels.models import Channel, StatementRhythm
from apps.channels.registry import reports_itself
from apps.channels.services.changes import record_created, save_changes
from apps.merchants.models import Merchant, User


def as_reported(provider: str, values: dict) -> dict:
    """A channel's values. Where the shop's own books are the report no day lacks a file: each listing is one by itself."""
    return {**values, "statements": StatementRhythm.PER_PAYOUT.value} if reports_itself(provider) else values


def add_channel(*, merchant: Merchant, by: User, now: datetime, **values) -> Channel:
    """A channel that is switched on, without fee terms yet; `values` are Channel's own fields, already validated.

    :raises ChannelCodeTaken: the code names another channel of the merchant.
    """
    with transaction.atomic():
        Merchant.objects.select_for_update(of=("self",)).get(pk=merchant.pk)
        if Channel.objects.for_merchant(merchant).filter(code=values["code"]).exists():
            raise ChannelCodeTaken(code=values["code"])
        values = as_reported(values["provider"], values)
        channel = Channel.objects.create(merchant=merchant, **values)
        record_created(channel, values, merchant_id=merchant.pk, by=by, now=now)
    return channel


def change_channel(*, channel: Channel, by: User, now: datetime, **values) -> dict:
    """Changes attributes of a channel. Saving what is already so writes nothing. Returns {field: (before, after)}."""
    with transaction.atomic():
        row = Channel.objects.select_for_update(of=("self",)).select_related("bank_account").get(pk=channel.pk)
        return save_changes(row, as_reported(row.provider, values), merchant_id=row.merchant_id, by=by, now=now)


def switch_channel(*, channel: Channel, is_on: bool, by: User, now: datetime) -> dict:
    """Turns a channel on or off; books and statements of a channel that is off are still read and reconciled."""
    return change_channel(channel=channel, by=by, now=now, is_on=is_on)
