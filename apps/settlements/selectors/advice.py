"""What usually helps, by kind: numbered suggestions, each with its own button. The first is the page's primary."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apps.core.money import plain
from apps.settlements.enums import Kind, Resolution
from apps.settlements.selectors.facts import Facts
from apps.settlements.selectors.headlines import headline


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence and its button. With `resolution` the button closes the difference, `reason` goes on record and can be undone;
    with `href` it leads to a page or to a part of this one; with `act` it does what that address does, for whoever has `right`."""

    text: str
    verb: str
    resolution: str = ""
    reason: str = ""
    href: str = ""
    act: str = ""
    right: str = ""


def advice_of(facts: Facts, *, has_likely: bool) -> list[Advice]:
    """At most three, the likeliest first. A page that does not exist here is not offered."""
    found = _PLAYS[Kind(facts.item.kind)](facts)
    if has_likely:
        found = [_match(), *found]
    return [one for one in found if one.resolution or one.href or one.act][:3]


def _claim(facts: Facts) -> Advice:
    label = facts.channel.label
    text = _("Claim it from %(channel)s and put it on the claim list.") % {"channel": label}
    reason = _("Claimed from %(channel)s: %(what)s") % {"channel": label, "what": headline(facts)}
    return Advice(text, _("Claim it"), Resolution.CLAIMED, reason)


def _corrected(text: str) -> Advice:
    return Advice(text, _("Books corrected"), Resolution.BOOKS_CORRECTED, text)


def _explained(text: str, verb: str) -> Advice:
    return Advice(text, verb, Resolution.EXPLAINED, text)


def _match() -> Advice:
    return Advice(_("If it is one of the candidates below, pair the two by hand."), _("Match by hand…"), href="#candidates")


def _link(name: str, facts: Facts, text: str, verb: str, *args, query: str = "") -> Advice:
    try:
        return Advice(text, verb, href=reverse(name, args=[facts.item.merchant.slug, *args]) + query)
    except NoReverseMatch:
        return Advice(text, verb)


def _upload(facts: Facts) -> Advice:
    return _link("settlements:statements", facts, _("Download it from the provider's console and upload it here."), _("Upload a statement"))


def _order(facts: Facts) -> Advice:
    payment = facts.payment
    text = _("Read the order's story before deciding.")
    return _link("reports:order_story", facts, text, _("Order story"), payment.order.order_no) if payment else Advice(text, "")


def _refund(facts: Facts, text: str, reason: str, amount_minor: int | None = None) -> Advice:
    """The form that asks for a refund, filled in; without `amount_minor` all that is left of the payment."""
    payment = facts.payment
    if payment is None:
        return Advice(text, "")
    asked = {"reason": reason, "note": headline(facts)}
    if amount_minor is not None:
        asked["amount"] = plain(amount_minor, payment.currency)
    link = _link("orders:refund_new", facts, text, _("Request the refund…"), payment.pk, query=f"?{urlencode(asked)}")
    return replace(link, right="request_refund")


def _missing(facts: Facts) -> list[Advice]:
    return [_claim(facts), _corrected(_("The payment was never captured, and our books now say so.")), _order(facts)]


def _stray(facts: Facts) -> list[Advice]:
    return [_corrected(_("The order was missing in our books and has been added.")), _claim(facts)]


def _amounts(facts: Facts) -> list[Advice]:
    over = facts.item.difference_minor
    if facts.item.kind == Kind.AMOUNT_MISMATCH and over > 0 and facts.item.currency == (facts.payment and facts.payment.currency):
        back = _refund(facts, _("The customer paid more than ordered: give the difference back."), "price_adjustment", over)
        return [_claim(facts), _corrected(_("The provider is right, and our books now have its amount.")), back]
    return [_claim(facts), _corrected(_("The provider is right, and our books now have its amount.")), _order(facts)]


def _fees(facts: Facts) -> list[Advice]:
    plan = _link(
        "channels:fees", facts, _("If the contract changed, add the new terms to the fee plan."), _("Fee plan…"), facts.channel.code
    )
    if facts.item.difference_minor > 0:
        return [_explained(_("The fee is lower than agreed; we accept it."), _("Accept it")), plan]
    query = f"?{urlencode({'channel': facts.channel.code, 'first': facts.day.replace(day=1), 'last': _month_end(facts.day)})}"
    sheet = _link("reports:claims", facts, _("All overcharges of the month, ready to send."), _("Claim sheet…"), query=query)
    return [_claim(facts), plan, sheet]


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _statuses(facts: Facts) -> list[Advice]:
    return [_corrected(_("The customer has paid, and our books now say so.")), _order(facts), _claim(facts)]


