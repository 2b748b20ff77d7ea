"""The ways that money takes in these tests: a provider, a method, what it keeps and when it pays. All amounts are minor units."""

from collections.abc import Callable
from dataclasses import dataclass, field

from apps.orders.models import Payment
from tests.channels.fakes import paypal
from tests.channels.fakes.ecpay import FakeEcpayCashier
from tests.channels.fakes.paypal import FakePaypal
from tests.channels.fakes.server import FakeProvider
from tests.channels.fakes.stripe import FakeStripe
from tests.loops.exports import EXPORTS, LINE_PAY_MAPPING


def _leaves_as_it_is(fake: FakeProvider, way: "Way") -> None:
    pass


@dataclass(frozen=True)
class Way:
    """`fees` are those of the `first` payment, of the `second` one, and what comes back of the first with its refund of `back`.

    `terms` is the fee rule they follow from. `pays` is what the payer does with the action they were given. Where the payer only
    approves (`is_taken`) the money comes when we take it. A statement is there `reported` days after its day, its money in the bank
    `arrives` days after it; `payout_ref` is what the provider calls the payout of a day, empty where it calls it nothing. `prepares`
    tells the fake what it alone has to know before the first payment.
    """

    name: str
    code: str
    method: str
    currency: str
    timezone: str
    calendar: str
    settles: str
    first: int
    second: int
    back: int
    fees: tuple[int, int, int]
    terms: dict
    pays: Callable[[FakeProvider, Payment], None]
    is_taken: bool = False
    tells_payments: bool = True
    tells_refunds: bool = True
    rhythm: str = "daily"
    mapping: dict = field(default_factory=dict)
    reported: int = 1
    arrives: int = 1
    prepares: Callable[[FakeProvider, "Way"], None] = _leaves_as_it_is
    payout_ref: str = ""  # of `strftime`, for the day of the payment

    @property
    def export(self):
        """Its file of a day, where a person has to download it."""
        return EXPORTS.get(self.code)


def scans(fake: FakeProvider, payment: Payment) -> None:
    fake.books.move(payment.merchant_ref, "paid")


def approves(fake: FakeProvider, payment: Payment) -> None:
    fake.books.move(payment.merchant_ref, "approved")


def posts(fake: FakeEcpayCashier, payment: Payment) -> None:
    """The payer's browser posts the form that we made, and pays."""
    fake.post(payment.execution.action["fields"])
    fake.books.move(payment.merchant_ref, "paid")


def reports_at_once(fake: FakeStripe, way: Way) -> None:
    """Nobody waits for its reports to be written; it pays out as the way says."""
    fake.payout_days, fake.run_states = way.arrives, []


def certified_then(fake: FakePaypal, _way: Way) -> None:
    """By a certificate of the weeks in which the loop is walked, whenever the tests are run."""
    fake.signs = lambda: paypal.signer("messageverificationcerts.paypal.com", 20)


TAIWAN = {
    "currency": "TWD",
    "timezone": "Asia/Taipei",
    "calendar": "TW",
    "settles": "T+1",
    "first": 128_000,
    "second": 256_000,
    "back": 30_000,
}
CHINA = {
    "currency": "CNY",
    "timezone": "Asia/Shanghai",
    "calendar": "CN",
    "settles": "T+1",
    "first": 12_800,
    "second": 25_600,
    "back": 3_000,
}
ABROAD = {"calendar": "US", "first": 12_800, "second": 25_600, "back": 3_000}
WHOLE_DOLLARS = {"unit_minor": 100, "refund_fee": "return"}
CHINESE = {**CHINA, "fees": (77, 154, 18), "terms": {"percent_ppm": 6_000, "refund_fee": "return"}, "pays": scans}
CARD = Way(
    "ecpay_card", "ecpay", "credit_card", **TAIWAN, fees=(3_500, 7_000, 800), terms={"percent_ppm": 27_500, **WHOLE_DOLLARS}, pays=posts,
    tells_refunds=False,
)  # fmt: skip
ATM = Way("ecpay_atm", "ecpay", "atm", **TAIWAN, fees=(1_300, 2_600, 0), terms={"percent_ppm": 10_000, **WHOLE_DOLLARS}, pays=posts)
WAYS = [
    CARD,
    Way(
        "linepay", "linepay", "line_pay", **TAIWAN, fees=(2_800, 5_600, 700), terms={"percent_ppm": 22_000, **WHOLE_DOLLARS},
        pays=approves, is_taken=True, tells_payments=False, tells_refunds=False, mapping=LINE_PAY_MAPPING,
    ),
    Way("wechat", "wechat", "wechat_pay", **CHINESE),
    Way("alipay", "alipay", "alipay", **CHINESE),
    Way(
        "stripe", "stripe", "credit_card", **ABROAD, currency="USD", timezone="UTC", settles="T+2", fees=(401, 772, 0),
        terms={"percent_ppm": 29_000, "fixed_minor": 30}, pays=scans, rhythm="per_payout", reported=3, arrives=2, payout_ref="po_%Y%m%d",
        prepares=reports_at_once,
    ),
    Way(
        "paypal", "paypal", "paypal", **ABROAD, currency="USD", timezone="America/Los_Angeles", settles="T+1", fees=(496, 942, 0),
        terms={"percent_ppm": 34_900, "fixed_minor": 49}, pays=approves, is_taken=True, payout_ref="10082280%m%d",
        prepares=certified_then,
    ),
    Way(
        "adyen", "adyen", "credit_card", **{**ABROAD, "calendar": "DE"}, currency="EUR", timezone="Europe/Amsterdam", settles="T+2",
        fees=(165, 318, 0), terms={"percent_ppm": 12_000, "fixed_minor": 11}, pays=scans, rhythm="per_payout", reported=2, arrives=2,
        payout_ref="TX%m%dXT",
    ),
]  # fmt: skip
