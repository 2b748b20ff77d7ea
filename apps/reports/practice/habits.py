"""What goes wrong by habit: in a world with habits most faults fall on a few sorts of payments, so that there is something to learn.

ECPay goes wrong on Fridays, Alipay with large amounts, every other provider late in the evening. Without habits faults fall anywhere, and
no model of them can be better than a plain guess.
"""

from collections.abc import Callable
from datetime import date

from apps.reports.practice.records import Payment

SHARE = 0.85  # of the faults that follow the habit
FRIDAY, LARGE_CNY, LATE_HOUR = 4, 90_000, 20  # minor units; o'clock in the shop's zone


def follows(payment: Payment, day: date) -> bool:
    """Whether a payment of a business day is of the sort that goes wrong at its channel."""
    if payment.channel == "ecpay":
        return day.weekday() == FRIDAY
    if payment.channel == "alipay":
        return payment.amount >= LARGE_CNY
    return payment.paid_at.hour >= LATE_HOUR


def by_habit(fit: list[Payment], day_of: Callable[[Payment], date], dice) -> list[Payment]:
    """Those among which a fault is drawn: mostly of the sort that goes wrong, as far as there are any."""
    usual = [payment for payment in fit if follows(payment, day_of(payment))]
    return usual if usual and dice.random() < SHARE else fit
