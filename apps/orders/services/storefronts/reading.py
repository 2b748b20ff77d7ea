"""Reading a storefront's orders: by the clock, after a notice, or because a person wants it now. One reader at a time for each.

Always by what changed since the last time, so a notice that was lost, came twice or came out of order makes no difference.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels.fetching import FetchOutcome
from apps.channels.gateways import Operation
from apps.channels.models import Channel
from apps.channels.registry import PROVIDERS
from apps.channels.services.circuit import CircuitOpen
from apps.channels.services.gateway import can_be_called, end_call, gateway_for, provider_kind, start_call
from apps.channels.storefronts import OrdersAnswer, StorefrontOrder
from apps.core import clock
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.merchants.enums import NoticeSeverity
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify
from apps.orders.enums import StorefrontJob
from apps.orders.models import StorefrontReading
from apps.orders.services.storefronts.booking import book_orders
from apps.orders.services.storefronts.placing import first_places

logger = logging.getLogger(__name__)
AGAIN = timedelta(minutes=10)  # what changed so long before the newest change known is read again: the storefront's index may lag
RHYTHM = timedelta(minutes=5)
CLAIM = timedelta(minutes=10)  # longer than a page and its books take; each page renews it
PAGES = 200  # of one reading; the next goes on
FAULTS_KEPT, UNPLACED_KEPT = 50, 1_000
TROUBLE = "storefront.trouble"


def reads_orders(channel: Channel) -> bool:
    """Whether the channel's provider holds the shop's orders; in practice nobody is asked."""
    kind = provider_kind(channel)
    return kind is not None and Operation.READ_ORDERS in kind.operations and not channel.merchant.is_practice


def reading_of(channel: Channel, now: datetime) -> StorefrontReading:
    """The channel's reading; one that is new begins now, so that nothing is booked twice that a file brought before."""
    start = {"merchant_id": channel.merchant_id, "read_until": now, "gateways": first_places(channel)}
    return StorefrontReading.objects.get_or_create(channel=channel, defaults=start)[0]


def ask_reading(*, channel: Channel, now: datetime, by=None) -> Job:
    """Wants it read soon; asked for many times at once it is read once."""
    row = reading_of(channel, now)
    StorefrontReading.objects.filter(pk=row.pk).update(asked_at=now)
    payload, key = {"channel_id": channel.pk}, f"storefront:{channel.pk}"
    return enqueue(kind=StorefrontJob.READ, merchant_id=channel.merchant_id, payload=payload, dedupe_key=key, by=by, now=now)


def ring_storefronts(*, now: datetime) -> int:
    """By the schedule: storefronts that somebody wants read, or that were not for a while. Returns how many jobs were asked for."""
    rung = 0
    codes = [code for code, known in PROVIDERS.items() if known.gateway and Operation.READ_ORDERS in known.gateway.operations]
    for channel in Channel.objects.filter(is_on=True, provider__in=codes).exclude(credentials="").select_related("merchant"):
        if not reads_orders(channel) or not can_be_called(channel):
            continue
        row = reading_of(channel, now)
        is_free = row.claimed_until is None or row.claimed_until <= now
        is_wanted = row.asked_at is not None and (row.began_at is None or row.began_at < row.asked_at)
        if is_free and (is_wanted or row.began_at is None or row.began_at <= now - RHYTHM):
            payload, key = {"channel_id": channel.pk}, f"storefront:{channel.pk}"
            enqueue(kind=StorefrontJob.READ, merchant_id=channel.merchant_id, payload=payload, dedupe_key=key, now=now)
            rung += 1
    return rung


def read_storefront(*, channel: Channel, now: datetime) -> int:
    """Reads what changed and books it, page by page. Returns how many changes were taken in; 0 when somebody else reads.

    What the provider refuses or does not answer stays on the row; the books keep what came before it.

    :raises GatewayMissing: its credentials are not complete; nothing was asked.
    """
    gateway, row = gateway_for(channel), reading_of(channel, now)
    free = StorefrontReading.objects.filter(Q(claimed_until=None) | Q(claimed_until__lte=now), pk=row.pk)
    if not free.update(claimed_until=now + CLAIM, began_at=now):
        return 0
    row.refresh_from_db()
    since, after, taken = row.read_until - AGAIN, "", 0
    for _page in range(PAGES):
        answer = _ask(channel, gateway, since, after)
        if answer.outcome != FetchOutcome.FETCHED:
            _end(row, answer)
            return taken
        taken += _take(channel, row, answer)
        after = answer.after
        if not after:
            break
    _end(row, None)
    return taken