def _doubles(facts: Facts) -> list[Advice]:
    return [_claim(facts), _explained(_("The payout contains it once, so nothing is to be done."), _("Nothing to do"))]


def _paid_twice(facts: Facts) -> list[Advice]:
    back = _refund(facts, _("The customer paid twice: give this payment back."), "duplicate")
    return [back, _corrected(_("One of the two payments is refunded to the customer.")), _order(facts)]


def _ambiguities(facts: Facts) -> list[Advice]:
    return [_claim(facts)]


def _refunds_lost(facts: Facts) -> list[Advice]:
    return [_claim(facts), _corrected(_("The refund did not go out, and our books now say so.")), _order(facts)]


def _refunds_found(facts: Facts) -> list[Advice]:
    return [_corrected(_("The refund was made at the provider and is now in our books.")), _claim(facts), _order(facts)]


def _disputes(facts: Facts) -> list[Advice]:
    text = _("Open the dispute from this line: deadline, evidence and held money then have a place.")
    try:
        act = reverse("disputes:open_from_line", args=[facts.item.merchant.slug, facts.item.line_id])
    except NoReverseMatch:
        act = ""
    opened = Advice(text, _("Open the dispute"), act=act, right="answer_disputes")
    return [opened, _explained(_("A case is opened and the answer goes to the provider in time."), _("Case opened")), _order(facts)]


def _lateness(facts: Facts) -> list[Advice]:
    calendar = _link(
        "channels:calendar", facts, _("If the contract changed, correct the settlement calendar."), _("Calendar…"), facts.channel.code
    )
    return [_explained(_("The money is there; only the day was late."), _("Accept the delay")), calendar]


def _payouts(facts: Facts) -> list[Advice]:
    return [_claim(facts), _upload(facts)]


def _bank(facts: Facts) -> list[Advice]:
    return [_explained(_("The bank kept a transfer fee; it is booked as a cost."), _("Book as bank fee")), _claim(facts)]


def _deposits(facts: Facts) -> list[Advice]:
    return [_explained(_("The deposit is a correction announced by the provider."), _("It is explained")), _upload(facts)]


def _gaps(facts: Facts) -> list[Advice]:
    return [_upload(facts), _explained(_("The provider confirms that this day has no transactions."), _("No transactions"))]


def _totals(facts: Facts) -> list[Advice]:
    return [_claim(facts), _explained(_("The provider confirms the rows; its total was wrong."), _("Rows are right"))]


_PLAYS = {
    Kind.MISSING_AT_PROVIDER: _missing,
    Kind.MISSING_IN_BOOKS: _stray,
    Kind.AMOUNT_MISMATCH: _amounts,
    Kind.FEE_MISMATCH: _fees,
    Kind.FX_VARIANCE: _amounts,
    Kind.CURRENCY_MISMATCH: _amounts,
    Kind.STATUS_MISMATCH: _statuses,
    Kind.DUPLICATE_LINE: _doubles,
    Kind.DUPLICATE_PAYMENT: _paid_twice,
    Kind.AMBIGUOUS_MATCH: _ambiguities,
    Kind.REFUND_MISSING_AT_PROVIDER: _refunds_lost,
    Kind.REFUND_MISSING_IN_BOOKS: _refunds_found,
    Kind.REFUND_AMOUNT_MISMATCH: _amounts,
    Kind.DISPUTE_MISSING_IN_BOOKS: _disputes,
    Kind.LATE_SETTLEMENT: _lateness,
    Kind.PAYOUT_AMOUNT_MISMATCH: _payouts,
    Kind.PAYOUT_MISSING_IN_BANK: _payouts,
    Kind.BANK_AMOUNT_MISMATCH: _bank,
    Kind.UNEXPECTED_BANK_LINE: _deposits,
    Kind.STATEMENT_GAP: _gaps,
    Kind.STATEMENT_TOTAL_MISMATCH: _totals,
}
