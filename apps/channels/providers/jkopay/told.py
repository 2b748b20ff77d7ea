"""What JKOPAY tells of an order: by its inquiry, and to the address for results. Whole New Taiwan dollars, on Taipei's clock."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from zoneinfo import ZoneInfo

from apps.channels.wire import AnswerUnreadable

TAIPEI = ZoneInfo("Asia/Taipei")
WHOLE = 100  # minor units of a whole New Taiwan dollar


@dataclass(frozen=True, slots=True)
class Gone:
    """A refund: JKOPAY's number, minor units, its moment. JKOPAY does not repeat our number."""

    number: str
    amount: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Order:
    """An order as JKOPAY holds it. What it was paid with (money, coins, coupons) is one sum; it is None while nothing was paid."""

    merchant_ref: str
    status: str
    number: str = ""
    amount: int | None = None
    at: datetime | None = None
    refunds: tuple[Gone, ...] = ()

    @property
    def went_back(self) -> int:
        return sum(one.amount for one in self.refunds)


def digest(secret: str, said: bytes) -> str:
    """The DIGEST of a body, or of the query of a GET, as sent."""
    return hmac.new(secret.encode(), said, sha256).hexdigest()


def read_order(said: dict) -> Order:
    """One of `transactions`. :raises AnswerUnreadable: a field that the documents promise is missing or odd."""
    try:
        status, number = str(said["status"]), str(said["platform_order_id"])
        if status != "0":
            return Order(number, status, str(said.get("tradeNo") or ""))
        refunds = tuple(_refund(one) for one in said.get("refund_history") or ())
        return Order(number, status, str(said["tradeNo"]), minor(said["final_price"]), moment(said["trans_time"]), refunds)
    except (KeyError, TypeError, ValueError) as error:
        raise AnswerUnreadable(f"order: {type(error).__name__}") from error


def _refund(said: dict) -> Gone:
    at = moment(said["time"]) if said.get("time") else None
    return Gone(str(said["refund_tradeNo"]), minor(said["debit_amount"]) + minor(said["redeem_amount"]), at)


def minor(text: object) -> int:
    """JKOPAY writes amounts as text, with or without digits after the point. :raises ValueError: no whole dollars."""
    try:
        amount = Decimal(str(text)) * WHOLE
    except InvalidOperation as error:
        raise ValueError("amount") from error
    if amount % WHOLE:
        raise ValueError("amount")
    return int(amount)


def moment(text: object) -> datetime:
    """:raises ValueError: no such time."""
    return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=TAIPEI)
