"""Shopify as a storefront: orders in our words, webhooks proved over their raw bytes, the connection in plain words. Against a fake."""

from datetime import UTC, datetime, timedelta

import pytest
import stamina

from apps.channels import registry
from apps.channels.fetching import FetchOutcome, Verdict
from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable
from apps.channels.providers.shopify.api import shop_name
from apps.channels.providers.shopify.client import is_genuine
from apps.channels.storefronts import OrderTold, StorefrontPayment, StorefrontRefund, UnreadOrder
from apps.orders.services.notices.keeping import proving
from tests.channels.fakes.books import Mood
from tests.channels.fakes.server import running
from tests.channels.fakes.shopify import CREDENTIALS, HOOK, SECRET, TOKEN, FakeShopify, signature
from tests.channels.hearing import hear

AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=30)


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=1):
        yield


@pytest.fixture
def fake():
    with running(FakeShopify()) as fake:
        yield fake


def gateway(fake: FakeShopify, **other):
    return registry.get("shopify").gateway.make(Account(CREDENTIALS | other, base_url=fake.base_url))


def the_order(fake: FakeShopify):
    answer = gateway(fake).read_orders(LONG_AGO)
    assert (answer.outcome, len(answer.orders), answer.unread) == (FetchOutcome.FETCHED, 1, ())
    return answer.orders[0]


def test_an_order_with_two_captures_and_a_refund_in_exact_units(fake):
    fake.place("#1001", "409.94", AT, currency="USD")
    fake.move("#1001", "AUTHORIZATION", "409.94", AT)
    first = fake.move("#1001", "CAPTURE", "400.00", AT + timedelta(hours=1))
    fake.move("#1001", "CAPTURE", "9.94", AT + timedelta(hours=2), status="FAILURE")
    fake.move("#1001", "CAPTURE", "9.94", AT + timedelta(hours=3))
    back = fake.move("#1001", "REFUND", "209.00", AT + timedelta(days=1), displayFinancialStatus="PARTIALLY_REFUNDED")

    order = the_order(fake)

    number, back_number = (one["id"].rsplit("/", 1)[-1] for one in (first, back))
    assert (order.order_no, order.total_minor, order.currency, order.placed_at) == ("#1001", 40994, "USD", AT)
    paid_at, made_at = AT + timedelta(hours=1), AT + timedelta(days=1)
    assert order.payments == (StorefrontPayment("shopify_payments", "partially_refunded", 40994, "USD", number, paid_at),)
    assert order.refunds == (StorefrontRefund("shopify_payments", back_number, "succeeded", 20900, "USD", made_at),)


@pytest.mark.parametrize(
    ("moves", "order", "state", "minor"),
    [
        ([("SALE", "100.00", "SUCCESS")], {}, "paid", 10000),
        ([("SALE", "100.00", "PENDING")], {}, "pending", 10000),
        ([("SALE", "100.00", "FAILURE")], {}, "pending", 10000),
        ([("SALE", "100.00", "FAILURE"), ("SALE", "100.00", "SUCCESS")], {}, "paid", 10000),
        ([("AUTHORIZATION", "100.00", "SUCCESS")], {}, "authorized", 10000),
        ([("AUTHORIZATION", "100.00", "SUCCESS"), ("CAPTURE", "60.00", "SUCCESS")], {}, "paid", 6000),
        ([("AUTHORIZATION", "100.00", "SUCCESS"), ("VOID", "100.00", "SUCCESS")], {"displayFinancialStatus": "VOIDED"}, "cancelled", 10000),
        ([("AUTHORIZATION", "100.00", "SUCCESS")], {"displayFinancialStatus": "EXPIRED"}, "expired", 10000),
        ([("SALE", "100.00", "PENDING")], {"cancelledAt": "2026-11-20T03:00:00Z"}, "cancelled", 10000),
        ([("SALE", "100.00", "SUCCESS"), ("REFUND", "100.00", "SUCCESS")], {"cancelledAt": "2026-11-20T03:00:00Z"}, "refunded", 10000),
        ([("SALE", "100.00", "SUCCESS"), ("REFUND", "30.00", "FAILURE")], {}, "paid", 10000),
    ],
)
def test_the_state_of_a_payment_in_our_words(fake, moves, order, state, minor):
    fake.place("#1001", "100.00", AT, **order)
    for kind, amount, status in moves:
        fake.move("#1001", kind, amount, AT, status=status)

    assert [(one.state, one.amount_minor) for one in the_order(fake).payments] == [(state, minor)]


@pytest.mark.parametrize(("currency", "amount", "minor"), [("JPY", "1000.0", 1000), ("KWD", "1.234", 1234), ("TWD", "1280.0", 128000)])
def test_amounts_by_the_currency_s_own_digits(fake, currency, amount, minor):
    fake.place("#1", amount, AT, currency=currency)

    assert the_order(fake).total_minor == minor


