"""Adyen in the suite of payments: a payment link; the payment's own number comes by notice."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from apps.channels.providers.adyen.client import AdyenGateway
from tests.channels.fakes.adyen import ACCOUNT, API_KEY, HMAC, FakeAdyen
from tests.channels.fakes.server import running
from tests.contract.paying import PayingScene


@contextmanager
def scene() -> Iterator[PayingScene]:
    with running(FakeAdyen()) as fake:
        account = Account({"merchant_account": ACCOUNT, "api_key": API_KEY, "hmac_key": HMAC}, base_url=fake.base_url)
        other = {"merchant_account": ACCOUNT, "api_key": "AQE-api-key-2", "hmac_key": "00" * 32}
        yield PayingScene(
            code="adyen",
            gateway=AdyenGateway(account),
            unreachable=AdyenGateway(replace(account, base_url="http://127.0.0.1:9")),
            wrong=AdyenGateway(replace(account, credentials=other)),
            fake=fake,
            call=PaymentCall("pay_1", "A10293", 12800, "EUR", "credit_card", "Tea", "https://shop.example/back"),
            credentials=account.credentials,
            secrets=(API_KEY, HMAC, "AQE-api-key-2", "00" * 32),
            pays=lambda reference: fake.books.move(reference, "paid"),
            told_by_notice=True,
            # Nobody can ask Adyen about a refund: one whose answer was lost stays unknown until its notice comes.
            skips=frozenset({"test_a_lost_refund_is_unknown_and_asking_finds_it"}),
        )
