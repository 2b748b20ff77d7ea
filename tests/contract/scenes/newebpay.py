"""NewebPay in the suite of payments: opened by a form that the payer posts, so creating asks nobody."""

from collections.abc import Iterator
from contextlib import contextmanager

from apps.channels import registry
from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from tests.channels.fakes.newebpay import CREDENTIALS, KEYS, FakeNewebPay
from tests.channels.fakes.server import running
from tests.contract.paying import PayingScene

CALL = PaymentCall(
    "pay_1", "A10293", 128000, "TWD", "credit_card", "手工皂 3 入", "https://shop.example/back", "https://shop.example/notices"
)
# It releases cards that were authorized and has no call for an order that nobody paid.
SKIPS = frozenset({"test_an_unpaid_one_can_be_called_off_and_a_paid_one_cannot"})


@contextmanager
def scene() -> Iterator[PayingScene]:
    make = registry.get("newebpay").gateway.make
    with running(FakeNewebPay()) as fake:
        gateway = make(Account(CREDENTIALS, base_url=fake.base_url))

        def pays(merchant_ref: str) -> None:
            fake.post(gateway.create_payment(CALL).action.fields)
            fake.books.move(merchant_ref, "paid")

        yield PayingScene(
            "newebpay",
            gateway,
            make(Account(CREDENTIALS, base_url="http://127.0.0.1:9")),
            make(Account({**CREDENTIALS, "hash_key": "x" * 32}, base_url=fake.base_url)),
            fake,
            CALL,
            KEYS,
            pays,
            credentials=CREDENTIALS,
            skips=SKIPS,
        )
