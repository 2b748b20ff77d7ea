"""People hear of notices that nobody could do for days: something is wrong on our side, and the notice can be replayed afterwards."""

from datetime import datetime

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels.models import Channel
from apps.merchants.enums import NoticeSeverity
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify


def tell_given_up(channel: Channel, now: datetime) -> None:
    """Once for a channel, however many there are."""
    merchant = channel.merchant
    notify(
        merchant=merchant,
        users=members_with(merchant, "edit_channels"),
        kind="notice.given_up",
        title=format_lazy(_("A notice of {channel} could not be done for three days"), channel=channel.label),
        body=_("It is kept. Open it in the channel's list of notices and replay it, or tell support if that fails too."),
        href=reverse("channels:notices", args=[merchant.slug, channel.code]),
        severity=NoticeSeverity.HIGH,
        group_key=f"given-up:{channel.public_id}",
        now=now,
    )
