"""What LINE Pay's payment details say of a payment and of what went back. Its amounts are whole dollars or yen, or baht with two digits."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.channels.paying import PaymentOutcome
from apps.channels.wire import AnswerUnreadable
from apps.core.money import MoneyError, to_minor

CURRENCIES = ("TWD", "JPY", "THB", "USD")
WHOLE = 100  # minor units of a New Taiwan dollar: LINE Pay knows no cents
STATES = {
    "": PaymentOutcome.PAID,  # a payment that was captured at once carries no state
    "CAPTURE": PaymentOutcome.PAID,
    "AUTHORIZATION": PaymentOutcome.AUTHORIZED,
    "VOIDED_AUTHORIZATION": PaymentOutcome.CANCELLED,
    "EXPIRED_AUTHORIZATION": PaymentOutcome.EXPIRED,
}
REFUNDS = ("PAYMENT_REFUND", "PARTIAL_REFUND")


@dataclass(frozen=True, slots=True)
class Gone:
    """A refund: LINE Pay's number, minor units, its moment."""

    number: str
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Details:
    """A payment as LINE Pay lists it. `state` is empty where it says none."""

    number: str
    merchant_ref: str
    state: str
    amount: int
    currency: str
    at: datetime
    refunds: tuple[Gone, ...]

    @property
    def outcome(self) -> PaymentOutcome:
        return STATES.get(self.state, PaymentOutcome.UNKNOWN)

    @property
    def went_back(self) -> int:
        return sum(one.amount for one in self.refunds)


def to_line(amount_minor: int, currency: str) -> int | float:
    """As LINE Pay counts it. :raises MoneyError: cents of a dollar that has none there."""
    if currency == "JPY":
        return amount_minor
    if amount_minor % WHOLE == 0:
        return amount_minor // WHOLE
    if currency == "TWD":
        raise MoneyError("excess_digits", str(amount_minor))
    return float(Decimal(amount_minor) / WHOLE)


def from_line(amount: int | float, currency: str) -> int:
    """:raises AnswerUnreadable: no amount."""
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        raise AnswerUnreadable("amount")
    try:
        return to_minor(Decimal(str(amount)), currency)
    except MoneyError as error:
        raise AnswerUnreadable("amount") from error


def read_details(info: object, *, merchant_ref: str, number: str) -> Details | None:
    """The payment among those listed, by LINE Pay's number where we know it; None when none is it. :raises AnswerUnreadable: see there."""
    try:
        listed = [one for one in info if one["transactionType"] not in REFUNDS]
        of_it = [one for one in listed if str(one["transactionId"]) == number or (not number and str(one["orderId"]) == merchant_ref)]
        return _details(of_it[-1]) if of_it else None
    except (KeyError, TypeError, ValueError) as error:
        raise AnswerUnreadable(f"details: {type(error).__name__}") from error


def _details(said: dict) -> Details:
    currency = str(said["currency"])
    refunds = tuple(
        Gone(str(one["refundTransactionId"]), abs(from_line(one["refundAmount"], currency)), moment(one["refundTransactionDate"]))
        for one in said.get("refundList") or ()
    )
    return Details(
        str(said["transactionId"]),
        str(said.get("orderId", "")),
        str(said.get("payStatus") or ""),
        sum(from_line(one["amount"], currency) for one in said["payInfo"]),
        currency,
        moment(said["transactionDate"]),
        refunds,
    )


def moment(text: str) -> datetime:
    """ISO 8601 in UTC. :raises ValueError: none, or without a zone."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError("no zone")
    return read
