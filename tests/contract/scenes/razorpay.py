"""Razorpay in the suite of payments: a payment link for cards."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from apps.channels.providers.razorpay.client import RazorpayGateway
from tests.channels.fakes.razorpay import HOOK, INDIA, KEY_ID, SECRET, FakeRazorpay
from tests.channels.fakes.server import running
from tests.contract.paying import PayingScene


@contextmanager
def scene() -> Iterator[PayingScene]:
    with running(FakeRazorpay()) as fake:
        account = Account({"key_id": KEY_ID, "key_secret": SECRET, "webhook_secret": HOOK}, base_url=fake.base_url)
        other = {"key_id": KEY_ID, "key_secret": "thisissecret2", "webhook_secret": "hook-secret-2"}
        yield PayingScene(
            code="razorpay",
            gateway=RazorpayGateway(account),
            unreachable=RazorpayGateway(replace(account, base_url="http://127.0.0.1:9")),
            wrong=RazorpayGateway(replace(account, credentials=other)),
            fake=fake,
            call=PaymentCall("pay_1", "A10293", 128000, "INR", "credit_card", "Tea", "https://shop.example/back"),
            credentials=account.credentials,
            secrets=(SECRET, HOOK, "thisissecret2", "hook-secret-2"),
            pays=lambda reference: fake.books.move(reference, "paid"),
            statement_day=datetime.now(INDIA).date(),
        )
