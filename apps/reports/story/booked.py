"""The journal entries in force that an order's payments, refunds and lines stand in. An entry of a day holds other orders' parts, too."""

from django.db.models import Q

from apps.core.clock import local_date
from apps.orders.enums import RefundState
from apps.orders.models import RefundTransfer
from apps.reports.story.facts import StoryFacts
from apps.settlements.enums import Source
from apps.settlements.ledger.naming import day_key, row_key
from apps.settlements.models import AcceptedDifference, JournalEntry
from apps.settlements.selectors.journal import live_entries

_ORDER = {source: at for at, source in enumerate(Source)}  # sold before it is listed, listed before it is paid out


def entries_of(facts: StoryFacts) -> list[JournalEntry]:
    """By their day. Three queries, whatever happened to the order."""
    keys = _of_books(facts) | _of_lines(facts) | _accepted(facts)
    keys |= {row_key(Source.DECISION, item.pk) for item in facts.differences}
    keys |= {row_key(Source.DISPUTE, one.pk) for one in facts.disputed.disputes}
    found = live_entries(facts.order.merchant).filter(source_key__in=sorted(keys))
    return sorted(found.select_related("channel"), key=lambda entry: (entry.belongs_on, _ORDER[entry.source], entry.pk))


def _of_books(facts: StoryFacts) -> set[str]:
    """What was sold and given back; a transfer of our own bank is an entry of its own."""
    paid = [one for one in facts.captured if one.business_date]
    keys = {day_key(Source.PAYMENTS, one.channel_id, one.business_date, one.currency) for one in paid}
    for one in facts.books.refunds:
        day = one.business_date or (local_date(one.refunded_at, one.channel.timezone) if one.refunded_at else None)
        if one.state == RefundState.SUCCEEDED and day:
            keys.add(day_key(Source.REFUNDS, one.channel_id, day, one.currency))
    transfers = RefundTransfer.objects.filter(refund__payment__order=facts.order)
    return keys | {row_key(Source.TRANSFER, pk) for pk in transfers.values_list("pk", flat=True)}


def _of_lines(facts: StoryFacts) -> set[str]:
    """What the provider listed, paid out, and the bank shows."""
    lines = [one.line for one in facts.stated]
    keys = {day_key(Source.LINES, one.channel_id, one.business_date, one.currency, one.kind) for one in lines}
    payouts = {one.payout.pk for one in facts.stated if one.payout}
    return keys | {row_key(source, pk) for source in (Source.PAYOUT, Source.ARRIVAL) for pk in payouts}


def _accepted(facts: StoryFacts) -> set[str]:
    rows = AcceptedDifference.objects.for_merchant(facts.order.merchant_id).filter(voided_at=None)
    payments, refunds = [one.pk for one in facts.books.payments], [one.pk for one in facts.books.refunds]
    mine = rows.filter(Q(payment_id__in=payments) | Q(refund_id__in=refunds))
    return {day_key(Source.ACCEPTED, one.channel_id, one.business_date, one.currency, one.kind) for one in mine}
