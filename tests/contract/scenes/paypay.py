"""PayPay in the suite of payments: a code to scan, everything asked, nothing believed of notices that nobody signs."""

from collections.abc import Iterator
from contextlib import contextmanager

from apps.channels import registry
from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from tests.channels.fakes.paypay import API_KEY, CREDENTIALS, SECRET, FakePayPay
from tests.channels.fakes.server import running
from tests.contract.paying import PayingScene

CALL = PaymentCall("pay_1", "A10293", 12800, "JPY", "paypay", "手作り石けん 3 個", "https://shop.example/back")


@contextmanager
def scene() -> Iterator[PayingScene]:
    make = registry.get("paypay").gateway.make
    with running(FakePayPay()) as fake:
        yield PayingScene(
            "paypay",
            make(Account(CREDENTIALS, base_url=fake.base_url)),
            make(Account(CREDENTIALS, base_url="http://127.0.0.1:9")),
            make(Account({**CREDENTIALS, "api_secret": "another secret"}, base_url=fake.base_url)),
            fake,
            CALL,
            (SECRET, API_KEY),
            lambda merchant_ref: fake.books.move(merchant_ref, "paid"),
            credentials=CREDENTIALS,
        )
