"""The simulator's notices, carried by hand: a practice provider has no network to send them through."""

from apps.channels.models import Channel
from apps.channels.services.gateway import gateway_for
from apps.core import clock
from apps.orders.services.notices.doing import do_notice
from apps.orders.services.notices.intake import take_notice


def deliver_notices(channel: Channel) -> int:
    """Gives us what the simulator has to tell about a channel, through the same door as any notice, and does it at once.

    Nothing outside practice.
    """
    if not channel.merchant.is_practice:
        return 0
    waiting = gateway_for(channel).pending_notices()
    for headers, body in waiting:
        for pk in take_notice(channel=channel, headers=headers, body=body, now=clock.now()).kept:
            do_notice(channel, pk, clock.now())
    return len(waiting)
