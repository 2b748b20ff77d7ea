"""What a channel still owes by its own statements: the payouts that have not come yet. Refunds are taken from it."""

from collections.abc import Iterable
from datetime import date

from apps.merchants.models import Merchant
from apps.orders.selectors.refund_context import ChannelBalance
from apps.settlements.models import Payout


def channel_balances(merchant: Merchant, channel_ids: Iterable[int], today: date) -> dict[tuple[int, str], ChannelBalance]:
    """By channel and currency; two queries. A channel without a payout to come is left out when it never had one: nothing is known.

    A payout that is overdue and has not arrived is a difference and no longer a balance, so it is not counted.
    """
    rows = Payout.objects.for_merchant(merchant).filter(channel_id__in=list(channel_ids), line_count__gt=0)
    found: dict[tuple[int, str], ChannelBalance] = {}
    coming = rows.filter(arrived_on=None, due_on__gte=today).order_by("due_on", "pk")
    known = rows.order_by().values_list("channel_id", "currency").distinct()
    for key in known:
        found[key] = ChannelBalance(0, key[1], None)
    for payout in coming:
        before = found[payout.channel_id, payout.currency]
        amount = payout.lines_net_minor if payout.announced_minor is None else payout.announced_minor
        found[payout.channel_id, payout.currency] = ChannelBalance(before.minor + amount, payout.currency, before.next_on or payout.due_on)
    return found
