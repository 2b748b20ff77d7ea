"""Which of the shop's channels each payment gateway of a storefront is: said by a person, once."""

from datetime import datetime

from django.db import transaction

from apps.audit.services import record
from apps.channels.contracts import Method
from apps.channels.models import Channel
from apps.channels.services.gateway import provider_kind
from apps.merchants.models import User
from apps.orders.models import StorefrontReading

PLACED = "storefront.gateways_placed"


def first_places(channel: Channel) -> dict[str, dict]:
    """What is known without asking: the storefront's own gateway settles to this very channel."""
    kind = provider_kind(channel)
    if kind is None or not kind.own_gateway:
        return {}
    return {kind.own_gateway: {"channel": channel.code, "method": str(Method.CREDIT_CARD)}}


def place_gateways(*, channel: Channel, gateways: dict[str, dict], since: datetime, by: User, now: datetime) -> StorefrontReading:
    """Sets all places, and reads anew what changed since `since`: payments of a gateway that had no place are not in the books.

    Who reads at this moment does not keep its mark. Payments that are booked stay where they are.
    """
    with transaction.atomic():
        start = {"merchant_id": channel.merchant_id, "read_until": since}
        StorefrontReading.objects.get_or_create(channel=channel, defaults=start)
        row = StorefrontReading.objects.select_for_update(of=("self",)).get(channel=channel)
        before, row.gateways = row.gateways, gateways
        row.unplaced = {name: orders for name, orders in row.unplaced.items() if name not in gateways}
        row.read_until, row.seen, row.claimed_until, row.began_at = since, {}, None, None
        row.save(update_fields=["gateways", "unplaced", "read_until", "seen", "claimed_until", "began_at"])
        after = {"gateways": gateways, "since": since.isoformat()}
        record(merchant_id=channel.merchant_id, action=PLACED, subject=channel, by=by, now=now, before={"gateways": before}, after=after)
    return row
