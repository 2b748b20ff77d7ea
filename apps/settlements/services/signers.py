"""When a second person is needed, and who may be one."""

from apps.core.money import exponent
from apps.merchants.access import has_right
from apps.merchants.models import Membership, Merchant, User
from apps.orders.models import Payment, Refund
from apps.settlements.enums import SignatureState, SignedAct
from apps.settlements.errors import NeedsSecondPerson, NotASigner
from apps.settlements.matching.sums import shares
from apps.settlements.models import BankLine, BankMatch, Discrepancy, Match, Payout, SecondSignature, StatementLine
from apps.settlements.selectors.discrepancies import stake_of

LIMITS = {
    SignedAct.WRITE_OFF: "write_off_second_above_minor",
    SignedAct.MATCH: "forced_match_second_above_minor",
    SignedAct.TIE: "forced_match_second_above_minor",
}


def needs_second(merchant: Merchant, act: SignedAct, amount_minor: int, currency: str) -> bool:
    """Whether an amount (positive, minor units) is above the limit, which is taken by its figure in every currency: no rate is assumed."""
    limit = getattr(merchant, LIMITS[act])
    return limit is not None and amount_minor * 10 ** exponent(merchant.currency) > limit * 10 ** exponent(currency)


def off_by(line: StatementLine, ours: Payment | Refund) -> int:
    """By how much the two sides of a match differ; positive minor units."""
    return abs(line.gross - (ours.amount_minor if isinstance(ours, Payment) else -ours.amount_minor))


def tie_off_by(payouts: list[Payout], bank_lines: list[BankLine]) -> tuple[Payout, int]:
    """The payout that gets what differs, and by how much; positive minor units. Of several in one deposit it is the largest."""
    if len(payouts) == 1:
        return payouts[0], abs(payouts[0].amount_minor - sum(line.amount_minor for line in bank_lines))
    parts = shares([payout.amount_minor for payout in payouts], bank_lines[0].amount_minor)
    gaps = [(abs(payout.amount_minor - part), payout) for payout, part in zip(payouts, parts, strict=True)]
    gap, payout = max(gaps, key=lambda one: one[0])
    return payout, gap


def check_tie_signed(merchant: Merchant, payouts: list[Payout], bank_lines: list[BankLine]) -> None:
    """:raises NeedsSecondPerson: the sums differ by more than the limit for matches, and nobody approved this."""
    payout, amount = tie_off_by(payouts, bank_lines)
    if needs_second(merchant, SignedAct.TIE, amount, payout.currency):
        approved = SecondSignature.objects.for_merchant(merchant).filter(act=SignedAct.TIE, state=SignatureState.APPROVED)
        if not approved.filter(payout=payout, amount_minor=amount).exists():
            raise NeedsSecondPerson


def is_signed_tie(parts: list[BankMatch]) -> bool:
    """Whether a second person approved one of these ties, which hang together."""
    approved = SecondSignature.objects.filter(act=SignedAct.TIE, state=SignatureState.APPROVED)
    return approved.filter(payout_id__in={part.payout_id for part in parts}).exists()


def check_signer(merchant: Merchant, by: User) -> None:
    """:raises NotASigner: the person's role does not carry the right, or they are no member."""
    membership = Membership.objects.for_merchant(merchant).active().filter(user=by).first()
    if membership is None or not has_right(membership, "countersign"):
        raise NotASigner


def check_signed(merchant: Merchant, items: list[Discrepancy]) -> None:
    """:raises NeedsSecondPerson: one of these is above the limit for write-offs, and its figures as they are now were not approved."""
    above = [item for item in items if needs_second(merchant, SignedAct.WRITE_OFF, stake_of(item), item.currency)]
    approved = SecondSignature.objects.for_merchant(merchant).filter(
        discrepancy__in=above, act=SignedAct.WRITE_OFF, state=SignatureState.APPROVED
    )
    signed = set(approved.values_list("discrepancy_id", "expected_minor", "actual_minor", "currency"))
    if any((item.pk, item.expected_minor, item.actual_minor, item.currency) not in signed for item in above):
        raise NeedsSecondPerson


def standing(merchant: Merchant, discrepancy_id: int) -> SecondSignature | None:
    """The approval on which a difference was closed."""
    rows = SecondSignature.objects.for_merchant(merchant).filter(discrepancy_id=discrepancy_id, state=SignatureState.APPROVED)
    return rows.select_related("requested_by", "decided_by", "line", "payment", "refund", "payout").first()


def check_match_signed(merchant: Merchant, line: StatementLine, ours: list[Payment] | list[Refund]) -> None:
    """:raises NeedsSecondPerson: the sides differ by more than the limit for matches, and nobody approved the pair (only pairs can be)."""
    side = "payment" if isinstance(ours[0], Payment) else "refund"
    amount = abs(line.gross - sum(one.amount_minor if side == "payment" else -one.amount_minor for one in ours))
    if needs_second(merchant, SignedAct.MATCH, amount, line.currency):
        approved = SecondSignature.objects.for_merchant(merchant).filter(act=SignedAct.MATCH, state=SignatureState.APPROVED)
        if len(ours) > 1 or not approved.filter(line=line, amount_minor=amount, **{side: ours[0]}).exists():
            raise NeedsSecondPerson


def is_signed_match(match: Match) -> bool:
    """Whether a second person approved this pair."""
    approved = SecondSignature.objects.for_merchant(match.merchant_id).filter(act=SignedAct.MATCH, state=SignatureState.APPROVED)
    return approved.filter(line_id=match.line_id, payment_id=match.payment_id, refund_id=match.refund_id).exists()
