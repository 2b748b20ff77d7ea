"""Shouqianba in the suite of payments: a code for Alipay of 128.00 yuan."""

from contextlib import contextmanager
from dataclasses import replace

from apps.channels import registry
from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from tests.channels.fakes.server import running
from tests.channels.fakes.shouqianba import DEVICE, KEY, SN, FakeShouqianba
from tests.contract.paying import PayingScene

CALL = PaymentCall("pay_1", "QT20261130-1", 12_800, "CNY", "alipay", "青瓷茶杯")
CREDENTIALS = {"terminal_sn": SN, "terminal_key": KEY, "device_id": DEVICE}


@contextmanager
def scene():
    make = registry.get("shouqianba").gateway.make
    with running(FakeShouqianba()) as fake:
        account = Account(CREDENTIALS, base_url=fake.base_url)
        yield PayingScene(
            code="shouqianba",
            gateway=make(account),
            unreachable=make(replace(account, base_url="http://127.0.0.1:9")),
            wrong=make(replace(account, credentials=CREDENTIALS | {"terminal_key": "x" * 32})),
            fake=fake,
            call=CALL,
            credentials=CREDENTIALS,
            secrets=(KEY,),
            pays=lambda ref: fake.books.move(ref, "paid"),
        )
