"""A payout as an account: its lines by kind, what was announced, what the bank booked, and what is left unexplained."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.channels.contracts import LineKind
from apps.channels.enums import LINE_KIND_LABELS, METHOD_LABELS
from apps.core.figures import cash_text, count_text, day_text, money_text
from apps.core.panels import Cell
from apps.core.ui import Chip
from apps.settlements.models import BankLine, BankMatch, Discrepancy, Payout, StatementLine
from apps.settlements.selectors import payouts
from apps.settlements.selectors.headlines import short_title


@dataclass(frozen=True, slots=True)
class Fold:
    """One group with its link: `lines` are shown when it is open, at most SHOWN_LINES of them."""

    group: payouts.Group
    key: str
    label: str
    is_open: bool
    lines: list[tuple[StatementLine, str]]
    rest: int


@dataclass(frozen=True, slots=True)
class Account:
    """Everything on a payout's page. `unexplained_minor` is the bank less the lines; None while the bank has not booked it.

    `stored_gap_minor` is what the lines say now less what the last reconciliation summed; not zero, it asks for a new one.
    """

    folds: list[Fold]
    total: payouts.Group
    cells: list[Cell]
    chip: Chip
    stored_gap_minor: int
    unexplained_minor: int | None
    announced_gap_minor: int | None
    ties: list[BankMatch]
    is_together: bool  # one of its deposits carries other payouts too
    reasons: list[payouts.Reason]
    parts: list[BankLine]  # what could be one of several deposits
    differences: list[tuple[Discrepancy, str]]
    neighbours: list[tuple[Payout, Chip]]


def account_of(payout: Payout, opened: str, today: date) -> Account:
    """Ten queries at most, however many lines. `opened` names the group that is unfolded; nothing valid opens the first."""
    lines = payouts.lines_of_payout(payout)
    groups = payouts.groups_of(lines)
    total, ties = payouts.total_of(groups), payouts.ties_of(payout)
    differences = payouts.differences_of(payout, ties)
    payout.is_missing = any(item.kind == "payout_missing_in_bank" for item in differences)
    announced = payout.announced_minor
    return Account(
        folds=_folds(lines, groups, opened),
        total=total,
        cells=_cells(payout, total, ties),
        chip=payouts.state_chip(payout, today),
        stored_gap_minor=total.net - payout.lines_net_minor,
        unexplained_minor=None if payout.arrived_minor is None else payout.arrived_minor - total.net,
        announced_gap_minor=None if announced is None else announced - total.net,
        ties=ties,
        is_together=any(len(tie.bank_line.live_ties) > 1 for tie in ties),
        reasons=payouts.tie_reasons(payout, ties),
        parts=[] if ties else payouts.parts_for(payout),
        differences=[(item, short_title(item)) for item in differences],
        neighbours=[(one, payouts.state_chip(one, today)) for one in payouts.neighbours_of(payout)],
    )


def _folds(lines, groups: list[payouts.Group], opened: str) -> list[Fold]:
    keys = [f"{group.kind}:{group.method}" for group in groups]
    opened = opened if opened in keys or opened == "none" else next(iter(keys), "")
    folds = []
    for key, group in zip(keys, groups, strict=True):
        shown = _first_lines(lines, group) if key == opened else []
        folds.append(Fold(group, key, kind_label(group.kind, group.method), key == opened, shown, group.count - len(shown)))
    return folds


def _first_lines(lines, group: payouts.Group) -> list[tuple[StatementLine, str]]:
    mine = lines.filter(kind=group.kind)
    if group.kind == LineKind.PAYMENT:
        mine = mine.filter(method=group.method)
    return payouts.with_orders(list(mine.order_by("occurred_at", "pk")[: payouts.SHOWN_LINES]))


def kind_label(kind: str, method: str = "") -> str:
    """A group of lines: payments by their method, others by their kind."""
    label = str(LINE_KIND_LABELS.get(kind, kind))
    return f"{label} · {METHOD_LABELS.get(method, method)}" if method and kind == LineKind.PAYMENT else label


def _cells(payout: Payout, total: payouts.Group, ties: list[BankMatch]) -> list[Cell]:
    lines = ngettext("%(n)s line together", "%(n)s lines together", total.count) % {"n": count_text(total.count)}
    cells = [Cell(lines, cash_text(total.net, payout.currency), payouts.covers_words(payout))]
    if payout.announced_minor is not None:
        sign, note = _against(payout.announced_minor, total.net, payout.currency)
        title = _("Announced by %(channel)s") % {"channel": payout.channel.label}
        due = _("due %(day)s") % {"day": day_text(payout.due_on)}
        cells.append(Cell(title, cash_text(payout.announced_minor, payout.currency), due, "", sign, note, "amber"))
    account = payout.channel.bank_account
    if not ties or payout.arrived_minor is None:
        due = _("expected %(day)s") % {"day": day_text(payout.due_on)}
        return [*cells, Cell(str(account or _("Bank")), _("not booked yet"), due, "", "=" if not cells else "")]
    sign, note = _against(payout.arrived_minor, payout.amount_minor, payout.currency)
    booked = _("booked %(day)s") % {"day": day_text(payout.arrived_on)}
    if len(ties) > 1:
        booked = _("%(n)s deposits, the last booked %(day)s") % {"n": count_text(len(ties)), "day": day_text(payout.arrived_on)}
    return [
        *cells,
        Cell(str(ties[0].bank_line.bank_account), cash_text(payout.arrived_minor, payout.currency), booked, "", sign, note, "amber"),
    ]


def _against(later: int, earlier: int, currency: str) -> tuple[str, str]:
    """The mark between two figures, and in words what differs."""
    if later == earlier:
        return "=", ""
    words = _("%(amount)s too little") if later < earlier else _("%(amount)s too much")
    return "≠", words % {"amount": money_text(abs(later - earlier), currency)}
