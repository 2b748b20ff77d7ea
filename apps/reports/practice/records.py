"""What happens in a practice world, as plain records that later steps may change: a planted fault is a change to one of them.

Times are naive and on the shop's clock (UTC+8); amounts are minor units. `Line` is signed from the merchant's side.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

TRUTH = (
    "kind",
    "channel",
    "order_no",
    "merchant_ref",
    "provider_ref",
    "currency",
    "expected",
    "actual",
    "difference",
    "business_date",
    "note",
)
CAPTURED = ("paid", "partially_refunded", "refunded")
WHOLE = frozenset({"JPY", "KRW"})  # currencies without decimals
SHOP_HOURS = 8  # the shop's clock is UTC+8 and knows no summer time


@dataclass(slots=True, eq=False)
class Payment:
    """One attempt to pay. `marks` are what has been done to it, so that no two faults meet in one place."""

    order_no: str
    placed_at: datetime
    storefront: str
    order_total: int
    currency: str
    channel: str
    method: str
    merchant_ref: str
    provider_ref: str
    amount: int
    status: str
    paid_at: datetime | None
    customer: str
    country: str
    ip: str
    goods: str
    in_books: bool = True
    books_ref: str = ""  # the reference as the books write it, where that differs
    marks: set[str] = field(default_factory=set)
    charge: str = ""


@dataclass(slots=True, eq=False)
class Refund:
    refund_no: str
    payment: Payment
    amount: int
    status: str
    requested_at: datetime
    refunded_at: datetime | None
    reason: str
    provider_refund_ref: str = ""
    in_books: bool = True
    marks: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Line:
    """One row that a provider will report. `day` is its business date on the channel's clock, `file_day` the day's file it is in."""

    channel: str
    kind: str  # payment | refund | dispute | fee
    at: datetime
    gross: int
    fee: int
    day: date
    file_day: date
    payment: Payment | None = None
    refund: Refund | None = None
    provider_ref: str = ""
    merchant_ref: str = ""
    refund_ref: str = ""
    provider_refund_ref: str = ""
    txn: str = ""
    charge: str = ""
    goods: str = ""
    method: str = ""
    payout_on: date | None = None
    is_lost: bool = False  # its file was never delivered
    number: int = 0

    @property
    def net(self) -> int:
        return self.gross + self.fee


@dataclass(slots=True)
class Truth:
    """One row of the answer key; amounts in minor units, None where the kind has none."""

    kind: str
    channel: str
    currency: str
    day: date
    note: str
    order_no: str = ""
    merchant_ref: str = ""
    provider_ref: str = ""
    expected: int | None = 0
    actual: int | None = 0
    ids: tuple[str, ...] = ()

    def cells(self) -> list[str]:
        amounts = ["", "", ""]
        if self.expected is not None:
            amounts = [major(value, self.currency) for value in (self.expected, self.actual, self.actual - self.expected)]
        note = f"{self.note} [ids: {'|'.join(self.ids)}]" if self.ids else self.note
        names = [self.kind, self.channel, self.order_no, self.merchant_ref, self.provider_ref, self.currency]
        return [*names, *amounts, self.day.isoformat(), note]


def major(minor: int, currency: str = "") -> str:
    """Minor units with the currency's decimals; every currency of a practice world but the yen and the won has two."""
    return str(minor) if currency in WHOLE else str((Decimal(minor) / 100).quantize(Decimal("0.01")))


def local_day(at: datetime, zone_hours: int) -> date:
    """The calendar day of a moment of the shop's clock in a zone without summer time."""
    return channel_clock(at, zone_hours).date()


def channel_clock(at: datetime, zone_hours: int) -> datetime:
    return at + timedelta(hours=zone_hours - SHOP_HOURS)
