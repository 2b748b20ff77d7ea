"""JKOPAY in the suite of payments: its page or app, inquiries, and results that carry a DIGEST."""

from collections.abc import Iterator
from contextlib import contextmanager

from apps.channels import registry
from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from tests.channels.fakes.jkopay import API_KEY, CREDENTIALS, SECRET, FakeJkopay
from tests.channels.fakes.server import running
from tests.contract.paying import PayingScene

CALL = PaymentCall("pay_1", "A10293", 128000, "TWD", "jkopay", "手工皂 3 入", "https://shop.example/back", "https://shop.example/notices")
# An order that a payer failed to pay is one that is not paid: JKOPAY has no word for a refusal, and the payer may try again.
SKIPS = frozenset({"test_an_end_without_money_is_told[declined]"})


@contextmanager
def scene() -> Iterator[PayingScene]:
    make = registry.get("jkopay").gateway.make
    with running(FakeJkopay()) as fake:
        yield PayingScene(
            "jkopay",
            make(Account(CREDENTIALS, base_url=fake.base_url)),
            make(Account(CREDENTIALS, base_url="http://127.0.0.1:9")),
            make(Account({**CREDENTIALS, "secret_key": "another secret"}, base_url=fake.base_url)),
            fake,
            CALL,
            (SECRET, API_KEY),
            lambda merchant_ref: fake.books.move(merchant_ref, "paid"),
            credentials=CREDENTIALS,
            skips=SKIPS,
        )
