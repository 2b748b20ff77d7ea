"""UnionPay in the suite of payments: opened by a form that the payer posts, so creating asks nobody."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from apps.channels import registry
from apps.channels.gateways import Account
from apps.channels.paying import PaymentCall
from tests.channels.fakes import keys
from tests.channels.fakes.books import Books
from tests.channels.fakes.server import running
from tests.channels.fakes.unionpay import MER_ID, FakeUnionpay, chain, merchant_pem
from tests.contract.paying import PayingScene

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
CALL = PaymentCall(
    "pay_1", "QT20261130A1", 12_800, "CNY", "unionpay", "青瓷茶杯", "https://shop.example/back", "https://shop.example/notices/ch_1",
    opened_at=NOW,
)  # fmt: skip


def credentials(**other: str) -> dict[str, str]:
    own = {"mer_id": MER_ID, "private_key": keys.private_pem("unionpay-merchant"), "certificate": merchant_pem()}
    return own | chain() | other


@contextmanager
def scene():
    make = registry.get("unionpay").gateway.make
    with running(FakeUnionpay(Books(NOW))) as fake:
        account = Account(credentials(), base_url=fake.base_url)
        gateway = make(account)

        def pays(merchant_ref: str) -> None:
            if merchant_ref not in fake.books.payments:
                fake.submit(gateway.create_payment(CALL).action.fields)
            fake.books.move(merchant_ref, "paid")

        yield PayingScene(
            code="unionpay",
            gateway=gateway,
            unreachable=make(replace(account, base_url="http://127.0.0.1:9")),
            wrong=make(replace(account, credentials=credentials(root_certificate=keys.certificate_pem("stranger", is_ca=True)))),
            fake=fake,
            call=CALL,
            credentials=account.credentials,
            secrets=(credentials()["private_key"], "PRIVATE KEY"),
            pays=pays,
        )
