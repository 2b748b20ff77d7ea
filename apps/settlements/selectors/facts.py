"""Everything about one difference that its page tells: both sides, what pairs them, the payout, the bank, and the terms agreed."""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from apps.channels import fees
from apps.channels.calendar import BusinessCalendar, Settlement
from apps.channels.models import BookedRate, Channel, FeeRule
from apps.channels.terms import calendar_for, settlement_for, terms_of
from apps.core.figures import cash_text, day_text
from apps.merchants.models import Merchant
from apps.orders.models import Payment, Refund
from apps.settlements.models import BankLine, BankMatch, Discrepancy, Match, Payout, StatementLine

RELATED = (
    "channel__bank_account", "owner", "closed_by", "payment__order", "refund__payment__order", "line__statement", "payout",
    "bank_line__statement", "statement",
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """`line` is theirs: the line the difference is about, else the first that is paired with our payment or refund."""

    item: Discrepancy
    calendar: BusinessCalendar
    settlement: Settlement
    matches: list[Match] = field(default_factory=list)
    line: StatementLine | None = None
    first_line: StatementLine | None = None  # of a line that is listed again: where it was listed first
    payout: Payout | None = None
    tie: BankMatch | None = None
    rule: FeeRule | None = None  # the fee rule in force on the line's day
    booked_rate: BookedRate | None = None  # of an exchange difference: the rate in force on the line's day
    terms: tuple[fees.FeeTerms, ...] = ()  # every term of the channel, where there is a line

    @property
    def channel(self) -> Channel:
        return self.item.channel

    @property
    def payment(self) -> Payment | None:
        return self.item.payment or (self.item.refund.payment if self.item.refund else None) or self._matched("payment")

    @property
    def refund(self) -> Refund | None:
        return self.item.refund or self._matched("refund")

    @property
    def bank_line(self) -> BankLine | None:
        return self.item.bank_line or (self.tie.bank_line if self.tie else None)

    @property
    def match(self) -> Match | None:
        return self.matches[0] if self.matches else None

    @property
    def day(self) -> date:
        return self.item.business_date

    @property
    def due_on(self) -> date | None:
        """The day the money should be in the bank, by the channel's calendar."""
        if self.payout:
            return self.payout.due_on
        moved = next((side.business_date for side in (self.line, self.refund, self.payment) if side), None)
        return self.settlement.due(moved, self.calendar) if moved else None

    @property
    def expected_fee(self) -> int | None:
        """What the plan says the line should cost, in minor units, positive."""
        return fees.expected_fee(terms_of(self.rule), self.line.gross) if self.rule and self.line else None

    def _matched(self, side: str):
        return next((getattr(match, side) for match in self.matches if getattr(match, f"{side}_id")), None)


def detail_of(merchant: Merchant) -> QuerySet[Discrepancy]:
    """The merchant's differences with all that a page shows beside them."""
    return Discrepancy.objects.for_merchant(merchant).select_related(*RELATED)


def facts_of(item: Discrepancy) -> Facts:
    """Reads what surrounds a difference; the number of queries depends on its kind alone."""
    matches = _matches(item)
    line = item.line or next((match.line for match in matches), None)
    payout = item.payout or _payout(item, line)
    tie = BankMatch.objects.filter(payout=payout, voided_at=None).select_related("bank_line__statement").first() if payout else None
    by_terms = {terms_of(rule): rule for rule in item.channel.fee_rules.all()} if line else {}
    return Facts(
        item=item,
        calendar=calendar_for(item.channel),
        settlement=settlement_for(item.channel),
        matches=matches,
        line=line,
        first_line=_listed_before(item) if item.kind == "duplicate_line" else None,
        payout=payout,
        tie=tie,
        booked_rate=_booked_rate(item, line) if item.kind == "fx_variance" else None,
        rule=_fee_rule(item, line, by_terms),
        terms=tuple(by_terms),
    )


def _matches(item: Discrepancy) -> list[Match]:
    sides = [Q(**{f"{side}_id": getattr(item, f"{side}_id")}) for side in ("payment", "refund", "line") if getattr(item, f"{side}_id")]
    if not sides:
        return []
    wanted = sides[0]
    for side in sides[1:]:
        wanted |= side
    if item.refund_id:
        wanted = Q(refund_id=item.refund_id)
    live = Match.objects.for_merchant(item.merchant_id).filter(wanted, voided_at=None)
    return list(live.select_related("line__statement", "payment__order", "refund__payment__order", "made_by").order_by("slot", "pk"))


def _payout(item: Discrepancy, line: StatementLine | None) -> Payout | None:
    """The payout that carries a line: by the provider's reference, else the unnamed one of its days."""
    if line is None:
        return None
    found = Payout.objects.for_merchant(item.merchant_id).filter(channel_id=item.channel_id, currency=line.currency)
    if line.payout_ref:
        return found.filter(ref=line.payout_ref).first()
    return found.filter(is_named=False, covers_from__lte=line.business_date, covers_to__gte=line.business_date).order_by("due_on").first()


def _listed_before(item: Discrepancy) -> StatementLine | None:
    """The first line of the same transaction."""
    if item.line is None or not item.line.provider_ref:
        return None
    same = StatementLine.objects.for_merchant(item.merchant_id).filter(
        channel_id=item.channel_id, business_date__lte=item.line.business_date, provider_ref=item.line.provider_ref, is_live=True
    )
    found = same.filter(kind=item.line.kind).exclude(pk=item.line_id)
    return found.select_related("statement").order_by("occurred_at", "pk").first()


def _fee_rule(item: Discrepancy, line: StatementLine | None, by_terms: dict[fees.FeeTerms, FeeRule]) -> FeeRule | None:
    if line is None:
        return None
    found = fees.rule_for(by_terms, item.payment.method if item.payment else line.method, line.business_date)
    return by_terms[found] if found else None


def _booked_rate(item: Discrepancy, line: StatementLine | None) -> BookedRate | None:
    if line is None or item.payment is None:
        return None
    rates = BookedRate.objects.filter(channel_id=item.channel_id, base=item.payment.currency, quote=line.currency)
    return rates.filter(valid_from__lte=line.business_date).order_by("-valid_from").first()


def cash(minor: int, currency: str) -> str:
    """An amount without its sign: the words around it say which way it went."""
    return cash_text(abs(minor), currency)


def joined(sentences: list[str]) -> str:
    """Sentences of one paragraph; Han text sets none apart."""
    return ("" if (get_language() or "").startswith("zh") else " ").join(part for part in sentences if part)


def day(value: date | str | None) -> str:
    """A day as the reader writes it; ISO text from a difference's detail is read."""
    return day_text(date.fromisoformat(value) if isinstance(value, str) else value)
