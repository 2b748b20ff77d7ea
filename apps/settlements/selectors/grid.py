"""The completeness grid: channel or bank account × day of a month, four quarters a cell. Constant queries whatever the month holds."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.channels.calendar import BusinessCalendar
from apps.channels.models import Channel, FetchState, StatementFetch, StatementRhythm
from apps.channels.terms import calendar_for, calendars_of, settlement_for
from apps.core.figures import day_text, weekday_text
from apps.merchants.models import BankAccount, Merchant
from apps.settlements.enums import Kind, StatementLists, StatementState
from apps.settlements.models import BankLine, BankStatement, Discrepancy, Payout, Statement, StatementLine
from apps.settlements.states import OPEN

DONE, WAIT, AMBER, RED = "done", "wait", "amber", "red"
OF_BANK = frozenset({Kind.PAYOUT_MISSING_IN_BANK, Kind.BANK_AMOUNT_MISMATCH, Kind.PAYOUT_AMOUNT_MISMATCH, Kind.UNEXPECTED_BANK_LINE})
OF_FILE = frozenset({Kind.STATEMENT_GAP, Kind.STATEMENT_TOTAL_MISMATCH})


@dataclass(frozen=True)
class GridCell:
    """One day of one row: statement in, totals agree, all matched, paid out. Empty `states`: nothing is expected."""

    day: date
    states: list[str]
    sentence: str
    href_query: str

    @property
    def weekday(self) -> str:
        return weekday_text(self.day)


@dataclass(frozen=True)
class GridRow:
    """A channel or bank account over a month."""

    label: str
    note: str
    cells: list[GridCell]
    is_bank: bool


@dataclass(frozen=True)
class Facts:
    """What a month holds, looked up once: sets of (owner, day), and payouts by channel."""

    covered: set
    off: set
    with_lines: set
    rows: dict
    faults: dict
    payouts: dict
    first: dict
    refused: set  # days whose statement the provider would not give


def grid_of(merchant: Merchant, first: date, today: date) -> list[GridRow]:
    """The rows of a month's grid, channels first, then bank accounts."""
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    own = calendars_of(merchant)
    channels = list(Channel.objects.for_merchant(merchant).select_related("merchant").order_by("code"))
    facts = _channel_facts(merchant, channels, days)
    rows = [_channel_row(channel, calendar_for(channel, own), facts, days, today) for channel in channels]
    return rows + _bank_rows(merchant, days, today)


def _channel_facts(merchant: Merchant, channels: list[Channel], days: list[date]) -> Facts:
    posted = Statement.objects.for_merchant(merchant).filter(state=StatementState.POSTED)
    covered, off, rows = set(), set(), {}
    for channel, start, end, totals, count, lists, breaks in posted.filter(first_day__lte=days[-1], last_day__gte=days[0]).values_list(
        "channel_id", "first_day", "last_day", "totals", "rows_in", "lists", "breaks"
    ):
        spanned = {(channel, start + timedelta(days=at)) for at in range((end - start).days + 1)}
        if lists == StatementLists.TRADES:
            covered |= spanned
            if start == end:
                rows[(channel, start)] = max(count, rows.get((channel, start), 0))
        if breaks or any(total["stated"] != total["computed"] for total in totals):
            off |= spanned
    payouts = defaultdict(list)
    for payout in Payout.objects.for_merchant(merchant).filter(covers_from__lte=days[-1], covers_to__gte=days[0], line_count__gt=0):
        payouts[payout.channel_id].append(payout)
    starts: dict = {}
    of_trades = posted.filter(lists=StatementLists.TRADES)
    for channel, start in of_trades.values_list("channel_id", "first_day").order_by("first_day"):
        starts.setdefault(channel, start)
    fetches = StatementFetch.objects.for_merchant(merchant).filter(state=FetchState.REFUSED, day__range=(days[0], days[-1]))
    refused = set(fetches.values_list("channel_id", "day"))
    return Facts(covered, off, _days_with_lines(channels, days), rows, _faults(merchant, days), payouts, starts, refused)


def _days_with_lines(channels: list[Channel], days: list[date]) -> set:
    """(channel, day) of every day on which a line falls: one look into the index a day, however many lines there are."""
    lines = StatementLine.objects.filter(channel=OuterRef("pk"), is_live=True)
    looks = {f"day_{day.day}": Exists(lines.filter(business_date=day)) for day in days}
    found = Channel.objects.filter(pk__in=[channel.pk for channel in channels]).annotate(**looks).values("pk", *looks)
    return {(row["pk"], day) for row in found for day in days if row[f"day_{day.day}"]}


def _faults(merchant: Merchant, days: list[date]) -> dict:
    open_ones = Discrepancy.objects.for_merchant(merchant).filter(state__in=[*OPEN], business_date__range=(days[0], days[-1]))
    counts: dict = defaultdict(lambda: [0, 0])  # lines, bank
    for channel, day, kind, count in open_ones.values_list("channel_id", "business_date", "kind").annotate(n=Count("id")).order_by():
        if kind not in OF_FILE:
            counts[(channel, day)][kind in OF_BANK] += count
    return counts


