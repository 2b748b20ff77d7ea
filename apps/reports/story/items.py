"""The time line of an order: what the books, the files, the bank and people say, oldest first, what is expected last."""

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.models import AuditEvent
from apps.core.clock import start_of_day
from apps.core.figures import day_text, money_text
from apps.core.panels import Step
from apps.orders.selectors.story import order_story
from apps.reports.story.facts import Stated, StoryFacts
from apps.reports.story.said import said_items
from apps.settlements.enums import DiscrepancyState, Resolution
from apps.settlements.models import Discrepancy, Payout, Statement
from apps.settlements.selectors.explain import settles_words
from apps.settlements.selectors.files import raw_row
from apps.settlements.selectors.headlines import short_title

RAW_WITHIN = 2_000_000  # bytes; the row of a larger file is shown on the page of its file
RAW_ROWS = 8
LAST_HOUR = 23


@dataclass(frozen=True, slots=True)
class Item:
    """`group` is the filter it belongs to. A day without an hour (`is_day`) stands after the moments of that day."""

    at: datetime
    group: str
    title: str
    is_day: bool = False
    state: str = "done"
    detail: str = ""
    amount: str = ""
    icon: str = "check"
    href: str = ""
    raw: str = ""


def items_of(facts: StoryFacts, slug: str, today: date, zone: str) -> list[Item]:
    """Everything, in order."""
    found = [*_books(facts), *_lines(facts, slug, zone), *_payouts(facts, slug, zone, today)]
    found += [*_differences(facts, slug), *_disputes(facts, slug), *_people(facts), *_said(facts, slug)]
    return sorted(found, key=lambda item: (item.state == "expected" and item.is_day, item.at))


def steps_of(items: list[Item]) -> list[Step]:
    """As the time line draws them: the day is written where it changes, and times to the second."""
    steps, last = [], None
    for item in items:
        local = timezone.localtime(item.at)
        if item.is_day:
            when, last = day_text(local.date()), None
        elif local.date() == last:
            when = f"{local:%H:%M:%S}"
        else:
            when, last = f"{_short(local.date())} {local:%H:%M}", local.date()
        steps.append(Step(when, item.title, item.state, item.detail, item.amount, item.icon, item.href, item.raw))
    return steps


def _short(day: date) -> str:
    """Without the weekday, which does not fit beside the hour."""
    return day_text(day).partition("（")[0]


def _books(facts: StoryFacts) -> list[Item]:
    groups = {"order": "books", "payment": "books", "refund": "refund"}
    return [
        Item(
            at=one.at,
            group=groups.get(one.group, one.group),
            title=one.title,
            state=one.state,
            detail=one.detail,
            amount="" if one.amount_minor is None else _money(one.amount_minor, one.currency, facts),
            icon=one.icon,
        )
        for one in order_story(facts.order, facts.books)
    ]


def _said(facts: StoryFacts, slug: str) -> list[Item]:
    items = said_items(facts.spoken, slug)
    return [Item(one.at, "call", one.title, state=one.state, detail=one.detail, icon=one.icon, href=one.href) for one in items]


def _lines(facts: StoryFacts, slug: str, zone: str) -> list[Item]:
    raws = _raw_rows([one.line for one in facts.stated[:RAW_ROWS]])
    return [_line(one, facts, slug, zone, raws.get(one.line.pk, "")) for one in facts.stated]


def _line(one: Stated, facts: StoryFacts, slug: str, zone: str, raw: str) -> Item:
    line = one.line
    where = _("%(file)s, row %(row)s") % {"file": line.statement.name, "row": line.row_no}
    tie = facts.disputed.lines.get(line.pk)
    how = _("paired with dispute %(number)s") % {"number": tie.dispute} if tie else _("not paired with our books")
    how = one.match.get_rule_display() if one.match else how
    by = f" · {one.match.made_by}" if one.match and one.match.made_by else ""
    title = {
        "payment": _("%(channel)s lists the payment"),
        "refund": _("%(channel)s lists the refund"),
        "dispute": _("%(channel)s lists a dispute"),
        "dispute_reversal": _("%(channel)s gives disputed money back"),
    }.get(line.kind, _("%(channel)s lists a movement"))
    return Item(
        at=start_of_day(line.business_date, zone, LAST_HOUR),
        group="statement",
        title=title % {"channel": line.channel.label},
        is_day=True,
        state="done" if one.match or tie else "fault",
        detail=f"{where} · {how}{by}" + (_(" · fee %(fee)s") % {"fee": money_text(line.fee, line.currency)} if line.fee else ""),
        amount=_money(line.net, line.currency, facts),
        icon="file-spreadsheet",
        href=reverse("settlements:file", args=[slug, "provider", line.statement_id]),
        raw=raw,
    )


def _raw_rows(lines) -> dict[int, str]:
    """The rows as delivered, of files that are quickly read; each file once."""
    files: dict[int, Statement] = {line.statement_id: line.statement for line in lines if line.statement.size <= RAW_WITHIN}
    return {line.pk: raw_row(files[line.statement_id], line.row_no) for line in lines if line.statement_id in files}


def _payouts(facts: StoryFacts, slug: str, zone: str, today: date) -> list[Item]:
    """Each payout once, with the bank line that carries it; what is not paid out yet, with its day and why."""
    found, seen = [], set()
    for one in facts.stated:
        if one.payout is None:
            found.append(_awaited(one, facts, zone, today))
        elif one.payout.pk not in seen:
            seen.add(one.payout.pk)
            found += _payout(one, facts, slug, zone, today)
    return found


