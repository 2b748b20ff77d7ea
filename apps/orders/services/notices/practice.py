"""The simulator's notices, carried by hand: a practice provider has no network to send them through."""

from apps.channels.models import Channel
from apps.channels.services.gateway import gateway_for
from apps.core import clock
from apps.orders.services.notices.intake import take_notice


def deliver_notices(channel: Channel) -> int:
    """Gives us what the simulator has to tell about a channel, through the same door as any notice. Nothing outside practice."""
    if not channel.merchant.is_practice:
        return 0
    waiting = gateway_for(channel).pending_notices()
    for headers, body in waiting:
        take_notice(channel=channel, headers=headers, body=body, now=clock.now())
    return len(waiting)
