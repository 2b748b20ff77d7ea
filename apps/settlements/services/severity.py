"""How grave a discrepancy is and by when a person must look. The clock is the merchant's, the days are the channel's open days."""

from datetime import date, datetime, timedelta

from apps.channels.calendar import BusinessCalendar
from apps.core.clock import start_of_day
from apps.core.money import exponent
from apps.settlements.enums import Kind, Severity

GRAVE = frozenset(
    {
        Kind.PAYOUT_MISSING_IN_BANK,
        Kind.BANK_AMOUNT_MISMATCH,
        Kind.DISPUTE_MISSING_IN_BOOKS,
        Kind.DUPLICATE_PAYMENT,
        Kind.REFUND_MISSING_IN_BOOKS,
        Kind.STATEMENT_GAP,
    }
)
DAYS = {Severity.HIGH: 1, Severity.NORMAL: 3}
END_OF_WORK = 18  # o'clock in the merchant's zone
HOURS_WHEN_CRITICAL = 2
TIMES_CRITICAL = 10  # this many times the merchant's threshold makes it critical


def severity_of(kind: str, at_stake_minor: int, currency: str, *, threshold_minor: int, threshold_currency: str) -> Severity:
    """From the kind and the amount at stake. A threshold in another currency is taken by its figure: no rate is assumed."""
    threshold = threshold_minor * 10 ** exponent(currency) // 10 ** exponent(threshold_currency)
    if threshold and at_stake_minor >= TIMES_CRITICAL * threshold:
        return Severity.CRITICAL
    return Severity.HIGH if kind in GRAVE or at_stake_minor >= threshold else Severity.NORMAL


def due_at(severity: str, opened_at: datetime, opened_on: date, calendar: BusinessCalendar, timezone: str) -> datetime:
    """Two hours for critical, else the end of work one or three open days after the day it was opened."""
    if severity == Severity.CRITICAL:
        return opened_at + timedelta(hours=HOURS_WHEN_CRITICAL)
    return start_of_day(calendar.add_open_days(opened_on, DAYS[Severity(severity)]), timezone, END_OF_WORK)
