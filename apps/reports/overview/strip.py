"""The strip of figures on the overview: cells from left to right as money flows, and the line that says whether they add up."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.figures import count_text, money_text, names_text, percent_text
from apps.core.panels import Cell, Proof
from apps.reports.models import Term
from apps.reports.overview.differences import Differences
from apps.reports.overview.period import Scope
from apps.reports.overview.where import Where

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what was paid: `minor` is positive where it takes its share of it."""

    name: str
    label: str
    minor: int


def parts_of(one: Where) -> list[Part]:
    """The parts in their order; disputes, reserves and adjustments only where they are not zero."""
    always = [
        Part("in_channel", _("In transit at the channel"), one.in_channel),
        Part("under_way", _("Payout in transit"), one.under_way),
        Part("in_bank", _("In the bank"), one.in_bank),
        Part("refunds", _("Refunds"), -one.refunds),
        Part("fees", _("Fees"), -one.fees),
    ]
    seldom = [
        Part("disputes", _("Disputes"), -one.disputes),
        Part("reserves", _("Reserves"), -one.reserves),
        Part("adjustments", _("Adjustments"), -one.adjustments),
    ]
    return [*always, *(part for part in seldom if part.minor), Part("differences", _("Differences"), one.differences)]


def cells_of(scope: Scope, one: Where, found: Differences, before: dict[str, tuple[int, int]]) -> list[Cell]:
    """Paid = the parts, each with its share, its caption and the list behind it."""
    links = _links(scope)
    captions = _captions(one, found, before, scope.currency)
    cells = [_paid(scope, one, before, links["paid"])]
    for number, part in enumerate(parts_of(one)):
        caption, note, tone = captions.get(part.name, ("", "", ""))
        share = max(round(part.minor * 1000 / one.paid), 0) if one.paid > 0 else 0
        operator = "=" if number == 0 else "+"
        figure = money_text(part.minor, scope.currency)
        cells.append(Cell(part.label, figure, caption, links.get(part.name, "#working"), operator, note, tone, share))
    return cells


def _paid(scope: Scope, one: Where, before: dict[str, tuple[int, int]], href: str) -> Cell:
    caption = _payments(one.paid_count)
    was = before.get(Term.PAID, (0, 0))[1]
    note = ""
    if was > 0:
        ppm = round((one.paid - was) * MILLION / was)
        note = _("%(change)s on the same days last month") % {"change": f"+{percent_text(ppm, 1)}" if ppm > 0 else percent_text(ppm, 1)}
    return Cell(_("Paid"), money_text(one.paid, scope.currency), caption, href, "", note, "", 0, scope.currency)


def _payments(n: int) -> str:
    return ngettext("%(n)s payment", "%(n)s payments", n) % {"n": count_text(n)}


def _captions(one: Where, found: Differences, before: dict[str, tuple[int, int]], currency: str) -> dict[str, tuple[str, str, str]]:
    """Part → caption, note and its tone."""
    n = one.under_way_payouts
    under_way = ngettext("%(n)s payout", "%(n)s payouts", n) % {"n": count_text(n)}
    late = found.overdue_payouts_minor
    late_note = _("%(amount)s overdue") % {"amount": money_text(late, currency)} if late else ""
    n = one.arrived_payouts
    arrived = ngettext("from %(n)s payout", "from %(n)s payouts", n) % {"n": count_text(n)}
    n = one.refunds_count
    refunds = ngettext("%(n)s refund", "%(n)s refunds", n) % {"n": count_text(n)}
    change = one.refunds_count - before.get(Term.REFUNDS, (0, 0))[0]
    settled = one.sales + one.not_booked
    rate = percent_text(round(-one.fees * MILLION / settled)) if settled > 0 else "—"
    n = found.open
    open_text = ngettext("%(n)s open", "%(n)s open", n) % {"n": count_text(n)}
    overdue = _("%(n)s overdue") % {"n": count_text(found.overdue)} if found.overdue else ""
    return {
        "in_channel": (
            _("%(n)s not listed yet") % {"n": count_text(one.unreported_count)} if one.unreported_count else _("not due yet"),
            "",
            "",
        ),
        "under_way": (under_way, late_note, "amber"),
        "in_bank": (arrived, "", ""),
        "refunds": (refunds, _("%(change)s on last month") % {"change": f"{change:+d}".replace("-", "\u2212")} if change else "", ""),
        "fees": (_("%(rate)s of what is settled") % {"rate": rate}, "", ""),
        "differences": (open_text, overdue, "red"),
    }


def _links(scope: Scope) -> dict[str, str]:
    """The lists behind the figures, filtered alike."""
    slug, days = scope.merchant.slug, {"first": scope.first.isoformat(), "last": scope.last.isoformat()}
    code, pk = (scope.channel.code, str(scope.channel.pk)) if scope.channel else ("", "")
    money = {"channel": code, "currency": scope.currency}

    def to(name: str, **query: str) -> str:
        return f"{reverse(name, args=[slug])}?{urlencode({key: value for key, value in query.items() if value})}"

    return {
        "paid": to("orders:payments", channel=pk, **days),
        "in_channel": to("settlements:payouts", state="expected", **money),
        "under_way": to("settlements:payouts", state="under_way", **money),
        "in_bank": to("settlements:payouts", state="arrived", came_first=scope.first.isoformat(), **money),
        "refunds": to("orders:refund_list", channel=pk, **days),
        "fees": "#fees",
        "differences": to("settlements:queue", **money, **days),
    }


def proof_of(scope: Scope, one: Where) -> Proof:
    """Both sides added up; what is missing is named."""
    paid, together = money_text(one.paid, scope.currency), money_text(one.parts, scope.currency)
    n = len(parts_of(one))
    words = (
        _("Paid %(paid)s = the %(n)s parts together %(sum)s") if not one.missing else _("Paid %(paid)s ≠ the %(n)s parts together %(sum)s")
    )
    text = words % {"paid": paid, "n": n, "sum": together}
    zero = [label for label, minor in ((_("disputes"), one.disputes), (_("reserves"), one.reserves)) if not minor]
    text += _("; %(names)s 0") % {"names": names_text(zero)} if zero else ""
    if one.missing:
        statement = _("%(amount)s is missing. Reconcile again.") % {"amount": money_text(one.missing, scope.currency)}
        return Proof(False, statement, text, "#working", _("See the working"))
    return Proof(True, _("Both sides are equal, the difference is 0"), text, "#working", _("See the working"))
