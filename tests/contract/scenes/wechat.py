"""WeChat Pay in the suite of payments: a QR code of 128.00 yuan, in public key mode."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from apps.channels import registry
from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from tests.channels.fakes import keys
from tests.channels.fakes.server import running
from tests.channels.fakes.wechat import API_V3_KEY, APPID, MCHID, PUBLIC_KEY_ID, SERIAL, SHANGHAI, FakeWechat
from tests.contract.paying import PayingScene

CALL = PaymentCall("pay_1", "QT20261130A1", 12_800, "CNY", "wechat_pay", "青瓷茶杯", notice_url="https://shop.example/notices/ch_1")


def credentials(**other: str) -> dict[str, str]:
    return {
        "mchid": MCHID,
        "appid": APPID,
        "serial_no": SERIAL,
        "private_key": keys.private_pem("wechat-merchant"),
        "api_v3_key": API_V3_KEY,
        "public_key_id": PUBLIC_KEY_ID,
        "public_key": keys.public_pem("wechat-public"),
        **other,
    }


@contextmanager
def scene():
    make = registry.get("wechat").gateway.make
    with running(FakeWechat()) as fake:
        account = Account(credentials(), base_url=fake.base_url)
        yield PayingScene(
            code="wechat",
            gateway=make(account),
            unreachable=make(replace(account, base_url="http://127.0.0.1:9")),
            wrong=make(replace(account, credentials=credentials(public_key=keys.public_pem("stranger")))),
            fake=fake,
            call=CALL,
            credentials=account.credentials,
            secrets=(API_V3_KEY, credentials()["private_key"], "PRIVATE KEY"),
            pays=lambda ref: fake.books.move(ref, "paid"),
            statement_day=datetime.now(SHANGHAI).date(),
            notices_stay_good=timedelta(minutes=5),
        )
