"""What people are told of a channel's calls."""

import logging
from datetime import datetime

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels.models import ProviderCall
from apps.merchants.enums import NoticeSeverity
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify

UNKNOWN_CODE = "channel.unknown_code"
logger = logging.getLogger(__name__)


def tell_unknown_code(call: ProviderCall, now: datetime) -> None:
    """A code that no dictionary lists: what was asked for stays unknown and is asked about; people hear of it once until they look."""
    channel = call.channel
    logger.error(
        "provider.unknown_code provider=%s channel=%s operation=%s code=%s", channel.provider, channel.pk, call.operation, call.code
    )
    notify(
        merchant=channel.merchant,
        users=members_with(channel.merchant, "edit_channels"),
        kind=UNKNOWN_CODE,
        title=format_lazy(_("{channel} answered with a code that nobody knows: {code}"), channel=channel.label, code=call.code),
        body=_("It is treated as unknown, never as failed: the provider is asked again until it says what became of it."),
        href=reverse("channels:calls", args=[channel.merchant.slug, channel.code]),
        severity=NoticeSeverity.HIGH,
        group_key=f"code:{channel.public_id}:{call.code}"[:120],
        now=now,
    )