def _payout(one: Stated, facts: StoryFacts, slug: str, zone: str, today: date) -> list[Item]:
    payout, href = one.payout, reverse("settlements:payout", args=[slug, one.payout.pk])
    mine = sum(other.line.net for other in facts.stated if other.payout and other.payout.pk == payout.pk)
    amount = _money(mine, payout.currency, facts)
    if one.tie:
        bank = one.tie.bank_line
        differs = bank.amount_minor != payout.amount_minor
        title = _("In the bank with the payout of %(amount)s") % {"amount": _money(bank.amount_minor, bank.currency, facts)}
        detail = f"{bank.bank_account} · {bank.memo or bank.reference} · {one.tie.get_rule_display()}"
        at = start_of_day(bank.booked_on, zone, LAST_HOUR)
        return [Item(at, "bank", title, True, "fault" if differs else "done", detail, amount, "building-bank", href)]
    late = payout.due_on < today
    title = _("Should be in the bank") if late else _("Expected in the bank")
    at = start_of_day(payout.due_on, zone, LAST_HOUR)
    return [Item(at, "bank", title, True, "fault" if late else "expected", _why(one, facts, payout), amount, "building-bank", href)]


def _awaited(one: Stated, facts: StoryFacts, zone: str, today: date) -> Item:
    due = facts.due_on(one.line.channel_id, one.line.business_date)
    late = due < today
    title = _("Should have been paid out") if late else _("Payout expected")
    at, state = start_of_day(due, zone, LAST_HOUR), "fault" if late else "expected"
    return Item(at, "bank", title, True, state, _why(one, facts, None), _money(one.line.net, one.line.currency, facts), "building-bank")


def _why(one: Stated, facts: StoryFacts, payout: Payout | None) -> str:
    words = settles_words(facts.terms[one.line.channel_id])
    account = one.line.channel.bank_account
    return " · ".join(str(part) for part in (account, payout.ref if payout and payout.is_named else "", words) if part)


def _differences(facts: StoryFacts, slug: str) -> list[Item]:
    found = []
    for item in facts.differences:
        href = reverse("settlements:discrepancy", args=[slug, item.pk])
        sides = _("expected %(expected)s, found %(actual)s") % {
            "expected": money_text(item.expected_minor, item.currency),
            "actual": money_text(item.actual_minor, item.currency),
        }
        state = "fault" if item.is_open else "done"
        amount = _money(item.difference_minor, item.currency, facts) if item.difference_minor else ""
        owner = f" · {item.owner}" if item.owner else ""
        found.append(Item(item.opened_at, "difference", short_title(item), False, state, sides + owner, amount, "equal-not", href))
        if item.closed_at and item.state == DiscrepancyState.CLEARED:
            found.append(Item(item.closed_at, "difference", _("Cleared by itself"), detail=short_title(item), icon="checks", href=href))
    return found


def _disputes(facts: StoryFacts, slug: str) -> list[Item]:
    """Opened, due, ended; the case itself tells the rest."""
    found = []
    for one in facts.disputed.disputes:
        href = reverse("disputes:case", args=[slug, one.public_id])
        amount = _money(-one.amount_minor, one.currency, facts)
        title = _("Dispute %(number)s opened") % {"number": one}
        detail = " · ".join(part for part in (one.get_family_display(), one.reason_code) if part)
        found.append(Item(one.opened_at, "dispute", title, detail=detail, amount=amount, icon="gavel", href=href))
        if one.waits_for_us and one.evidence_due_at:
            due = _("Answer to dispute %(number)s due") % {"number": one}
            found.append(Item(one.evidence_due_at, "dispute", due, state="expected", icon="clock", href=href))
        if one.closed_at:
            ended = _("Dispute %(number)s: %(state)s") % {"number": one, "state": one.get_state_display()}
            back = _money(one.returned_minor, one.currency, facts) if one.returned_minor else ""
            state = "done" if one.state == "won" else "fault"
            found.append(Item(one.closed_at, "dispute", ended, state=state, amount=back, icon="gavel", href=href))
    return found


def _people(facts: StoryFacts) -> list[Item]:
    """What people did and said; a rule's own clearing is told with the difference."""
    by_key = {str(item.pk): item for item in facts.differences}
    said = [
        Item(one.written_at, "people", _("%(person)s wrote") % {"person": one.written_by or "—"}, detail=one.text, icon="message")
        for one in facts.comments
    ]
    done = [_event(event, by_key.get(event.subject_id)) for event in facts.events if event.actor_id]
    return [*said, *done]


def _event(event: AuditEvent, item: Discrepancy | None) -> Item:
    how = event.after.get("resolution", "")
    titles = {
        "discrepancy.assigned": _("Given to %(person)s") % {"person": event.after.get("owner") or "—"},
        "discrepancy.resolved": _("Resolved: %(how)s") % {"how": Resolution(how).label if how in Resolution.values else how},
        "discrepancy.written_off": _("Difference written off"),
        "discrepancy.reopened": _("Open again"),
        "match.made": _("Matched by hand"),
        "match.undone": _("Match undone"),
        "payout.tied": _("Payout tied to a bank line by hand"),
        "payout.untied": _("Tie of the payout undone"),
    }
    about = short_title(item) if item and event.subject_type == "discrepancy" else ""
    detail = " · ".join(part for part in (event.actor_label, about, event.reason) if part)
    return Item(event.happened_at, "people", titles.get(event.action, event.action), detail=detail, icon="user")


def _money(minor: int, currency: str, facts: StoryFacts) -> str:
    """The order's own currency goes without saying."""
    text = money_text(minor, currency)
    return text if currency == facts.order.currency else f"{currency}\u00a0{text}"
