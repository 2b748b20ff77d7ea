"""Pairs made and undone by people. A rule never undoes what a person made, and never makes again what a person undid."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.merchants.models import Merchant, User
from apps.orders.models import Payment, Refund
from apps.settlements.enums import DiscrepancyState, Kind, Resolution, Rule, Subject
from apps.settlements.errors import AlreadyMatched, OtherCurrency, ReasonMissing, UnableToMatch
from apps.settlements.matching.sums import shares
from apps.settlements.models import BankLine, BankMatch, Discrepancy, Match, Payout, StatementLine
from apps.settlements.services.signers import check_match_signed, check_signer, check_tie_signed, is_signed_match, is_signed_tie
from apps.settlements.services.touching import touch_pair
from apps.settlements.states import OPEN

# What a pair by hand explains. Faults of comparing (another amount, another fee) are found by the next pass.
EXPLAINED = [
    Kind.MISSING_AT_PROVIDER, Kind.MISSING_IN_BOOKS, Kind.AMBIGUOUS_MATCH, Kind.REFUND_MISSING_AT_PROVIDER, Kind.REFUND_MISSING_IN_BOOKS,
    Kind.PAYOUT_MISSING_IN_BANK, Kind.UNEXPECTED_BANK_LINE,
]  # fmt: skip


def match_line(*, merchant: Merchant, line: StatementLine, ours: Payment | Refund, reason: str, by: User, now: datetime) -> Match:
    """Pairs a statement line with a payment or refund of the same channel and closes what that explains.

    :raises ReasonMissing, OtherCurrency, AlreadyMatched, UnableToMatch: and nothing changed.
    :raises NeedsSecondPerson: the amounts differ by more than the limit, and nobody approved it (`second_signatures.match` asks for it).
    """
    return match_together(merchant=merchant, line=line, ours=[ours], reason=reason, by=by, now=now)[0]


def match_together(
    *, merchant: Merchant, line: StatementLine, ours: list[Payment] | list[Refund], reason: str, by: User, now: datetime
) -> list[Match]:
    """Pairs one line with all that it pays at once and closes what that explains.

    Of the line each gets its own amount; what differs goes to the largest. All of it or nothing. Raises as `match_line`; several that
    differ from the line by more than the limit cannot be paired at once.
    """
    for one in ours:
        side = check_pair(merchant, line, one, reason)
    check_match_signed(merchant, line, ours)
    parts = shares([one.amount_minor if side == "payment" else -one.amount_minor for one in ours], line.gross)
    common = {"merchant": merchant, "channel": line.channel, "line": line, "rule": Rule.MANUAL, "made_by": by}
    try:
        with transaction.atomic():
            # The first comes last: the database then sees the sum of all, and asks for a second person where it is too far off.
            made = [
                Match.objects.create(**common, line_slot=slot, amount_minor=parts[slot], **{side: ours[slot]})
                for slot in reversed(range(len(ours)))
            ][::-1]
            for match in made:
                touch_pair(match)
            _close(merchant, [(Subject.LINE, line.pk), *((side, one.pk) for one in ours)], reason, by, now)
            told = {"line": str(line), side: ", ".join(str(one) for one in ours), "amount": line.gross, "currency": line.currency}
            record(merchant_id=merchant.pk, action="match.made", subject=made[0], by=by, now=now, reason=reason.strip(), after=told)
    except IntegrityError as error:
        raise AlreadyMatched from error
    return made


def check_pair(merchant: Merchant, line: StatementLine, ours: Payment | Refund, reason: str) -> str:
    """Which side of ours it is. :raises ReasonMissing, OtherCurrency, UnableToMatch: the two cannot be a pair."""
    side = "payment" if isinstance(ours, Payment) else "refund"
    if not reason.strip():
        raise ReasonMissing
    if line.channel_id != ours.channel_id or {line.merchant_id, ours.merchant_id} != {merchant.pk}:
        raise UnableToMatch(_("The two belong to different channels."))
    if line.kind != side or not line.is_live:
        raise UnableToMatch(_("A line pairs with a payment or refund of its own kind."))
    if line.currency != ours.currency:
        raise OtherCurrency
    return side


def unmatch_line(*, merchant: Merchant, match: Match, reason: str, by: User, now: datetime) -> None:
    """Undoes a pair, with all other parts of its line: the rows stay as history and no rule makes these pairs again.

    :raises ReasonMissing, UnableToMatch: and nothing changed.

    :raises NotASigner: a second person approved the pair, and this one may not.
    """
    if not reason.strip():
        raise ReasonMissing
    if is_signed_match(match):
        check_signer(merchant, by)
    with transaction.atomic():
        live = Match.objects.for_merchant(merchant).select_for_update(of=("self",)).filter(line_id=match.line_id, voided_at=None)
        parts = list(live.values_list("pk", flat=True))
        if match.pk not in parts:
            raise UnableToMatch(_("This pair was undone already."))
        Match.objects.filter(pk__in=parts).update(voided_at=now, voided_by=by)
        for part in Match.objects.filter(pk__in=parts).select_related("line", "payment"):
            touch_pair(part)
        after = {"parts": len(parts)} if len(parts) > 1 else None
        record(merchant_id=merchant.pk, action="match.undone", subject=match, by=by, now=now, reason=reason.strip(), after=after)


def tie_payout(*, merchant: Merchant, payout: Payout, bank_line: BankLine, reason: str, by: User, now: datetime) -> BankMatch:
    """Ties a payout to the bank line that carries it and closes what that explains. :raises: as `tie_together`."""
    return tie_together(merchant=merchant, payouts=[payout], bank_lines=[bank_line], reason=reason, by=by, now=now)[0]


def tie_together(
    *, merchant: Merchant, payouts: list[Payout], bank_lines: list[BankLine], reason: str, by: User, now: datetime
) -> list[BankMatch]:
    """Ties one payout to the deposits that bring it, or the payouts that one deposit brings, and closes what that explains.

    Of a deposit each payout gets its own amount; what differs goes to the largest. All of it or nothing.

    :raises ReasonMissing, OtherCurrency, AlreadyMatched, UnableToMatch: and nothing changed.
    :raises NeedsSecondPerson: the sums differ by more than the limit, and nobody approved it (`second_signatures.tie` asks for it).
    """
    check_ties(merchant, payouts, bank_lines, reason)
    check_tie_signed(merchant, payouts, bank_lines)
    parts = shares([payout.amount_minor for payout in payouts], bank_lines[0].amount_minor)
    if len(payouts) == 1:
        # The first deposit comes last: with it the sum is complete, and the database looks at it (`triggers.py`).
        rows = [(payouts[0], line, slot, 0, line.amount_minor) for slot, line in reversed([*enumerate(bank_lines)])]
    else:
        rows = [(payout, bank_lines[0], 0, slot, part) for slot, (payout, part) in enumerate(zip(payouts, parts, strict=True))]
        rows.sort(key=lambda row: row[4] if bank_lines[0].amount_minor >= 0 else -row[4])  # what goes the other way makes room first
    try:
        with transaction.atomic():
            ties = [
                BankMatch.objects.create(
                    merchant=merchant, payout=payout, bank_line=line, slot=slot, line_slot=line_slot, amount_minor=amount,
                    rule=Rule.MANUAL, made_by=by,
                )
                for payout, line, slot, line_slot, amount in rows
            ]  # fmt: skip
            for payout in payouts:
                _tied(merchant, payout, [tie for tie in ties if tie.payout_id == payout.pk], reason, by, now)
    except IntegrityError as error:
        raise AlreadyMatched from error
    return ties


def check_ties(merchant: Merchant, payouts: list[Payout], bank_lines: list[BankLine], reason: str) -> None:
    """:raises ReasonMissing, OtherCurrency, UnableToMatch: these cannot be tied."""
    if not reason.strip():
        raise ReasonMissing
    if min(len(payouts), len(bank_lines)) != 1:
        raise UnableToMatch(_("Tie one payout to several bank lines, or several payouts to one bank line."))
    strangers = {row.merchant_id for row in (*payouts, *bank_lines)} - {merchant.pk}
    if strangers or not all(line.is_live for line in bank_lines):
        raise UnableToMatch(_("The payout and the bank line do not belong together."))
    if len({row.currency for row in (*payouts, *bank_lines)}) > 1:
        raise OtherCurrency


def _tied(merchant: Merchant, payout: Payout, ties: list[BankMatch], reason: str, by: User, now: datetime) -> None:
    payout.arrived_on, payout.arrived_minor = max(tie.bank_line.booked_on for tie in ties), sum(tie.amount_minor for tie in ties)
    payout.save(update_fields=["arrived_on", "arrived_minor"])
    for tie in ties:
        _close(merchant, [(Subject.PAYOUT, payout.pk), (Subject.BANK_LINE, tie.bank_line_id)], reason, by, now)
        record(
            merchant_id=merchant.pk, action="payout.tied", subject=payout, by=by, now=now, reason=reason.strip(),
            after={"bank_line": str(tie.bank_line), "amount": tie.amount_minor},
        )  # fmt: skip


def untie_payout(*, merchant: Merchant, tie: BankMatch, reason: str, by: User, now: datetime) -> None:
    """Undoes a tie with all its parts; no rule makes any of these pairs again. :raises ReasonMissing, UnableToMatch.

    :raises NotASigner: a second person approved it, and this one may not.
    """
    if not reason.strip():
        raise ReasonMissing
    parts = parts_of(tie)
    if is_signed_tie(parts):
        check_signer(merchant, by)
    with transaction.atomic():
        parts = parts_of(tie)
        undone = BankMatch.objects.for_merchant(merchant).filter(pk__in=[part.pk for part in parts], voided_at=None)
        if not parts or undone.update(voided_at=now, voided_by=by) != len(parts):
            raise UnableToMatch(_("This pair was undone already."))
        Payout.objects.filter(pk__in={part.payout_id for part in parts}).update(arrived_on=None, arrived_minor=None)
        record(
            merchant_id=merchant.pk, action="payout.untied", subject=tie, by=by, now=now, reason=reason.strip(), after={"parts": len(parts)}
        )


def parts_of(tie: BankMatch) -> list[BankMatch]:
    """The live ties that hang together with one by a payout or a bank line, itself included; none once it was undone. Two queries or so."""
    found: dict[int, BankMatch] = {}
    live = BankMatch.objects.for_merchant(tie.merchant_id).filter(voided_at=None)
    payouts, lines = {tie.payout_id}, {tie.bank_line_id}
    while True:
        more = {part.pk: part for part in live.filter(Q(payout_id__in=payouts) | Q(bank_line_id__in=lines))}
        if len(more) == len(found):
            return sorted(found.values(), key=lambda part: part.pk) if tie.pk in found else []
        found = more
        payouts, lines = {part.payout_id for part in found.values()}, {part.bank_line_id for part in found.values()}


def _close(merchant: Merchant, subjects: list[tuple[str, int]], reason: str, by: User, now: datetime) -> None:
    for subject, pk in subjects:
        found = Discrepancy.objects.for_merchant(merchant).select_for_update(of=("self",))
        for item in found.filter(subject_type=subject, subject_key=str(pk), kind__in=EXPLAINED, state__in=[*OPEN]):
            item.state, item.resolution, item.reason = DiscrepancyState.RESOLVED, Resolution.MATCHED, reason.strip()
            item.closed_at, item.closed_by = now, by
            item.save(update_fields=["state", "resolution", "reason", "closed_at", "closed_by"])
            record(
                merchant_id=merchant.pk, action="discrepancy.resolved", subject=item, by=by, now=now, reason=reason.strip(),
                after={"resolution": Resolution.MATCHED.value},
            )  # fmt: skip
