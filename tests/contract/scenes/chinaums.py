"""ChinaUMS in the suite of payments: a bill of 128.00 yuan, to be scanned."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from apps.channels import registry
from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from tests.channels.fakes.chinaums import APP_ID, APP_KEY, MID, NOTICE_KEY, SOURCE_NO, TID, FakeChinaums
from tests.channels.fakes.server import running
from tests.contract.paying import PayingScene

CALL = PaymentCall(
    "pay_1", "QT20261130A1", 12_800, "CNY", "alipay", "青瓷茶杯", notice_url="https://shop.example/notices/ch_1",
    opened_at=datetime(2026, 11, 30, 17, 30, tzinfo=UTC),
)  # fmt: skip
CREDENTIALS = {"app_id": APP_ID, "app_key": APP_KEY, "notice_key": NOTICE_KEY, "mid": MID, "tid": TID, "source_no": SOURCE_NO}


@contextmanager
def scene():
    make = registry.get("chinaums").gateway.make
    with running(FakeChinaums()) as fake:
        account = Account(CREDENTIALS, base_url=fake.base_url)
        yield PayingScene(
            code="chinaums",
            gateway=make(account),
            unreachable=make(replace(account, base_url="http://127.0.0.1:9")),
            wrong=make(replace(account, credentials=CREDENTIALS | {"app_key": "x" * 32, "notice_key": "y" * 32})),
            fake=fake,
            call=CALL,
            credentials=CREDENTIALS,
            secrets=(APP_KEY, NOTICE_KEY),
            pays=lambda ref: fake.books.move(ref, "paid"),
            # No public document says which code means that a bill does not exist, so nothing is ever told as not found.
            skips=frozenset({"test_a_number_nobody_opened_is_not_found"}),
        )