def _ask(channel: Channel, gateway, since: datetime, after: str) -> OrdersAnswer:
    now = clock.now()
    try:
        with transaction.atomic():
            call = start_call(channel=channel, operation=Operation.READ_ORDERS, key=channel.public_id, now=now)
    except CircuitOpen as error:
        return OrdersAnswer(FetchOutcome.UNKNOWN, code="circuit", message=str(error))
    try:
        answer = gateway.read_orders(since, after)
    except Exception as error:
        logger.exception("Unable to read orders of channel=%s", channel.pk)
        answer = OrdersAnswer(FetchOutcome.UNKNOWN, code="broken", message=type(error).__name__)
    end_call(call, answer, clock.now())
    return answer


def _take(channel: Channel, row: StorefrontReading, answer: OrdersAnswer) -> int:
    """One page into the books, and how far that is. The books may be ahead of the mark, never behind: a page is safe to repeat."""
    now = clock.now()
    fresh = [order for order in answer.orders if row.seen.get(order.ref) != order.updated_at.isoformat()]
    wanted = [order for order in fresh if not (order.is_test and channel.is_live)]
    booked = book_orders(channel=channel, orders=wanted, gateways=row.gateways, now=now)
    unread = [{"order": one.order_no, "column": "", "code": one.code, "value": one.value[:80]} for one in answer.unread]
    told = {order.order_no for order in fresh} | {one["order"] for one in unread}
    still = [fault for fault in row.faults if fault["order"] not in told]
    row.faults = [*booked.faults, *unread, *still][:FAULTS_KEPT]
    for gateway, orders in booked.unplaced.items():
        row.unplaced[gateway] = sorted({*row.unplaced.get(gateway, []), *orders})[:UNPLACED_KEPT]
    row.read_until = max([row.read_until, *(order.updated_at for order in answer.orders)])
    row.seen = _still_seen(row, answer.orders)
    row.claimed_until = now + CLAIM
    with transaction.atomic():
        # Whoever placed a gateway meanwhile wants all read again from an earlier day: then this mark is not kept.
        known = StorefrontReading.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if known.gateways != row.gateways or known.began_at != row.began_at:
            return len(fresh)
        row.save(update_fields=["faults", "unplaced", "read_until", "seen", "claimed_until"])
        StorefrontReading.objects.filter(pk=row.pk).update(orders=F("orders") + len(fresh))
    if (booked.faults or unread) and fresh:
        _tell(channel, now)
    return len(fresh)


def _still_seen(row: StorefrontReading, orders: tuple[StorefrontOrder, ...]) -> dict[str, str]:
    seen = row.seen | {order.ref: order.updated_at.isoformat() for order in orders}
    return {ref: moment for ref, moment in seen.items() if datetime.fromisoformat(moment) >= row.read_until - AGAIN}


def _end(row: StorefrontReading, answer: OrdersAnswer | None) -> None:
    now = clock.now()
    values = {"code": answer.code[:60], "message": answer.message[:300]} if answer else {"code": "", "message": "", "ended_at": now}
    StorefrontReading.objects.filter(pk=row.pk, began_at=row.began_at).update(claimed_until=None, **values)
    if answer and answer.outcome == FetchOutcome.FAILED:
        _tell(row.channel, now)


def _tell(channel: Channel, now: datetime) -> None:
    notify(
        merchant=channel.merchant,
        users=members_with(channel.merchant, "edit_channels"),
        kind=TROUBLE,
        title=format_lazy(_("Orders of {channel} could not all be read"), channel=channel.label),
        body=_("What could be read is in the books. The page of the storefront says which orders are missing and why."),
        href=reverse("orders:storefront", args=[channel.merchant.slug, channel.code]),
        severity=NoticeSeverity.NORMAL,
        group_key=f"storefront:{channel.public_id}",
        now=now,
    )
