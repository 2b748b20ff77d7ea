"""Three clocks: when the customer paid, when the provider settled, when the bank booked; each with its day and why."""

from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.channels.calendar import open_between
from apps.core.figures import cash_text, day_text, names_text, when_text
from apps.core.panels import Clock
from apps.orders.models import Payment
from apps.reports.story.facts import Stated, StoryFacts
from apps.settlements.enums import Kind
from apps.settlements.selectors.explain import settles_words
from apps.settlements.selectors.headlines import short_title

SETTLING = {Kind.FEE_MISMATCH, Kind.AMOUNT_MISMATCH, Kind.LATE_SETTLEMENT, Kind.CURRENCY_MISMATCH, Kind.FX_VARIANCE}


def clocks_of(facts: StoryFacts, today: date) -> list[Clock]:
    """Paid, settled, in the bank."""
    return [_paid(facts), _settled(facts, today), _in_bank(facts, today)]


def _sums(rows: list[tuple[str, int]]) -> str:
    """Amounts added by currency: `NT$1,280`, `NT$1,280 · USD 20.00`."""
    sums: dict[str, int] = {}
    for currency, minor in rows:
        sums[currency] = sums.get(currency, 0) + minor
    return " · ".join(cash_text(minor, currency) for currency, minor in sums.items())


def _paid(facts: StoryFacts) -> Clock:
    captured = facts.captured
    if not captured:
        tried = facts.books.payments[-1] if facts.books.payments else None
        words = tried.get_state_display() if tried else _("no payment yet")
        return Clock(_("Payment"), _("not paid"), words, "expected")
    amount = _sums([(payment.currency, payment.amount_minor) for payment in captured])
    methods = names_text(dict.fromkeys(payment.method_label for payment in captured))
    last = max(payment.paid_at for payment in captured)
    return Clock(_("Payment"), when_text(last), f"{amount} · {methods}")


def _settled(facts: StoryFacts, today: date) -> Clock:
    label = _("Settlement by the provider")
    captured = facts.captured
    waiting = [payment for payment in captured if not facts.lines_for(payment)]
    lines = _payment_lines(facts)
    if not captured and not lines:
        return Clock(label, _("not yet"), _("Nothing was paid, so nothing is due."), "expected")
    if waiting:
        return _unsettled(label, facts, waiting[0])
    net = _sums([(one.line.currency, one.line.net) for one in lines])
    fault = next((item for item in facts.differences if item.is_open and item.kind in SETTLING), None)
    return Clock(label, day_text(max(one.line.business_date for one in lines)), net, "done", short_title(fault) if fault else "")


def _unsettled(label: str, facts: StoryFacts, payment: Payment) -> Clock:
    told = any(item.is_open and item.kind == Kind.MISSING_AT_PROVIDER and item.payment_id == payment.pk for item in facts.differences)
    terms = facts.terms[payment.channel_id]
    amount = cash_text(payment.amount_minor, payment.currency)
    if told:
        words = _("%(channel)s does not list it") % {"channel": payment.channel.label}
        return Clock(label, _("missing"), amount, "overdue", words)
    graced = terms.calendar.add_open_days(payment.business_date, 1 + terms.channel.grace_days)
    headline = _("expected %(day)s") % {"day": day_text(terms.calendar.next_open(payment.business_date + timedelta(days=1)))}
    why = _("%(amount)s · in the statement of business day %(day)s, missing after %(graced)s") % {
        "amount": amount,
        "day": day_text(payment.business_date),
        "graced": day_text(graced),
    }
    return Clock(label, headline, why, "expected")


def _payment_lines(facts: StoryFacts) -> list[Stated]:
    return [one for one in facts.stated if one.line.kind == "payment"]


def _in_bank(facts: StoryFacts, today: date) -> Clock:
    label, lines = _("In the bank"), _payment_lines(facts)
    if not lines:
        return _bank_from_books(label, facts)
    lines = [one for one in lines if one.line.net]
    if not lines:
        return Clock(label, _("nothing is due"), _("It was sold for no money."), "done")
    waiting = [one for one in lines if one.payout is None or one.payout.arrived_on is None]
    if not waiting:
        last = max(one.payout.arrived_on for one in lines)
        net = _sums([(one.line.currency, one.line.net) for one in lines])
        off = any(one.payout.arrived_minor != one.payout.amount_minor for one in lines)
        return Clock(label, day_text(last), net, "done", _("the whole payout came with another amount") if off else "")
    due, one = max(((_due(facts, one), one) for one in waiting), key=lambda pair: pair[0])
    net = _sums([(each.line.currency, each.line.net) for each in waiting])
    if due < today:
        return Clock(label, _("due since %(day)s") % {"day": day_text(due)}, net, "overdue", _why(facts, one.line.channel_id))
    left = open_between(today, due, facts.terms[one.line.channel_id].calendar)
    words = ngettext("%(n)s open day to go", "%(n)s open days to go", left) % {"n": left}
    caption = f"{net} · {words} · {_why(facts, one.line.channel_id)}"
    return Clock(label, _("expected %(day)s") % {"day": day_text(due)}, caption, "expected")


def _bank_from_books(label: str, facts: StoryFacts) -> Clock:
    """Nothing is stated yet: the day follows from the books and the calendar."""
    captured = facts.captured
    if not captured:
        return Clock(label, _("not yet"), "", "expected")
    due = max(facts.due_on(payment.channel_id, payment.business_date) for payment in captured)
    return Clock(label, _("expected %(day)s") % {"day": day_text(due)}, _why(facts, captured[-1].channel_id), "expected")


def _due(facts: StoryFacts, one: Stated) -> date:
    return one.payout.due_on if one.payout else facts.due_on(one.line.channel_id, one.line.business_date)


def _why(facts: StoryFacts, channel_id: int) -> str:
    return settles_words(facts.terms[channel_id])
