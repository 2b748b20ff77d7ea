"""ECPay in the suite of payments: opened by a form that the payer posts, so creating asks nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from apps.channels import registry
from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from tests.channels.fakes.books import Books
from tests.channels.fakes.ecpay import FakeEcpayCashier
from tests.channels.fakes.server import running
from tests.channels.providers.fake_ecpay import CREDENTIALS, HASH_IV, HASH_KEY
from tests.contract.paying import PayingScene

CALL = PaymentCall(
    "pay_1", "A10293", 128000, "TWD", "credit_card", "手工皂 3 入", "https://shop.example/back", "https://shop.example/notices"
)


@contextmanager
def scene() -> Iterator[PayingScene]:
    make = registry.get("ecpay").gateway.make
    with running(FakeEcpayCashier(Books(datetime(2026, 11, 20, 2, 0, tzinfo=UTC)))) as fake:
        gateway = make(Account(CREDENTIALS, base_url=fake.base_url))

        def pays(merchant_ref: str) -> None:
            fake.post(gateway.create_payment(CALL).action.fields)
            fake.books.move(merchant_ref, "paid")

        yield PayingScene(
            "ecpay",
            gateway,
            make(Account(CREDENTIALS, base_url="http://127.0.0.1:9")),
            make(Account({**CREDENTIALS, "hash_key": "x" * 16}, base_url=fake.base_url)),
            fake,
            CALL,
            (HASH_KEY, HASH_IV),
            pays,
            date(2026, 11, 20),
            CREDENTIALS,
        )
