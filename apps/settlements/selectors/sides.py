"""What each side says, field by field, with the differing ones marked. The later document stands on the right."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.channels.cells import key_text
from apps.core.figures import money_text, when_text
from apps.core.panels import Pair
from apps.settlements.enums import Kind
from apps.settlements.selectors.facts import Facts, day
from apps.settlements.selectors.headlines import method_label


@dataclass(frozen=True, slots=True)
class Sides:
    """The compare panel: the name of each column and its rows."""

    ours: str
    theirs: str
    pairs: list[Pair]


PAYOUT_KINDS = {Kind.PAYOUT_AMOUNT_MISMATCH, Kind.PAYOUT_MISSING_IN_BANK, Kind.BANK_AMOUNT_MISMATCH, Kind.UNEXPECTED_BANK_LINE}


def sides_of(facts: Facts) -> Sides | None:
    """The two documents beside each other; None where there is nothing to compare (a day without a statement)."""
    kind = Kind(facts.item.kind)
    if kind == Kind.STATEMENT_GAP:
        return None
    if kind == Kind.STATEMENT_TOTAL_MISMATCH:
        return _totals(facts)
    if kind in PAYOUT_KINDS:
        return _bank(facts)
    if kind == Kind.DUPLICATE_LINE:
        return _twice(facts)
    is_refund = facts.item.refund_id or (facts.line is not None and facts.line.kind == "refund")
    return _refund(facts) if is_refund else _payment(facts)


def _source(name: str, row: int | None) -> str:
    return _("%(file)s, row %(row)s") % {"file": name, "row": row} if row else name


def _statement_head(facts: Facts) -> str:
    line = facts.line
    if line is None:
        return _("Statement of %(channel)s") % {"channel": facts.channel.label}
    item = facts.item
    return _source(item.source_file or line.statement.name, item.source_row or line.row_no)


def _none() -> str:
    return _("none")


def _said(pairs: list[Pair]) -> list[Pair]:
    """Only rows on which at least one side says something."""
    silent = ("—", _none())
    return [pair for pair in pairs if not (pair.ours in silent and pair.theirs in silent)]


def _texts(label: str, ours: str | None, theirs: str | None, *, identifier: bool = False, compared: bool = True) -> Pair:
    """Two texts; references are compared as the matcher compares them. A side that does not exist differs."""
    same = key_text(ours or "") == key_text(theirs or "") if identifier else ours == theirs
    missing = ours is None or theirs is None
    differs = compared and (missing or (not same and bool(ours) and bool(theirs)))
    shown = [(_none() if text is None else text or "—") for text in (ours, theirs)]
    return Pair(label, shown[0], shown[1], differs=differs, is_identifier=identifier)


def _amounts(label: str, ours: int | None, theirs: int | None, currencies: tuple[str, str], *, differs: bool | None = None) -> Pair:
    if differs is None:
        differs = ours != theirs or currencies[0] != currencies[1]
    texts = [money_text(value, currency) for value, currency in zip((ours, theirs), currencies, strict=True)]
    if currencies[0] != currencies[1]:
        texts = [text if value is None else f"{code} {text}" for text, value, code in zip(texts, (ours, theirs), currencies, strict=True)]
    return Pair(label, *texts, differs=differs)


def _payment(facts: Facts) -> Sides:
    payment, line = facts.payment, facts.line
    codes = (payment.currency if payment else line.currency, line.currency if line else payment.currency) if payment or line else ("", "")
    pairs = [
        _texts(_("Order"), payment.order.order_no if payment else None, line and line.merchant_ref, identifier=True, compared=False),
        _texts(_("Merchant number"), payment and payment.merchant_ref, line and line.merchant_ref, identifier=True),
        _texts(_("Provider number"), payment and payment.provider_ref, line and line.provider_ref, identifier=True),
        _times(payment, payment and (payment.paid_at or payment.placed_at), line),
        _method(payment, line),
        _states(facts),
        _amounts(_("Amount"), payment and payment.amount_minor, line and line.gross, codes),
        *_fee_pairs(facts, codes),
    ]  # fmt: skip
    if facts.item.kind == Kind.LATE_SETTLEMENT:
        detail = facts.item.detail
        pairs.append(_texts(_("Payout day"), day(detail.get("due_on")), day(detail.get("found_on"))))
    head = _("Our books") if payment or not line else _("Our books: nothing")
    return Sides(head, _statement_head(facts), _said(pairs)[1 if payment and line else 0 :])


def _times(ours, our_moment, theirs) -> Pair:
    """When it happened, on the clock of each side; told apart, not compared: the clocks differ by minutes."""
    return _texts(
        _("Time"), _moment(our_moment, ours), _moment(theirs and theirs.occurred_at, theirs), compared=ours is None or theirs is None
    )


def _states(facts: Facts) -> Pair:
    payment, line = facts.payment, facts.line
    compared = facts.item.kind == Kind.STATUS_MISMATCH or not payment or not line
    return _texts(_("State"), payment and payment.get_state_display(), line and _("settled"), compared=compared)


def _moment(moment, row) -> str | None:
    return None if row is None else when_text(moment, with_seconds=True)


def _method(payment, line) -> Pair:
    ours = method_label(payment.method) if payment else None
    theirs = (method_label(line.method) if line.method else "") if line else None
    return _texts(_("Method"), ours, theirs, compared=payment is None or line is None)


def _fee_pairs(facts: Facts, codes: tuple[str, str]) -> list[Pair]:
    """Fee and net by the plan against the line; only the fee kind marks them, because within tolerance they agree."""
    line, fee = facts.line, facts.expected_fee
    if line is None or facts.payment is None or fee is None:
        return []
    if facts.item.kind == Kind.FEE_MISMATCH:
        fee = -facts.item.expected_minor
    off = facts.item.kind == Kind.FEE_MISMATCH
    ours_net = line.gross - fee
    return [
        _amounts(_("Fee"), -fee, line.fee, (line.currency, codes[1]), differs=off),
        _amounts(_("Net"), ours_net, line.net, (line.currency, codes[1]), differs=off and ours_net != line.net),
    ]


def _refund(facts: Facts) -> Sides:
    refund, line = facts.refund, facts.line
    codes = (refund.currency if refund else line.currency, line.currency if line else refund.currency) if refund or line else ("", "")
    pairs = [
        _texts(_("Refund number"), refund and refund.refund_no, line and line.refund_ref, identifier=True),
        _texts(_("Provider's refund number"), refund and refund.provider_refund_ref, line and line.provider_refund_ref, identifier=True),
        _texts(_("Merchant number"), refund and refund.payment.merchant_ref, line and line.merchant_ref, identifier=True),
        _times(refund, refund and (refund.refunded_at or refund.requested_at), line),
        _amounts(_("Amount"), -refund.amount_minor if refund else None, line and line.gross, codes),
    ]  # fmt: skip
    return Sides(_("Our books"), _statement_head(facts), _said(pairs))


def _twice(facts: Facts) -> Sides:
    """The line against the one that listed the transaction first: equal, which is the fault."""
    first, line = facts.first_line, facts.line
    if line is None:
        return Sides(_("Listed first"), _statement_head(facts), [])
    code = (line.currency, line.currency)
    pairs = [
        _texts(_("Provider number"), first and first.provider_ref, line.provider_ref, identifier=True),
        _texts(_("Time"), _moment(first and first.occurred_at, first), _moment(line.occurred_at, line), compared=first is None),
        _amounts(_("Amount"), first and first.gross, line.gross, code),
        _amounts(_("Fee"), first and first.fee, line.fee, code),
        _amounts(_("Net"), first and first.net, line.net, code),
    ]
    return Sides(_source(first.statement.name, first.row_no) if first else _("Listed first"), _statement_head(facts), pairs)


def _bank(facts: Facts) -> Sides:
    """Lines of a payout against its own announcement, or the payout against the bank."""
    payout, bank = facts.payout, facts.bank_line
    code = (facts.item.currency, facts.item.currency)
    if facts.item.kind == Kind.PAYOUT_AMOUNT_MISMATCH:
        announced = payout and payout.announced_minor
        return Sides(
            _("Sum of the lines"),
            _("Announced by %(channel)s") % {"channel": facts.channel.label},
            [
                _texts(_("Payout"), payout and payout.ref, payout and payout.ref, identifier=True, compared=False),
                _amounts(_("Amount"), facts.item.expected_minor, facts.item.actual_minor if announced is None else announced, code),
            ],
        )
    theirs = _source(bank.statement.name, bank.row_no) if bank else _("Bank")
    pairs = [
        _texts(_("Payout"), payout and payout.ref, bank and bank.reference, identifier=True, compared=payout is None or bank is None),
        _texts(_("Day"), day(payout.due_on) if payout else None, day(bank.booked_on) if bank else None),
        _texts(_("Memo"), "" if payout else None, bank and bank.memo, compared=False),
        _amounts(_("Amount"), payout and payout.amount_minor, bank and bank.amount_minor, code),
    ]
    return Sides(_("Payout of %(channel)s") % {"channel": facts.channel.label}, theirs, pairs)


def _totals(facts: Facts) -> Sides:
    statement = facts.item.statement
    pairs = []
    for total in statement.totals if statement else []:
        is_money = total["unit"] == "minor"
        texts = [money_text(total[side], facts.item.currency) if is_money else str(total[side]) for side in ("computed", "stated")]
        pairs.append(Pair(total["name"], *texts, differs=total["stated"] != total["computed"]))
    return Sides(_("Sum of its rows"), statement.name if statement else _("The file says"), pairs)
