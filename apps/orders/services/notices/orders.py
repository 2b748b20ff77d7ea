"""A storefront's notice that an order changed: what it changed to is read from the storefront itself."""

from datetime import datetime

from apps.channels.models import Channel, NoticeState
from apps.channels.storefronts import OrderTold
from apps.orders.services.storefronts.reading import ask_reading, reads_orders


def do_order(channel: Channel, told: OrderTold, now: datetime) -> tuple[NoticeState, str]:
    """Asks for a reading, in the transaction of the notice: neither is there without the other."""
    if not reads_orders(channel):
        return NoticeState.IGNORED, "unread"
    ask_reading(channel=channel, now=now)
    return NoticeState.PROCESSED, f"asked {told.order_no}".strip()
