"""Pairs made and undone by people. A rule never undoes what a person made, and never makes again what a person undid."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.merchants.models import Merchant, User
from apps.orders.models import Payment, Refund
from apps.settlements.enums import DiscrepancyState, Kind, Resolution, Rule, Subject
from apps.settlements.errors import AlreadyMatched, OtherCurrency, ReasonMissing, UnableToMatch
from apps.settlements.models import BankLine, BankMatch, Discrepancy, Match, Payout, StatementLine
from apps.settlements.services.signers import check_match_signed, check_signer, is_signed_match
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
    side = check_pair(merchant, line, ours, reason)
    check_match_signed(merchant, line, ours)
    try:
        with transaction.atomic():
            match = Match.objects.create(
                merchant=merchant, channel=line.channel, line=line, rule=Rule.MANUAL, amount_minor=line.gross, made_by=by, **{side: ours}
            )
            _close(merchant, {Subject.LINE: line.pk, side: ours.pk}, reason, by, now)
            record(
                merchant_id=merchant.pk, action="match.made", subject=match, by=by, now=now, reason=reason.strip(),
                after={"line": str(line), side: str(ours), "amount": line.gross, "currency": line.currency},
            )  # fmt: skip
    except IntegrityError as error:
        raise AlreadyMatched from error
    return match


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
    """Undoes a pair: the row stays as history and no rule makes this pair again. :raises ReasonMissing, UnableToMatch.

    :raises NotASigner: a second person approved the pair, and this one may not.
    """
    if not reason.strip():
        raise ReasonMissing
    if is_signed_match(match):
        check_signer(merchant, by)
    with transaction.atomic():
        undone = Match.objects.for_merchant(merchant).filter(pk=match.pk, voided_at=None).update(voided_at=now, voided_by=by)
        if not undone:
            raise UnableToMatch(_("This pair was undone already."))
        record(merchant_id=merchant.pk, action="match.undone", subject=match, by=by, now=now, reason=reason.strip())


def tie_payout(*, merchant: Merchant, payout: Payout, bank_line: BankLine, reason: str, by: User, now: datetime) -> BankMatch:
    """Ties a payout to the bank line that carries it and closes what that explains.

    :raises ReasonMissing, OtherCurrency, AlreadyMatched, UnableToMatch: and nothing changed.
    """
    if not reason.strip():
        raise ReasonMissing
    if {payout.merchant_id, bank_line.merchant_id} != {merchant.pk} or not bank_line.is_live:
        raise UnableToMatch(_("The payout and the bank line do not belong together."))
    if payout.currency != bank_line.currency:
        raise OtherCurrency
    try:
        with transaction.atomic():
            tie = BankMatch.objects.create(merchant=merchant, payout=payout, bank_line=bank_line, rule=Rule.MANUAL, made_by=by)
            payout.arrived_on, payout.arrived_minor = bank_line.booked_on, bank_line.amount_minor
            payout.save(update_fields=["arrived_on", "arrived_minor"])
            _close(merchant, {Subject.PAYOUT: payout.pk, Subject.BANK_LINE: bank_line.pk}, reason, by, now)
            record(
                merchant_id=merchant.pk, action="payout.tied", subject=payout, by=by, now=now, reason=reason.strip(),
                after={"bank_line": str(bank_line), "amount": bank_line.amount_minor},
            )  # fmt: skip
    except IntegrityError as error:
        raise AlreadyMatched from error
    return tie


def untie_payout(*, merchant: Merchant, tie: BankMatch, reason: str, by: User, now: datetime) -> None:
    """Undoes a tie; no rule makes this tie again."""
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        if not BankMatch.objects.for_merchant(merchant).filter(pk=tie.pk, voided_at=None).update(voided_at=now, voided_by=by):
            raise UnableToMatch(_("This pair was undone already."))
        Payout.objects.filter(pk=tie.payout_id).update(arrived_on=None, arrived_minor=None)
        record(merchant_id=merchant.pk, action="payout.untied", subject=tie, by=by, now=now, reason=reason.strip())


def _close(merchant: Merchant, subjects: dict[str, int], reason: str, by: User, now: datetime) -> None:
    for subject, pk in subjects.items():
        found = Discrepancy.objects.for_merchant(merchant).select_for_update(of=("self",))
        for item in found.filter(subject_type=subject, subject_key=str(pk), kind__in=EXPLAINED, state__in=[*OPEN]):
            item.state, item.resolution, item.reason = DiscrepancyState.RESOLVED, Resolution.MATCHED, reason.strip()
            item.closed_at, item.closed_by = now, by
            item.save(update_fields=["state", "resolution", "reason", "closed_at", "closed_by"])
            record(
                merchant_id=merchant.pk, action="discrepancy.resolved", subject=item, by=by, now=now, reason=reason.strip(),
                after={"resolution": Resolution.MATCHED.value},
            )  # fmt: skip
