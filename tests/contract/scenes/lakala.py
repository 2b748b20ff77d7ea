"""Lakala in the suite of payments: a code for Alipay of 128.00 yuan."""

from contextlib import contextmanager
from dataclasses import replace

from apps.channels import registry
from apps.channels.gateways import Account
from apps.channels.paying import Payer, PaymentCall
from tests.channels.fakes import keys
from tests.channels.fakes.lakala import APP_ID, MERCHANT, SERIAL, TERMINAL, FakeLakala
from tests.channels.fakes.server import running
from tests.contract.paying import PayingScene

CALL = PaymentCall(
    "pay_1", "QT20261130A1", 12_800, "CNY", "alipay", "青瓷茶杯", notice_url="https://shop.example/notices/ch_1",
    payer=Payer(ip="203.0.113.9"),
)  # fmt: skip


def credentials(**other: str) -> dict[str, str]:
    return {
        "app_id": APP_ID,
        "merchant_no": MERCHANT,
        "term_no": TERMINAL,
        "serial_no": SERIAL,
        "private_key": keys.private_pem("lakala-merchant"),
        "platform_certificate": keys.certificate_pem("lakala"),
        **other,
    }


@contextmanager
def scene():
    make = registry.get("lakala").gateway.make
    with running(FakeLakala()) as fake:
        account = Account(credentials(), base_url=fake.base_url)
        yield PayingScene(
            code="lakala",
            gateway=make(account),
            unreachable=make(replace(account, base_url="http://127.0.0.1:9")),
            wrong=make(replace(account, credentials=credentials(platform_certificate=keys.certificate_pem("stranger")))),
            fake=fake,
            call=CALL,
            credentials=account.credentials,
            secrets=(credentials()["private_key"], "PRIVATE KEY"),
            pays=lambda ref: fake.books.move(ref, "paid"),
            # No public document says which code means that a number is unknown, so nothing is ever told as not found.
            skips=frozenset({"test_a_number_nobody_opened_is_not_found"}),
        )