def _channel_row(channel: Channel, calendar: BusinessCalendar, facts: Facts, days: list[date], today: date) -> GridRow:
    settlement, is_daily = settlement_for(channel), channel.statements == StatementRhythm.DAILY
    cells = []
    for day in days:
        at = (channel.pk, day)
        moves = at in facts.with_lines
        is_in = at in facts.covered or (moves and channel.statements == StatementRhythm.PER_PAYOUT)
        expected = channel.statements == StatementRhythm.DAILY and calendar.is_open(day) and day >= facts.first.get(channel.pk, date.max)
        if day > today or not (is_in or moves or expected):
            cells.append(GridCell(day, [], _("%(who)s, %(day)s: nothing expected") % {"who": channel.label, "day": day_text(day)}, ""))
            continue
        overdue = calendar.add_open_days(day, 1 + channel.grace_days) < today
        wrong = facts.faults.get(at, [0, 0])
        states = [
            DONE if is_in else RED if overdue else AMBER if at in facts.refused else WAIT,
            AMBER if at in facts.off else DONE if is_in else WAIT,
            RED if wrong[0] else DONE if is_in else WAIT,
            _paid_out(channel, day, facts, wrong[1], moves, is_in),
        ]
        due = settlement.due(day, calendar)
        query = f"channel={channel.code}&first={day}&last={day}"
        cells.append(
            GridCell(day, states, _sentence(channel.label, day, states, facts.rows.get(at) if is_daily else None, wrong[0], due), query)
        )
    return GridRow(channel.label, channel.currency, cells, is_bank=False)


def _paid_out(channel: Channel, day: date, facts: Facts, wrong: int, moves: bool, is_in: bool) -> str:
    if not moves:
        return DONE if is_in else WAIT
    payouts = [p for p in facts.payouts.get(channel.pk, ()) if p.covers_from <= day <= p.covers_to]
    if wrong:
        return RED
    return DONE if payouts and all(p.arrived_on or p.amount_minor == 0 for p in payouts) else WAIT


def _sentence(label: str, day: date, states: list[str], count: int | None, wrong: int, due: date) -> str:
    """The whole cell in words, for its name and its popover."""
    there = _("statement in") if count is None else ngettext("statement in, %(count)s row", "statement in, %(count)s rows", count)
    parts = [
        there % {"count": count} if states[0] == DONE else _("statement not fetched") if states[0] == AMBER else _("statement not in"),
        {DONE: _("totals agree"), AMBER: _("totals differ")}.get(states[1], _("totals not known")),
        ngettext("%(count)s difference", "%(count)s differences", wrong) % {"count": wrong}
        if wrong
        else _("all matched")
        if states[2] == DONE
        else _("not matched yet"),
        _("paid out") if states[3] == DONE else _("payout due %(day)s") % {"day": day_text(due)},
    ]
    return _("%(who)s, %(day)s: %(parts)s") % {"who": label, "day": day_text(day), "parts": " · ".join(parts)}


def _bank_rows(merchant: Merchant, days: list[date], today: date) -> list[GridRow]:
    posted = BankStatement.objects.for_merchant(merchant).filter(state=StatementState.POSTED, is_final=True)
    covered, broken = set(), set()
    for account, start, end, breaks, totals in posted.filter(first_day__lte=days[-1], last_day__gte=days[0]).values_list(
        "bank_account_id", "first_day", "last_day", "breaks", "totals"
    ):
        spanned = {(account, start + timedelta(days=at)) for at in range((end - start).days + 1)}
        covered |= spanned
        if breaks or any(total["stated"] != total["computed"] for total in totals):
            broken |= spanned
    counted = BankLine.objects.for_merchant(merchant).filter(is_live=True, booked_on__range=(days[0], days[-1]))
    lines = {(a, d): n for a, d, n in counted.values_list("bank_account_id", "booked_on").annotate(n=Count("id")).order_by()}
    strange = Discrepancy.objects.for_merchant(merchant).filter(
        Q(kind=Kind.UNEXPECTED_BANK_LINE), state__in=[*OPEN], business_date__range=(days[0], days[-1])
    )
    loose = {(a, d) for a, d in strange.values_list("bank_line__bank_account_id", "business_date")}
    rows = []
    for account in BankAccount.objects.for_merchant(merchant).order_by("code"):
        cells = []
        for day in days:
            at, count = (account.pk, day), lines.get((account.pk, day), 0)
            if at not in covered or day > today:
                cells.append(GridCell(day, [], _("%(who)s, %(day)s: no statement") % {"who": account.bank, "day": day_text(day)}, ""))
                continue
            states = [DONE, AMBER if at in broken else DONE, RED if at in loose else DONE, DONE]
            words = [
                ngettext("%(count)s line", "%(count)s lines", count) % {"count": count},
                _("balances break") if at in broken else _("balances follow"),
            ]
            words.append(_("a deposit is not explained") if at in loose else _("all explained"))
            sentence = _("%(who)s, %(day)s: %(parts)s") % {"who": account.bank, "day": day_text(day), "parts": " · ".join(words)}
            cells.append(GridCell(day, states, sentence, ""))
        rows.append(GridRow(account.bank, f"{account.currency} {account.account_no[-8:]}", cells, is_bank=True))
    return rows
