"""Stripe in the suite of payments: a card paid on Stripe's own page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from apps.channels.providers.stripe.client import StripeGateway
from tests.channels.fakes.server import running
from tests.channels.fakes.stripe import HOOK, KEY, FakeStripe
from tests.contract.paying import PayingScene


@contextmanager
def scene() -> Iterator[PayingScene]:
    with running(FakeStripe()) as fake:
        fake.run_states = ["pending"]  # the first report is still being written when it is asked for
        account = Account({"secret_key": KEY, "webhook_secret": HOOK}, base_url=fake.base_url)
        call = PaymentCall("pay_1", "A10293", 128000, "TWD", "credit_card", "Tea", "https://shop.example/back")
        yield PayingScene(
            code="stripe",
            gateway=StripeGateway(account),
            unreachable=StripeGateway(replace(account, base_url="http://127.0.0.1:9")),
            wrong=StripeGateway(replace(account, credentials={"secret_key": "sk_test_wrong", "webhook_secret": "whsec_wrong"})),
            fake=fake,
            call=call,
            credentials=account.credentials,
            secrets=(KEY, HOOK, "sk_test_wrong"),
            pays=lambda reference: fake.books.move(reference, "paid"),
            statement_day=datetime.now(UTC).date(),
            notices_stay_good=timedelta(minutes=5),
        )