def test_an_order_that_says_what_nobody_documents_is_named_and_the_others_are_read(fake):
    fake.place("#1", "100.005", AT)
    fake.place("#2", "100.00", AT)
    fake.move("#2", "CHANGE", "5.00", AT)
    fake.place("#3", "100.00", AT)

    answer = gateway(fake).read_orders(LONG_AGO)

    assert answer.unread == (UnreadOrder("#1", "excess_digits", "100.005"), UnreadOrder("#2", "undocumented", "CHANGE SUCCESS"))
    assert [order.order_no for order in answer.orders] == ["#3"]


def test_pages_follow_each_other_from_the_oldest_change(fake):
    fake.page_size = 2
    for at in range(3):
        fake.place(f"#{at}", "1.00", AT + timedelta(minutes=at))
    asking = gateway(fake)

    first = asking.read_orders(AT)
    last = asking.read_orders(AT, first.after)

    names = [[order.order_no for order in page.orders] for page in (first, last, asking.read_orders(AT + timedelta(minutes=2)))]
    assert (names, last.after) == ([["#0", "#1"], ["#2"], ["#2"]], "")
    assert [asked.path for asked in fake.requests].count("/admin/oauth/access_token") == 1


def test_what_is_later_and_what_is_refused(fake):
    fake.books.script("read_orders", Mood.BUSY)
    assert gateway(fake).read_orders(AT).outcome == FetchOutcome.UNKNOWN
    fake.books.script("read_orders", Mood.ODD_CODE)
    assert (gateway(fake).read_orders(AT).outcome, gateway(fake, client_secret="wrong").read_orders(AT).outcome) == (
        FetchOutcome.FAILED,
    ) * 2
    fake.books.script("read_orders", Mood.SILENT_BEFORE)
    assert gateway(fake).read_orders(AT).outcome == FetchOutcome.UNKNOWN


def test_the_connection_in_plain_words_and_no_secret_in_the_record(fake):
    works = gateway(fake).test_connection()
    wrong = gateway(fake, client_secret="wrong").test_connection()
    lost = gateway(fake, shop="not a shop").test_connection()
    fake.scopes.clear()
    barred = gateway(fake).test_connection()
    away = registry.get("shopify").gateway.make(Account(CREDENTIALS, base_url="http://127.0.0.1:9")).test_connection()

    verdicts = [(one.verdict, one.field_name) for one in (works, wrong, lost, barred, away)]
    assert verdicts == [
        (Verdict.WORKS, ""),
        (Verdict.WRONG_CREDENTIALS, "client_secret"),
        (Verdict.WRONG_CREDENTIALS, "shop"),
        (Verdict.NOT_PERMITTED, ""),
        (Verdict.UNREACHABLE, ""),
    ]
    record = str([one.raw for one in (works, wrong, barred)])
    assert [mark for mark in (SECRET, TOKEN, HOOK) if mark in record] == []
    assert len(works.raw["exchanges"]) == 2


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("qingtian", "qingtian"),
        (" https://Qing-Tian.myshopify.com/ ", "qing-tian"),
        ("evil.example", ""),
        ("a.myshopify.com.evil.io", ""),
        ("", ""),
    ],
)
def test_only_a_shop_of_shopify_s_is_ever_called(text, name):
    assert shop_name(text) == name


def test_a_webhook_is_proved_over_its_raw_bytes():
    body = '{"id": 450789469, "name":"#1001", "note":"晴天"}'.encode()

    assert is_genuine(signature(body), HOOK, body)
    assert not is_genuine(signature(body), HOOK, body + b" ")
    assert not is_genuine(signature(body, "another"), HOOK, body)
    assert not is_genuine(signature(body, ""), "", body)
    assert not is_genuine("\u00e9", HOOK, body)


def test_webhooks_say_which_order_and_of_whom(fake):
    fake.place("#1001", "100.00", AT)
    reading = gateway(fake)
    headers, body = fake.told("orders/paid", "#1001", number="wh-1")
    number = fake.orders["#1001"]["id"].rsplit("/", 1)[-1]

    for known in (headers, proving(registry.get("shopify").gateway, headers)):
        assert hear(reading, known, body) == [OrderTold("wh-1", "#1001", "orders/paid")]
    assert hear(reading, *fake.told("refunds/create", "#1001", number="wh-2")) == [OrderTold("wh-2", number, "refunds/create")]
    assert hear(reading, *fake.told("orders/create", "#1001", key=SECRET, number="wh-3"))[0].event_id == "wh-3"
    assert hear(reading, *fake.told("orders/paid", "#1001", shop="another")) == []
    assert hear(reading, *fake.told("products/update", "#1001")) == []
    with pytest.raises(NoticeForged):
        hear(reading, *fake.told("orders/paid", "#1001", key="wrong"))
    with pytest.raises(NoticeForged):
        hear(reading, {}, body)
    with pytest.raises(NoticeUnreadable):
        hear(reading, headers | {"x-shopify-hmac-sha256": signature(b"[]")}, b"[]")
