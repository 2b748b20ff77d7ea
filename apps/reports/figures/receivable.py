"""Where the money of open payouts stands at both ends of a month, counted from the lines themselves.

This is the second of the two computations that the certificate compares. The first adds movements to the opening figure; this
one never looks at movements of the month as such, it asks of each line whether its payout had reached the bank by that day.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Sum

from apps.channels.calendar import Settlement
from apps.channels.models import Channel, StatementRhythm
from apps.channels.terms import calendar_for, calendars_of, settlement_for
from apps.merchants.models import Merchant
from apps.reports.figures.months import Month
from apps.reports.figures.movements import Key, live_lines
from apps.settlements.models import Payout


@dataclass(frozen=True, slots=True)
class Holding:
    """The lines of one payout (or of none, then `ref` is empty), in minor units, as they stood when the month began and ended.

    A line counts from its business date until the day its payout is booked by the bank. A payout that came before its
    lines' date is owed back until then, hence negative.
    """

    channel_id: int
    currency: str
    ref: str
    due_on: date | None
    arrived_on: date | None
    opening: int
    closing: int

    def is_overdue(self, day: date) -> bool:
        return self.due_on is not None and self.due_on <= day


def holdings(merchant: Merchant, month: Month) -> list[Holding]:
    """Every payout that held money at the beginning or the end of the month, ordered by channel, currency and due day."""
    known = _payouts(merchant)
    found = [_holding(key, sums, known.get(key), month) for key, sums in _nets(merchant, month, known).items()]
    held = [one for one in found if one.opening or one.closing]
    return sorted(held, key=lambda one: (one.channel_id, one.currency, one.due_on or date.max, one.ref))


def sums_by_payout(merchant: Merchant) -> dict[tuple[int, str, str], int]:
    """Net of all live lines by (channel, currency, payout reference)."""
    nets = _nets(merchant, Month(date(2000, 1, 1)), _payouts(merchant))
    return {key: sum(parts) for key, parts in nets.items()}


def _payouts(merchant: Merchant) -> dict[tuple[int, str, str], Payout]:
    return {(p.channel_id, p.currency, p.ref): p for p in Payout.objects.for_merchant(merchant).order_by()}


def _nets(merchant: Merchant, month: Month, known: dict) -> dict[tuple[int, str, str], list[int]]:
    """Net before, in and after the month."""
    nets: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for key, sums in [*_named(merchant, month), *_unnamed(merchant, month, known)]:
        nets[key] = [have + more for have, more in zip(nets[key], sums, strict=True)]
    return nets


def at_both_ends(held: list[Holding]) -> dict[Key, tuple[int, int]]:
    """Opening and closing receivable by channel and currency."""
    sums: dict[Key, tuple[int, int]] = {}
    for one in held:
        opening, closing = sums.get((one.channel_id, one.currency), (0, 0))
        sums[one.channel_id, one.currency] = (opening + one.opening, closing + one.closing)
    return sums


def _holding(key: tuple[int, str, str], sums: list[int], payout: Payout | None, month: Month) -> Holding:
    before, inside, later = sums
    arrived_on = payout.arrived_on if payout else None
    gone_before = arrived_on is not None and arrived_on < month.first
    gone_after = arrived_on is not None and arrived_on <= month.last
    return Holding(
        channel_id=key[0],
        currency=key[1],
        ref=key[2] if payout else "",
        due_on=payout.due_on if payout else None,
        arrived_on=arrived_on,
        opening=-(inside + later) if gone_before else before,
        closing=-later if gone_after else before + inside,
    )


def _sums(lines, month: Month, *by: str):
    return (
        lines.order_by()
        .values(*by)
        .annotate(
            before=Sum("net", filter=Q(business_date__lt=month.first), default=0),
            inside=Sum("net", filter=Q(business_date__range=(month.first, month.last)), default=0),
            later=Sum("net", filter=Q(business_date__gt=month.last), default=0),
        )
    )


def _parts(row: dict) -> list[int]:
    return [int(row["before"]), int(row["inside"]), int(row["later"])]


def _named(merchant: Merchant, month: Month):
    """Lines whose file names their payout."""
    rows = _sums(live_lines(merchant).exclude(payout_ref=""), month, "channel_id", "currency", "payout_ref")
    return [((row["channel_id"], row["currency"], row["payout_ref"]), _parts(row)) for row in rows]


def _unnamed(merchant: Merchant, month: Month, known: dict):
    """Lines whose payout follows from the calendar: one per channel and bank date. A few hundred days, however many lines."""
    own = calendars_of(merchant)
    terms = {channel.pk: (channel, settlement_for(channel), calendar_for(channel, own)) for channel in merchant.channels.all()}
    rows = _sums(live_lines(merchant).filter(payout_ref=""), month, "channel_id", "currency", "business_date", "payout_on")
    return [((row["channel_id"], row["currency"], _ref(row, *terms[row["channel_id"]], known)), _parts(row)) for row in rows]


def _ref(row: dict, channel: Channel, settlement: Settlement, calendar, known: dict) -> str:
    if row["payout_on"] is None and channel.statements == StatementRhythm.PER_PAYOUT:
        return ""
    ref = (row["payout_on"] or settlement.due(row["business_date"], calendar)).isoformat()
    return ref if (row["channel_id"], row["currency"], ref) in known else ""
