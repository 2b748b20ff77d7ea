"""A month as its page shows it: check list with ways in, certificate, signatures, what may be done now and why not."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.core import figures as text
from apps.core.panels import Step
from apps.merchants.access import has_right
from apps.merchants.models import Membership
from apps.reports.errors import ReportError
from apps.reports.figures.months import Month
from apps.reports.models import CloseState, MonthClose
from apps.reports.month.links import check_links, difference_link, term_links
from apps.reports.month.wording import CheckText, check_texts, currency_name, kind_label, resolution_label, term_labels
from apps.reports.pdf.sections import PLACES, TERMS, Term, equation, place_heads
from apps.reports.services.closing import check_can_prepare


@dataclass(frozen=True, slots=True)
class Amount:
    """One figure with the list behind it; no address where no such list exists."""

    label: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class PageRow:
    """One channel of a table."""

    label: str
    cells: list[Amount]
    is_equal: bool
    missing: str


@dataclass(frozen=True, slots=True)
class PageSection:
    """Everything of one currency."""

    currency: str
    name: str
    equation: list[Term]
    is_equal: bool
    proof: str
    rows: list[PageRow]
    total: PageRow
    books: list[PageRow]


@dataclass(frozen=True, slots=True)
class PageCheck:
    check: CheckText
    href: str


@dataclass(frozen=True, slots=True)
class PageDifference:
    """One difference that a person accepted."""

    channel: str
    name: str
    kind: str
    amount: str
    reason: str
    who: str
    href: str


@dataclass(frozen=True, slots=True)
class Doors:
    """What this person may do with the month now; `obstacle` says why it cannot be prepared, `own` that they prepared it."""

    can_prepare: bool
    can_approve: bool
    can_return: bool
    is_own: bool
    obstacle: str


def page_sections(membership: Membership, month: Month, figures: dict) -> list[PageSection]:
    return [_section(membership.merchant, month, figures, currency) for currency in figures["currencies"]]


def _section(merchant, month: Month, figures: dict, currency: str) -> PageSection:
    rows = [row for row in figures["rows"] if row["currency"] == currency]
    total = figures["totals"].get(currency) or {**dict.fromkeys([*TERMS, "payouts", "closing", "missing", "left"], 0)}
    names, labels = (*TERMS, "payouts", "closing"), term_labels()
    heads = dict(zip(("paid", *PLACES), place_heads(), strict=True))
    links = {key: term_links(merchant, month, channel, int(key), currency) for key, channel in figures["channels"].items()}
    books = [row for row in figures["books"] if row["currency"] == currency]
    shown = {name: text.money_text(total[name], currency) for name in ("payouts", "closing", "left", "missing")}
    equal = _("payouts %(payouts)s + closing receivable %(closing)s = %(left)s") % shown
    return PageSection(
        currency=currency,
        name=currency_name(currency),
        equation=equation(total, currency),
        is_equal=not total["missing"],
        proof=_("Missing: %(missing)s") % shown if total["missing"] else equal,
        rows=[_row(figures, row, names, labels, links, currency) for row in rows],
        total=_row(figures, {**total, "channel_id": None}, names, labels, {}, currency),
        books=[_row(figures, row, tuple(heads), heads, links, currency) for row in books],
    )


def _row(figures: dict, row: dict, names: tuple, labels: dict, links: dict, currency: str) -> PageRow:
    key = str(row["channel_id"])
    label = figures["channels"][key]["label"] if row["channel_id"] else _("Total")
    mine = links.get(key, {})
    cells = []
    for name in names:
        written = text.signed_text if name == "adjustments" else text.money_text
        cells.append(Amount(labels[name], written(row[name], currency), mine.get(name, "") if row[name] else ""))
    return PageRow(label, cells, not row["missing"], text.money_text(row["missing"], currency))


def page_checks(membership: Membership, month: Month, figures: dict) -> list[PageCheck]:
    links = check_links(membership.merchant, month)
    return [PageCheck(check, links.get(check.code, "")) for check in check_texts(figures["checks"])]


def page_accepted(membership: Membership, figures: dict, *, limit: int = 20) -> list[PageDifference]:
    """The newest facts stay in the list of differences; the certificate names each one."""
    return [_accepted(membership.merchant, figures, row) for row in figures["accepted"][:limit]]


def _accepted(merchant, figures: dict, row: dict) -> PageDifference:
    when = text.when_text(datetime.fromisoformat(row["closed_at"])) if row["closed_at"] else ""
    return PageDifference(
        channel=figures["channels"][str(row["channel_id"])]["label"],
        name=row["name"],
        kind=kind_label(row["kind"]),
        amount=f"{row['currency']}\u00a0{text.signed_text(row['difference'] or row['actual'], row['currency'])}",
        reason=" · ".join(filter(None, [resolution_label(row["resolution"]), row["reason"]])),
        who=" · ".join(filter(None, [row["closed_by"], when])),
        href=difference_link(merchant, row["id"]),
    )


def doors(membership: Membership, month: Month, close: MonthClose | None, figures: dict, now: datetime) -> Doors:
    state = close.state if close else CloseState.DRAFT
    is_own = state == CloseState.PREPARED and close.prepared_by_id == membership.user_id
    obstacle = ""
    if state == CloseState.DRAFT:
        try:
            check_can_prepare(merchant=membership.merchant, month=month, figures=figures, now=now)
        except ReportError as error:
            obstacle = str(error)
    return Doors(
        can_prepare=state == CloseState.DRAFT and has_right(membership, "prepare_close"),
        can_approve=state == CloseState.PREPARED and not is_own and has_right(membership, "approve_close"),
        can_return=state == CloseState.PREPARED and has_right(membership, "approve_close"),
        is_own=is_own,
        obstacle=obstacle,
    )


def steps_of(close: MonthClose | None, obstacle: str) -> list[Step]:
    """Check, prepare, approve, closed: where the month stands."""
    state = close.state if close else CloseState.DRAFT
    is_checked = state != CloseState.DRAFT or not obstacle
    done = [is_checked, state != CloseState.DRAFT, state == CloseState.APPROVED, state == CloseState.APPROVED]
    titles = [_("Check"), _("Prepare"), _("Approve"), pgettext("month", "Closed")]
    return [Step("", title, "done" if is_done else "expected") for title, is_done in zip(titles, done, strict=True)]
