"""A payment as PayPay tells it, and the refunds that it lists with it. Whole yen, seconds since 1970."""

from dataclasses import dataclass
from datetime import UTC, datetime

from apps.channels.gateways import Outcome
from apps.channels.providers.paypay.codes import REFUND_STATES


@dataclass(frozen=True, slots=True)
class Gone:
    """A refund: our number, PayPay's state, whole yen."""

    key: str
    state: str
    amount: int
    at: datetime | None

    @property
    def outcome(self) -> Outcome:
        return REFUND_STATES.get(self.state, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Order:
    """A payment by a code. `number` is PayPay's, empty while nobody paid."""

    merchant_ref: str
    number: str
    state: str
    amount: int
    currency: str
    at: datetime | None
    refunds: tuple[Gone, ...] = ()

    @property
    def went_back(self) -> int:
        """What went back or is on its way."""
        return sum(one.amount for one in self.refunds if one.outcome != Outcome.DECLINED)


def read_order(data: dict) -> Order:
    """:raises KeyError, TypeError, ValueError: a field that the documents promise is missing or odd."""
    listed = (data.get("refunds") or {}).get("data") or ()
    return Order(
        str(data["merchantPaymentId"]),
        str(data.get("paymentId") or ""),
        str(data["status"]),
        yen(data["amount"]),
        str(data["amount"]["currency"]),
        moment(data.get("acceptedAt")),
        tuple(read_refund(one) for one in listed),
    )


def read_refund(data: dict) -> Gone:
    """:raises KeyError, TypeError, ValueError: see `read_order`."""
    return Gone(str(data["merchantRefundId"]), str(data["status"]), yen(data["amount"]), moment(data.get("acceptedAt")))


def yen(said: dict) -> int:
    """:raises KeyError, TypeError, ValueError: no whole amount."""
    amount = said["amount"]
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise ValueError("amount")
    return amount


def moment(seconds: object) -> datetime | None:
    """None where PayPay gives none. :raises TypeError, ValueError: no moment."""
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None
