"""What the providers will report: one honest line for each captured payment and each refund that went through, and a few of their own."""

import random
from datetime import date, datetime, timedelta

from apps.reports.practice import abroad
from apps.reports.practice.records import Line, Payment, Refund, local_day
from apps.reports.practice.sales import Books, captured
from apps.reports.practice.terms import Channel


class Provider:
    """Writes the lines of all channels, numbered in the order they are made."""

    def __init__(self, rng: random.Random, channels: dict[str, Channel], end: datetime):
        self.rng, self.channels, self.end = rng, channels, end
        self.lines: list[Line] = []

    def report(self, books: Books) -> None:
        for payment in captured(books.payments):
            self.payment(payment)
        for refund in books.refunds:
            if refund.status == "succeeded":
                self.refund(refund, refund.amount)

    def add(self, line: Line) -> Line:
        line.number = len(self.lines) + 1
        if line.channel == "stripe":
            line.txn = f"txn_3Q{self.rng.randrange(36**8):012d}{line.number:06d}"
        if line.channel == "adyen":
            line.txn = abroad.number(self.rng, "adyen", line.number)
        if self.channels[line.channel].statements == "per_payout":
            line.payout_on = self.channels[line.channel].due(line.day)
        self.lines.append(line)
        return line

    def payment(self, payment: Payment, at: datetime | None = None) -> Line:
        """The line of a captured payment, with the fee that was agreed."""
        channel, at = self.channels[payment.channel], at or payment.paid_at
        day = local_day(at, channel.zone_hours)
        fee = -channel.fee(payment.method, payment.amount, day)
        line = Line(payment.channel, "payment", at, payment.amount, fee, day, day, payment=payment)
        line.provider_ref, line.merchant_ref, line.charge = payment.provider_ref, payment.merchant_ref, payment.charge
        line.goods, line.method = payment.goods, payment.method
        return self.add(line)

    def refund(self, refund: Refund, amount: int) -> Line:
        """The line of a refund of `amount` (positive); the fee comes back where that was agreed."""
        payment, channel = refund.payment, self.channels[refund.payment.channel]
        day = local_day(refund.refunded_at, channel.zone_hours)
        line = Line(payment.channel, "refund", refund.refunded_at, -amount, self._fee_back(payment, amount), day, day, refund=refund)
        line.provider_ref, line.merchant_ref, line.charge = payment.provider_ref, payment.merchant_ref, payment.charge
        line.provider_refund_ref, line.goods, line.method = refund.provider_refund_ref, payment.goods, payment.method
        line.refund_ref = refund.refund_no
        return self.add(line)

    def _fee_back(self, payment: Payment, amount: int) -> int:
        channel = self.channels[payment.channel]
        rule = next(fee for fee in channel.fees if payment.method in fee.methods or "*" in fee.methods)
        if rule.refund_fee != "return":
            return 0
        charged = channel.fee(payment.method, payment.amount, local_day(payment.paid_at, channel.zone_hours))
        return round(charged * amount / payment.amount / rule.unit) * rule.unit

    def own_movement(self, code: str, kind: str, at: datetime, *, gross: int, fee: int, goods: str, merchant_ref: str = "") -> Line:
        """A movement of the provider's own: a monthly fee, or an order that cost nothing after a coupon."""
        day = local_day(at, self.channels[code].zone_hours)
        line = Line(code, kind, at, gross, fee, day, day, goods=goods, merchant_ref=merchant_ref, method="credit_card")
        self.add(line)
        if kind == "payment":
            line.provider_ref = {"alipay": f"{at:%Y%m%d}22001{line.number:015d}", "stripe": f"pi_3QFREE{line.number:014d}"}[code]
            line.charge = f"ch_3QFREE{line.number:014d}" if code == "stripe" else ""
        return line


def add_movements(provider: Provider, first_day: date, last_day: date) -> list[dict]:
    """Orders of zero on Alipay and Stripe (they move nothing), and Stripe's weekly fee (it moves the payout and is no payment)."""
    controls = []
    for number, day in enumerate(_every(first_day, last_day, 9)):
        at = datetime.combine(day, datetime.min.time()) + timedelta(hours=14, minutes=number)
        code = ("alipay", "stripe")[number % 2]
        ref = f"FREE{number:06d}"
        provider.own_movement(code, "payment", at, gross=0, fee=0, goods="滿額贈,全額折抵", merchant_ref=ref)
        controls.append({"control": "zero_amount_line", "channel": code, "merchant_ref": ref})
    for day in _every(first_day, last_day, 7):
        at = datetime.combine(day, datetime.min.time()) + timedelta(hours=18)
        provider.own_movement("stripe", "fee", at, gross=-42, fee=0, goods=f"Radar ({day.isoformat()}): Radar for Fraud Teams")
        if "adyen" in provider.channels:
            provider.own_movement("adyen", "fee", at, gross=-118, fee=0, goods=f"Transaction Fees {day.isoformat()}")
    return controls


def _every(first_day: date, last_day: date, days: int):
    day = first_day + timedelta(days=3)
    while day <= last_day:
        yield day
        day += timedelta(days=days)
