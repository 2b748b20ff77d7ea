"""The accounting entry of a difference: what the journal holds of its decision, else what giving it up would post by the same rules."""

from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.core.figures import money_text
from apps.orders.enums import RefundState
from apps.orders.states import CAPTURED
from apps.settlements.enums import Resolution, Source, Subject
from apps.settlements.ledger import frames
from apps.settlements.ledger.accounts import AccountKey
from apps.settlements.ledger.decisions import MOVING, decisions
from apps.settlements.ledger.listing import listed
from apps.settlements.models import JournalAccount, JournalEntry, Match, Payout, StatementLine
from apps.settlements.selectors.facts import Facts


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a posting; `amount` is ready text in its currency."""

    side: str
    account: str
    amount: str


@dataclass(frozen=True, slots=True)
class Posted:
    """The postings of a decision. `entry` is None as long as they are not in the journal; `is_decided` tells whether they will be."""

    rows: list[Entry]
    entry: JournalEntry | None = None
    is_decided: bool = False


def entries_of(facts: Facts) -> Posted | None:
    """None where no money moves: a late day, a missing file, a difference that was explained. Two queries at most."""
    item = facts.item
    is_decided = item.resolution in MOVING and not item.is_open
    if is_decided and (entry := _decision(facts)):
        rows = [(one.debit.label, one.credit.label, one.amount_minor, one.currency) for one in _postings(entry)]
        return Posted(_sides(rows), entry, is_decided=True)
    if not (item.is_open or is_decided) or item.subject_type not in (*_SUBJECTS, Subject.PAYOUT, Subject.BANK_LINE):
        return None
    rows = _would_post(facts, item.resolution if is_decided else Resolution.WRITTEN_OFF.value)
    return Posted(_sides(rows), is_decided=is_decided) if rows else None


_SUBJECTS = (Subject.PAYMENT, Subject.REFUND, Subject.LINE)


def _decision(facts: Facts) -> JournalEntry | None:
    """The entry in force, with its postings."""
    mine = JournalEntry.objects.for_merchant(facts.item.merchant_id).filter(source=Source.DECISION, source_id=facts.item.pk)
    return mine.filter(reverses=None, reversed_by=None).first()


def _postings(entry: JournalEntry):
    names = ("debit__channel", "debit__bank_account", "credit__channel", "credit__bank_account")
    return entry.postings.select_related(*names).order_by("pk")


def _sides(rows: list[tuple[str, str, int, str]]) -> list[Entry]:
    found = []
    for debit, credit, minor, currency in rows:
        amount = money_text(minor, currency)
        found += [Entry(_("Debit"), debit, amount), Entry(_("Credit"), credit, amount)]
    return found


def _would_post(facts: Facts, resolution: str) -> list[tuple[str, str, int, str]]:
    """(debited, credited, amount, currency) of a decision that is taken now."""
    known = _known(facts, resolution)
    postings = decisions(known, *listed(known))
    rows = postings.sort("debit", "credit").select("debit", "credit", "amount").iter_rows()
    return [(_label(debit, facts), _label(credit, facts), minor, AccountKey.parse(debit).currency) for debit, credit, minor in rows]


def _label(text: str, facts: Facts) -> str:
    key = AccountKey.parse(text)
    return JournalAccount(
        code=key.code.value, about=key.about, currency=key.currency, channel=facts.channel if key.channel_id else None
    ).label


def _known(facts: Facts, resolution: str) -> frames.Facts:
    """What the journal has to know of the one difference, from the rows its page has read already."""
    item, today = facts.item, facts.item.business_date
    lines = {one.line_id: one.line for one in facts.matches} | ({item.line_id: item.line} if item.line else {})
    matches = _matches(facts, list(lines))
    payments = {one.payment_id: one.payment for one in matches if one.payment} | ({item.payment_id: item.payment} if item.payment else {})
    refunds = {one.refund_id: one.refund for one in matches if one.refund} | ({item.refund_id: item.refund} if item.refund else {})
    decision = (
        item.pk, item.kind, item.subject_type, int(item.subject_key), resolution, item.currency, item.difference_minor, today,
    )  # fmt: skip
    return frames.Facts(
        item.channel_id,
        payments=_frame(frames.PAYMENTS, [_ours(one) for one in payments.values() if one.state in CAPTURED and one.business_date]),
        refunds=_frame(frames.REFUNDS, [_ours(one) for one in refunds.values() if one.state == RefundState.SUCCEEDED]),
        lines=_frame(frames.LINES, [_line(one) for one in lines.values() if one.is_live]),
        matches=_frame(frames.MATCHES, [(one.line_id, one.payment_id, one.refund_id) for one in matches]),
        payouts=_frame(frames.PAYOUTS, [_payout(item.payout, facts)] if item.payout and item.subject_type == Subject.PAYOUT else []),
        deposits=_frame(frames.DEPOSITS, [_deposit(item.bank_line)] if item.bank_line and item.subject_type == Subject.BANK_LINE else []),
        decisions=_frame(frames.DECISIONS, [decision]),
    )


def _frame(shape: dict, rows: list[tuple]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=shape, orient="row")


def _matches(facts: Facts, line_ids: list[int]) -> list[Match]:
    """Every pair of these lines: one that is shared says more than the difference's own."""
    if facts.item.subject_type == Subject.LINE or not line_ids:
        return facts.matches
    live = Match.objects.for_merchant(facts.item.merchant_id).filter(line_id__in=line_ids, voided_at=None)
    return list(live.select_related("payment", "refund").order_by("pk"))


def _ours(one) -> tuple:
    """The day of a refund without one is not shown here; any will do."""
    return one.pk, one.currency, one.amount_minor, one.business_date or date.min


def _line(one: StatementLine) -> tuple:
    return one.pk, one.kind, one.currency, one.business_date, one.gross, one.fee, one.other


def _payout(payout: Payout, facts: Facts) -> tuple:
    said = StatementLine.objects.for_merchant(payout.merchant_id).filter(channel_id=payout.channel_id, is_live=True, kind="payout")
    announced_on = said.filter(payout_ref=payout.ref, currency=payout.currency).aggregate(day=Max("business_date"))["day"]
    bank = facts.tie.bank_line if facts.tie else None
    return (
        payout.pk, payout.currency, payout.lines_net_minor, payout.announced_minor, announced_on, payout.arrived_on, payout.arrived_minor,
        bank.bank_account_id if bank else facts.channel.bank_account_id, bank.currency if bank else payout.currency,
    )  # fmt: skip


def _deposit(line) -> tuple:
    return line.pk, line.currency, line.amount_minor, line.booked_on, line.bank_account_id
