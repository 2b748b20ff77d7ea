"""All that any of our sources knows of one order, read in a fixed number of queries."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from apps.audit.models import AuditEvent
from apps.channels.calendar import BusinessCalendar, Settlement
from apps.channels.models import Channel, StatementRhythm
from apps.channels.terms import calendar_for, calendars_of, settlement_for
from apps.orders.models import Order, Payment
from apps.orders.selectors.story import OrderBooks, order_books
from apps.reports.story.calls import Spoken, spoken
from apps.reports.story.disputes import Disputed, disputed
from apps.settlements.models import BankMatch, Discrepancy, DiscrepancyComment, Match, Payout, StatementLine

MOST_PAYOUT_KEYS = 50  # lines of one order whose payouts are looked up; an order with more is paid by instalment for years


@dataclass(frozen=True, slots=True)
class Terms:
    """When a channel pays out, as `settles_words` wants it."""

    channel: Channel
    settlement: Settlement
    calendar: BusinessCalendar


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement line of the order: how it was paired (None when it is only part of a difference), its payout and that one's tie."""

    line: StatementLine
    match: Match | None
    payout: Payout | None
    tie: BankMatch | None


@dataclass(frozen=True, slots=True)
class StoryFacts:
    """`stated` are the live lines, oldest first; `terms` by channel id."""

    order: Order
    books: OrderBooks
    stated: list[Stated]
    differences: list[Discrepancy]
    comments: list[DiscrepancyComment]
    events: list[AuditEvent]
    terms: dict[int, Terms]
    disputed: Disputed
    spoken: Spoken

    @property
    def captured(self) -> list[Payment]:
        return [payment for payment in self.books.payments if payment.is_captured]

    def lines_for(self, payment: Payment) -> list[Stated]:
        """The lines paired with a payment."""
        return [one for one in self.stated if one.match is not None and one.match.payment_id == payment.pk]

    def due_on(self, channel_id: int, day: date) -> date:
        """The bank date of money of a business day, by the channel's calendar."""
        terms = self.terms[channel_id]
        return terms.settlement.due(day, terms.calendar)


def story_facts(order: Order) -> StoryFacts:
    """Sixteen queries at most, whatever happened to the order."""
    books = order_books(order)
    matches = _matches(order, books)
    differences = _differences(order, books, matches)
    of_disputes = disputed(order.merchant_id, [row.pk for row in books.payments])
    lines = {match.line_id: match.line for match in matches} | {item.line_id: item.line for item in differences if item.line}
    lines |= {pk: one.line for pk, one in of_disputes.lines.items()}
    live = sorted((line for line in lines.values() if line.is_live), key=lambda line: (line.occurred_at, line.pk))
    payouts, ties = _payouts(order, live)
    by_line = {match.line_id: match for match in matches}
    stated = [_stated(line, by_line.get(line.pk), payouts, ties) for line in live]
    channels = {row.channel_id: row.channel for row in [*books.payments, *books.refunds, *live]}
    own = calendars_of(order.merchant_id)
    return StoryFacts(
        order=order,
        books=books,
        stated=stated,
        differences=differences,
        comments=_comments(differences),
        events=_events(order, differences, matches, stated),
        terms={pk: Terms(one, settlement_for(one), calendar_for(one, own)) for pk, one in channels.items()},
        disputed=of_disputes,
        spoken=spoken(books),
    )


def _matches(order: Order, books: OrderBooks) -> list[Match]:
    mine = Q(payment_id__in=[row.pk for row in books.payments]) | Q(refund_id__in=[row.pk for row in books.refunds])
    live = Match.objects.for_merchant(order.merchant_id).filter(mine, voided_at=None)
    return list(live.select_related("line__statement__channel", "line__channel__bank_account", "made_by").order_by("pk"))


def _differences(order: Order, books: OrderBooks, matches: list[Match]) -> list[Discrepancy]:
    """Those about its payments, refunds and lines."""
    mine = Q(payment_id__in=[row.pk for row in books.payments]) | Q(refund_id__in=[row.pk for row in books.refunds])
    mine |= Q(line_id__in=[match.line_id for match in matches])
    rows = Discrepancy.objects.for_merchant(order.merchant_id).filter(mine)
    related = ("channel", "owner", "closed_by", "line__statement__channel", "line__channel__bank_account")
    return list(rows.select_related(*related).order_by("opened_at", "pk"))


def _payouts(order: Order, lines: list[StatementLine]) -> tuple[list[Payout], dict[int, BankMatch]]:
    """Payouts that may carry the lines, and the live tie of each."""
    wanted = Q(pk__in=[])
    for line in lines[:MOST_PAYOUT_KEYS]:
        wanted |= Q(channel_id=line.channel_id, currency=line.currency) & _payout_key(line)
    payouts = list(Payout.objects.for_merchant(order.merchant_id).filter(wanted).order_by("due_on", "pk")) if lines else []
    live = BankMatch.objects.filter(payout_id__in=[payout.pk for payout in payouts], voided_at=None)
    ties = live.select_related("bank_line__statement", "bank_line__bank_account") if payouts else []
    return payouts, {tie.payout_id: tie for tie in ties}


def _payout_key(line: StatementLine) -> Q:
    if line.payout_ref:
        return Q(ref=line.payout_ref)
    if line.payout_on:
        return Q(is_named=False, due_on=line.payout_on)
    if line.channel.statements == StatementRhythm.PER_PAYOUT:
        return Q(pk__in=[])
    return Q(is_named=False, covers_from__lte=line.business_date, covers_to__gte=line.business_date)


def _stated(line: StatementLine, match: Match | None, payouts: list[Payout], ties: dict[int, BankMatch]) -> Stated:
    payout = next((one for one in payouts if _carries(one, line)), None)
    return Stated(line, match, payout, ties.get(payout.pk) if payout else None)


def _carries(payout: Payout, line: StatementLine) -> bool:
    if (payout.channel_id, payout.currency) != (line.channel_id, line.currency):
        return False
    if line.payout_ref:
        return payout.ref == line.payout_ref
    if line.payout_on:
        return not payout.is_named and payout.due_on == line.payout_on
    return not payout.is_named and payout.covers_from <= line.business_date <= payout.covers_to


def _comments(differences: list[Discrepancy]) -> list[DiscrepancyComment]:
    rows = DiscrepancyComment.objects.filter(discrepancy_id__in=[item.pk for item in differences])
    return list(rows.select_related("written_by").order_by("written_at", "pk")) if differences else []


def _events(order: Order, differences: list[Discrepancy], matches: list[Match], stated: list[Stated]) -> list[AuditEvent]:
    """What people and rules decided about the order's differences, pairs, payments, refunds and payouts."""
    subjects = {
        "discrepancy": [item.pk for item in differences],
        "match": [match.pk for match in matches],
        "payout": sorted({one.payout.pk for one in stated if one.payout}),
        "bankmatch": sorted({one.tie.pk for one in stated if one.tie}),
        "order": [order.pk],
    }
    mine = Q(pk__in=[])
    for name, keys in subjects.items():
        mine |= Q(subject_type=name, subject_id__in=[str(key) for key in keys])
    return list(AuditEvent.objects.for_merchant(order.merchant_id).filter(mine).order_by("happened_at", "pk"))
