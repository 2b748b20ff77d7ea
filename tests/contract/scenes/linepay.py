"""LINE Pay in the suite of payments: approved by the payer, taken when we confirm."""

from collections.abc import Iterator
from contextlib import contextmanager

from apps.channels import registry
from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from tests.channels.fakes.linepay import CREDENTIALS, SECRET, FakeLinePay
from tests.channels.fakes.server import running
from tests.contract.paying import PayingScene

CALL = PaymentCall("pay_1", "A10293", 128000, "TWD", "line_pay", "手工皂 3 入", "https://shop.example/back")
# It has a call for giving an authorization back, none for a request that nobody confirmed.
SKIPS = frozenset({"test_an_unpaid_one_can_be_called_off_and_a_paid_one_cannot"})


@contextmanager
def scene() -> Iterator[PayingScene]:
    make = registry.get("linepay").gateway.make
    with running(FakeLinePay()) as fake:
        yield PayingScene(
            "linepay",
            make(Account(CREDENTIALS, base_url=fake.base_url)),
            make(Account(CREDENTIALS, base_url="http://127.0.0.1:9")),
            make(Account({**CREDENTIALS, "channel_secret": "another secret"}, base_url=fake.base_url)),
            fake,
            CALL,
            (SECRET,),
            lambda merchant_ref: fake.books.move(merchant_ref, "approved"),
            credentials=CREDENTIALS,
            skips=SKIPS,
        )
