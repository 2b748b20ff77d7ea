"""PayPal in the suite of payments: an order that the payer approves on PayPal's page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from apps.channels.providers.paypal.client import PaypalGateway
from tests.channels.fakes.paypal import CLIENT, SECRET, TOKEN, WEBHOOK, FakePaypal
from tests.channels.fakes.server import running
from tests.contract.paying import PayingScene


@contextmanager
def scene() -> Iterator[PayingScene]:
    with running(FakePaypal()) as fake:
        account = Account({"client_id": CLIENT, "client_secret": SECRET, "webhook_id": WEBHOOK}, base_url=fake.base_url)
        other = {"client_id": CLIENT, "client_secret": "EL-secret-2", "webhook_id": "8PT597110X687430L"}
        yield PayingScene(
            code="paypal",
            gateway=PaypalGateway(account),
            unreachable=PaypalGateway(replace(account, base_url="http://127.0.0.1:9")),
            wrong=PaypalGateway(replace(account, credentials=other)),
            fake=fake,
            call=PaymentCall("pay_1", "A10293", 12800, "USD", "paypal", "Tea", "https://shop.example/back"),
            credentials=account.credentials,
            secrets=(SECRET, TOKEN, "EL-secret-2"),
            pays=lambda reference: fake.books.move(reference, "approved"),
            # An order cannot be called off: nobody finishes it, and it lapses. An authorization can: see its own tests.
            skips=frozenset({"test_an_unpaid_one_can_be_called_off_and_a_paid_one_cannot"}),
        )
