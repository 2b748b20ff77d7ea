"""The simulator's notices, carried by hand: a practice provider has no network to send them through."""

from apps.channels.services.gateway import gateway_for
from apps.core import clock
from apps.orders.models import Refund
from apps.orders.services.refunds.notices import take_notice


def deliver_notices(refund: Refund) -> int:
    """Gives us what the simulator has to tell about the refund's channel, through the same door as any notice. Nothing outside practice."""
    if not refund.merchant.is_practice:
        return 0
    gateway = gateway_for(refund.channel)
    waiting = gateway.pending_notices()
    for headers, body in waiting:
        take_notice(channel=refund.channel, headers=headers, body=body, now=clock.now())
    return len(waiting)
