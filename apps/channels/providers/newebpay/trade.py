"""A trade as NewebPay tells it: the answer of QueryTradeInfo, and the notice inside TradeInfo. Whole New Taiwan dollars, Taipei's clock."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")
WHOLE = 100  # minor units of a whole New Taiwan dollar
NO_CAPTURE, WAITS, WORKS, DONE = "0", "1", "2", "3"  # CloseStatus of a card, and BackStatus


@dataclass(frozen=True, slots=True)
class Trade:
    """`captured` and `given_back` are NewebPay's CloseStatus and BackStatus, empty for what is no card. Amounts are minor units.

    `back_balance` is what can still be refunded; None where NewebPay does not say it.
    """

    number: str
    merchant_ref: str
    status: str
    amount: int
    paid_at: datetime | None
    captured: str = ""
    given_back: str = ""
    back_balance: int | None = None

    @property
    def went_back(self) -> int:
        """What went back or is on its way. :raises ValueError: NewebPay does not say."""
        if self.given_back in ("", NO_CAPTURE):
            return 0
        if self.back_balance is None:
            raise ValueError("no BackBalance")
        return self.amount - self.back_balance


def read_trade(result: dict) -> Trade:
    """:raises KeyError, TypeError, ValueError: a field that the manual promises is missing or odd."""
    paid = str(result.get("PayTime") or "")
    balance = result.get("BackBalance")
    return Trade(
        str(result["TradeNo"]),
        str(result["MerchantOrderNo"]),
        str(result["TradeStatus"]),
        minor(result["Amt"]),
        moment(paid) if paid and not paid.startswith("0000") else None,
        str(result.get("CloseStatus", "")),
        str(result.get("BackStatus", "")),
        minor(balance) if balance not in (None, "") else None,
    )


def minor(value: object) -> int:
    """Numbers come as numbers or as texts. :raises ValueError: no whole dollars."""
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        raise ValueError("amount")
    return int(text) * WHOLE


def moment(text: str) -> datetime:
    """The blank between day and hour is sometimes lost. :raises ValueError: no such time."""
    return datetime.strptime(f"{text[:10]} {text[10:].strip()}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=TAIPEI)
