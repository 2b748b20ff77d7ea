"""What the order brought, by currency: paid, fees, refunds, what should reach the bank and what has."""

from dataclasses import dataclass

from apps.reports.story.facts import StoryFacts

KINDS = ("payment", "refund", "dispute", "dispute_reversal")  # told by name; every other movement is “other”


@dataclass(frozen=True, slots=True)
class Sums:
    """Minor units of one currency, signed from the merchant's side. `to_bank` is the net of its lines; `in_transit` not yet there."""

    currency: str
    paid: int
    stated: int
    fees: int
    refunds: int
    other: int
    to_bank: int
    in_bank: int
    disputes: int = 0

    @property
    def in_transit(self) -> int:
        return self.to_bank - self.in_bank


def sums_of(facts: StoryFacts) -> list[Sums]:
    """The order's own currency first."""
    codes = {payment.currency for payment in facts.captured} | {one.line.currency for one in facts.stated} | {facts.order.currency}
    return [_sums(facts, code) for code in sorted(codes, key=lambda code: (code != facts.order.currency, code))]


def _sums(facts: StoryFacts, currency: str) -> Sums:
    mine = [one for one in facts.stated if one.line.currency == currency]
    arrived = [one for one in mine if one.payout and one.payout.arrived_on is not None]
    gross = {kind: sum(one.line.gross for one in mine if one.line.kind == kind) for kind in KINDS}
    return Sums(
        currency=currency,
        paid=sum(payment.amount_minor for payment in facts.captured if payment.currency == currency),
        stated=gross["payment"],
        fees=sum(one.line.fee for one in mine),
        refunds=gross["refund"],
        other=sum(one.line.net - one.line.fee for one in mine if one.line.kind not in gross)
        + sum(one.line.other for one in mine if one.line.kind in gross),
        to_bank=sum(one.line.net for one in mine),
        in_bank=sum(one.line.net for one in arrived),
        disputes=gross["dispute"] + gross["dispute_reversal"],
    )
