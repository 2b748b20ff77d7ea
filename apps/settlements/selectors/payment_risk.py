"""How often payments like one differ, while the model of payments is on."""

from dataclasses import dataclass

from apps.core.clock import local_date
from apps.merchants.models import Merchant
from apps.orders.models import Payment
from apps.settlements.enums import ModelKind
from apps.settlements.learning.payments import PAYMENT, firsts_frame
from apps.settlements.selectors.learned import model_of, model_on
from apps.settlements.selectors.learned_words import reasons_words
from apps.settlements.selectors.past_days import past_channels
from apps.settlements.selectors.past_payments import captured_of, payment_frame

LEAST_POINTS, REASONS = 0.15, 3
THOUSAND = 1_000


@dataclass(frozen=True, slots=True)
class PaymentRisk:
    """Of a thousand payments like this one so many differ, of a thousand of the shop's so many; `why` is what sets it apart."""

    payment: Payment
    of_thousand: int
    usual: int
    why: list[str]


def payment_risks(merchant: Merchant, payments: list[Payment], now) -> list[PaymentRisk]:
    """One for each captured payment. One query while the model is off; four while it is on, however many payments."""
    row = model_on(merchant, ModelKind.RISK_PAYMENT)
    if row is None or not payments:
        return []
    card, channels = model_of(row), past_channels(merchant, local_date(now, merchant.timezone))
    found = captured_of(merchant).filter(pk__in=[payment.pk for payment in payments])
    rows = PAYMENT.cut(payment_frame(found, channels, firsts_frame(card.cuts["firsts"])), card.cuts)
    labels = {str(one.channel.pk): one.channel.label for one in channels}
    usual, by_id = round(row.positives / row.rows * THOUSAND), {payment.pk: payment for payment in payments}
    return [
        PaymentRisk(
            by_id[one["id"]],
            round(one["score"] * THOUSAND),
            usual,
            reasons_words(card.reasons(one, most=REASONS, least_points=LEAST_POINTS), labels),
        )
        for one in rows.with_columns(card.scores(rows)).iter_rows(named=True)
    ]
