"""Alipay in the suite of payments: a code to scan for 128.00 yuan, scanned at once."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from apps.channels import registry
from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from tests.channels.fakes import keys
from tests.channels.fakes.alipay import APP_ID, SELLER_ID, SHANGHAI, FakeAlipay
from tests.channels.fakes.server import running
from tests.contract.paying import PayingScene

CALL = PaymentCall("pay_1", "QT20261130A1", 12_800, "CNY", "alipay", "青瓷茶杯 & 一對", notice_url="https://shop.example/notices/ch_1")


def credentials(**other: str) -> dict[str, str]:
    return {
        "app_id": APP_ID,
        "private_key": keys.private_pem("alipay-app"),
        "alipay_public_key": keys.public_pem("alipay"),
        "seller_id": SELLER_ID,
        **other,
    }


@contextmanager
def scene():
    make = registry.get("alipay").gateway.make
    with running(FakeAlipay()) as fake:
        account = Account(credentials(), base_url=fake.base_url)
        yield PayingScene(
            code="alipay",
            gateway=make(account),
            unreachable=make(replace(account, base_url="http://127.0.0.1:9")),
            wrong=make(replace(account, credentials=credentials(alipay_public_key=keys.public_pem("stranger")))),
            fake=fake,
            call=CALL,
            credentials=account.credentials,
            secrets=(credentials()["private_key"], "PRIVATE KEY"),
            pays=lambda ref: fake.books.move(ref, "paid"),
            statement_day=datetime.now(SHANGHAI).date(),
        )
