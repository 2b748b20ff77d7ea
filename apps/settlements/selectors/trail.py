"""The way of the money, as a trail: paid, stated, paid out, in the bank; done, expected or late, and by which terms."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.clock import local_date
from apps.core.figures import day_text
from apps.core.panels import Step
from apps.settlements.enums import Kind
from apps.settlements.selectors.explain import settles_words
from apps.settlements.selectors.facts import Facts


def trail_of(facts: Facts, now: datetime) -> list[Step]:
    """Up to four steps. A fault is a step that should have happened, or happened otherwise than agreed."""
    today = local_date(now, facts.channel.timezone)
    if facts.item.kind in (Kind.STATEMENT_GAP, Kind.STATEMENT_TOTAL_MISMATCH):
        return []
    return [*_paid(facts), _stated(facts), *_paid_out(facts, today), *_in_bank(facts, today)]


def why(facts: Facts) -> str:
    """The terms that give the days of the trail."""
    return _("Paid out %(terms)s.") % {"terms": settles_words(facts)} if facts.due_on else ""


def _short(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{day_text(local.date())} {local:%H:%M}"


def _paid(facts: Facts) -> list[Step]:
    if facts.refund:
        moment = facts.refund.refunded_at or facts.refund.requested_at
        return [Step(_short(moment), _("Refunded"))]
    payment = facts.payment
    if payment is None:
        unknown = facts.item.kind in (Kind.MISSING_IN_BOOKS, Kind.AMBIGUOUS_MATCH, Kind.REFUND_MISSING_IN_BOOKS)
        return [Step(_("none"), _("Our books"), "fault")] if unknown else []
    if payment.paid_at is None:
        return [Step(_short(payment.placed_at), payment.get_state_display(), "fault")]
    return [Step(_short(payment.paid_at), _("Paid"))]


def _stated(facts: Facts) -> Step:
    if facts.line:
        return Step(day_text(facts.line.business_date), _("Statement"))
    if facts.payout:
        return Step(day_text(facts.payout.covers_to), _("Statement"))
    if facts.item.kind == Kind.UNEXPECTED_BANK_LINE:
        return Step(_("none"), _("Statement"), "fault")
    return Step(day_text(facts.item.business_date), _("Statement: not in it"), "fault")


def _paid_out(facts: Facts, today) -> list[Step]:
    payout, due = facts.payout, facts.due_on
    if payout:
        is_off = facts.item.kind in (Kind.LATE_SETTLEMENT, Kind.PAYOUT_AMOUNT_MISMATCH)
        is_ahead = payout.due_on > today and payout.arrived_on is None
        return [Step(day_text(payout.due_on), _("Payout"), "fault" if is_off else "expected" if is_ahead else "done")]
    if due is None:
        return [Step(_("none"), _("Payout"), "fault")] if facts.item.kind == Kind.UNEXPECTED_BANK_LINE else []
    return [Step(day_text(due), _("Payout due"), "expected" if due > today else "fault")]


def _in_bank(facts: Facts, today) -> list[Step]:
    payout, bank = facts.payout, facts.bank_line
    if bank:
        is_off = facts.item.kind in (Kind.BANK_AMOUNT_MISMATCH, Kind.UNEXPECTED_BANK_LINE)
        return [Step(day_text(bank.booked_on), _("In the bank"), "fault" if is_off else "done")]
    if payout is None:
        return []
    if payout.due_on < today:
        return [Step(_("none"), _("Not in the bank"), "fault")]
    return [Step(day_text(payout.due_on), _("Expected in the bank"), "expected")]
