"""A storefront's orders become the books: exact, once, whatever the order of notices; what is refused is named. Against a fake Shopify."""

import json
from datetime import timedelta

import pytest
import stamina
import time_machine

from apps.audit.models import AuditEvent
from apps.channels.models import Channel, ProviderCall, WebhookEvent
from apps.core import clock
from apps.core.jobs.runner import run
from apps.core.models import Job
from apps.merchants.models import Notification
from apps.orders.forms.storefronts import field_key
from apps.orders.models import BookImport, Order, Payment, Refund, StorefrontReading
from apps.orders.services.notices.doing import do_waiting
from apps.orders.services.storefronts.placing import place_gateways
from apps.orders.services.storefronts.reading import read_storefront, reading_of, ring_storefronts
from tests import cast
from tests.channels.fakes.books import Mood
from tests.channels.fakes.server import running
from tests.channels.fakes.shopify import CREDENTIALS, FakeShopify

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
NOW = cast.NOW
SOON = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _now():
    with stamina.set_testing(True, attempts=1), time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def fake(settings):
    with running(FakeShopify()) as fake:
        settings.PROVIDER_URLS = {"shopify": fake.base_url}
        yield fake


@pytest.fixture
def channel(fake):
    shop = cast.make_merchant(is_practice=False)
    cast.owner(shop)
    channel = cast.make_channel(shop, "shopify", label="Shopify", credentials=json.dumps(CREDENTIALS), is_live=True)
    reading_of(channel, NOW)
    return Channel.objects.select_related("merchant").get(pk=channel.pk)


def paid(fake: FakeShopify, name: str = "#1001", amount: str = "1280.0", **gateway) -> None:
    fake.place(name, amount, NOW)
    fake.move(name, "SALE", amount, NOW + SOON, displayFinancialStatus="PAID", **gateway)


def payments() -> list[tuple]:
    return list(Payment.objects.order_by("pk").values_list("channel__code", "merchant_ref", "method", "amount_minor", "state"))


def post(client, channel, told: tuple[dict, bytes]) -> int:
    headers, body = told
    answer = client.post(f"/notices/{channel.public_id}/", data=body, content_type="application/json", headers=headers)
    do_waiting(now=clock.now())
    return answer.status_code


def work() -> None:
    for job in Job.objects.filter(state="queued", kind="orders.read_storefront").order_by("pk"):
        run(job_id=job.pk)


def test_orders_become_payments_and_refunds_to_the_cent(fake, channel):
    paid(fake)
    fake.move("#1001", "REFUND", "80.05", NOW + 2 * SOON, displayFinancialStatus="PARTIALLY_REFUNDED")

    assert read_storefront(channel=channel, now=NOW) == 1

    order, refund = Order.objects.get(), Refund.objects.get()
    assert (order.order_no, order.total_minor, order.currency, order.storefront.code) == ("#1001", 128000, "TWD", "shopify")
    assert payments() == [("shopify", "#1001", "credit_card", 128000, "partially_refunded")]
    assert (refund.amount_minor, refund.state, refund.payment.order_id) == (8005, "succeeded", order.pk)
    row = StorefrontReading.objects.get()
    assert (row.orders, row.read_until, row.faults, row.unplaced, row.claimed_until, row.ended_at) == (1, NOW + 2 * SOON, [], {}, None, NOW)


def test_two_gateways_of_one_channel_are_two_payments_each_with_its_own_refund(fake, channel):
    by_hand = cast.make_channel(channel.merchant, "by-hand", provider="internal")
    places = {name: {"channel": by_hand.code, "method": method} for name, method in (("gift_card", "points"), ("manual", "cash"))}
    place_gateways(channel=channel, gateways=places, since=NOW, by=cast.accountant(channel.merchant), now=NOW)
    paid(fake, amount="300.0", gateway="gift_card")
    fake.move("#1001", "SALE", "980.0", NOW + SOON, gateway="manual")
    fake.move("#1001", "REFUND", "80.0", NOW + 2 * SOON, gateway="manual")

    read_storefront(channel=channel, now=NOW)

    assert payments() == [
        ("by-hand", "#1001", "points", 30000, "paid"),
        ("by-hand", "#1001-manual", "cash", 98000, "partially_refunded"),
    ]
    assert Refund.objects.get().payment.merchant_ref == "#1001-manual"
    assert StorefrontReading.objects.get().faults == []


def test_another_gateway_placed_in_the_storefront_s_own_channel_leaves_the_name_to_its_own(fake, channel):
    places = {name: {"channel": channel.code, "method": "credit_card"} for name in ("gift_card", "shopify_payments")}
    place_gateways(channel=channel, gateways=places, since=NOW, by=cast.accountant(channel.merchant), now=NOW)
    paid(fake, amount="300.0", gateway="gift_card")
    fake.move("#1001", "SALE", "980.0", NOW + SOON, gateway="shopify_payments")

    read_storefront(channel=channel, now=NOW)

    assert [(ref, amount) for _channel, ref, _method, amount, _state in payments()] == [("#1001-gift_card", 30000), ("#1001", 98000)]
    assert StorefrontReading.objects.get().faults == []


def test_what_is_known_is_not_taken_in_again_and_what_changed_is(fake, channel):
    paid(fake)
    read_storefront(channel=channel, now=NOW)
    files = BookImport.objects.count()

    assert (read_storefront(channel=channel, now=NOW), BookImport.objects.count(), files) == (0, 1, 1)

    fake.move("#1001", "REFUND", "1280.0", NOW + 2 * SOON, displayFinancialStatus="REFUNDED")
    assert read_storefront(channel=channel, now=NOW) == 1
    assert payments() == [("shopify", "#1001", "credit_card", 128000, "refunded")]
    assert Refund.objects.count() == 1
    row = StorefrontReading.objects.get()
    row.seen = {}
    row.save()
    before = [list(model.objects.order_by("pk").values_list()) for model in (Order, Payment, Refund)]
    read_storefront(channel=channel, now=NOW)
    assert [list(model.objects.order_by("pk").values_list()) for model in (Order, Payment, Refund)] == before


def test_webhooks_are_kept_once_and_read_in_any_order(client, fake, channel):
    paid(fake)
    newest, oldest = fake.told("refunds/create", "#1001", number="wh-3"), fake.told("orders/create", "#1001", number="wh-1")

    answers = [post(client, channel, told) for told in (newest, oldest, newest, fake.told("orders/paid", "#1001", number="wh-2"))]

    assert answers == [200] * 4
    assert payments() == []  # answered at once; the work is a job's, and one is enough for all
    assert Job.objects.filter(kind="orders.read_storefront").count() == 1
    work()
    assert payments() == [("shopify", "#1001", "credit_card", 128000, "paid")]
    kept = list(WebhookEvent.objects.order_by("event_id").values_list("event_id", "state", "result"))
    assert json.loads(WebhookEvent.objects.get(event_id="wh-1").body) == {"event_id": "wh-1", "order_no": "#1001", "topic": "orders/create"}
    assert kept[0] == ("wh-1", "processed", "asked #1001")
    assert [one[:2] for one in kept[1:]] == [("wh-2", "processed"), ("wh-3", "processed")]


def test_a_forged_webhook_is_refused_counted_and_changes_nothing(client, fake, channel):
    paid(fake)
    headers, body = fake.told("orders/paid", "#1001")

    assert post(client, channel, (headers, body + b" ")) == 401
    assert post(client, channel, fake.told("orders/paid", "#1001", key="wrong")) == 401
    assert (WebhookEvent.objects.filter(state="forged").count(), Job.objects.count(), Payment.objects.count()) == (2, 0, 0)


def test_payments_of_other_gateways_wait_until_a_person_places_them(client, fake, channel):
    paid(fake, "#1", gateway="綠界科技")
    paid(fake, "#2", gateway="Cash on Delivery (COD)")
    cast.make_channel(channel.merchant, "ecpay")
    owner = cast.owner(channel.merchant)
    read_storefront(channel=channel, now=NOW)

    row = StorefrontReading.objects.get()
    assert (payments(), row.unplaced) == ([], {"綠界科技": ["#1"], "Cash on Delivery (COD)": ["#2"]})

    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    address = f"/m/{channel.merchant.slug}/channels/shopify/orders/"
    own, cash, card = map(field_key, ("shopify_payments", "Cash on Delivery (COD)", "綠界科技"))
    given = {
        f"place_{own}": "shopify",
        f"method_{own}": "credit_card",
        f"place_{cash}": "-",
        f"place_{card}": "ecpay",
        f"method_{card}": "atm",
    }
    given["since"] = "2026-11-20"
    row.unplaced |= {"A new one": ["#9"]}  # came while the page stood open: it waits, and moves no other's place
    row.save()
    assert client.post(f"{address}gateways/", given).status_code == 302
    work()

    row.refresh_from_db()
    assert payments() == [("ecpay", "#1", "atm", 128000, "paid")]
    assert row.unplaced == {"A new one": ["#9"]}
    assert row.gateways["Cash on Delivery (COD)"] == {}
    placed = AuditEvent.objects.get(action="storefront.gateways_placed")
    assert placed.after["gateways"]["綠界科技"] == {"channel": "ecpay", "method": "atm"}
    assert client.post(f"{address}gateways/", given | {f"place_{card}": "nobody's"}).status_code == 422


def test_what_the_books_refuse_is_named_and_the_rest_is_taken_in(fake, channel):
    paid(fake, "#1")
    fake.place("#2", "1.005", NOW)
    fake.place("#3", "10.00", NOW)
    fake.move("#3", "SALE", "10.00", NOW + SOON)
    fake.move("#3", "REFUND", "12.00", NOW + SOON)

    read_storefront(channel=channel, now=NOW)

    row = StorefrontReading.objects.get()
    assert [one[1:] for one in payments()] == [("#1", "credit_card", 128000, "paid"), ("#3", "credit_card", 1000, "refunded")]
    assert (Refund.objects.count(), sorted(fault["order"] for fault in row.faults)) == (0, ["#2", "#3"])
    assert Notification.objects.filter(kind="storefront.trouble").count() == 1

    fake.orders["#3"]["transactions"].pop()
    fake.move("#3", "REFUND", "10.00", NOW + 2 * SOON)
    read_storefront(channel=channel, now=NOW)
    row.refresh_from_db()
    assert ([fault["order"] for fault in row.faults], Refund.objects.get().amount_minor) == (["#2"], 1000)


def test_pages_are_kept_one_by_one_so_silence_costs_only_the_rest(fake, channel):
    fake.page_size = 1
    for at in range(3):
        fake.place(f"#{at}", "5.00", NOW)
        fake.move(f"#{at}", "SALE", "5.00", NOW + at * SOON)
    fake.books.script("read_orders", Mood.OK, Mood.BUSY)

    assert read_storefront(channel=channel, now=NOW) == 1
    row = StorefrontReading.objects.get()
    assert (len(payments()), row.code, row.ended_at, row.claimed_until) == (1, "http_503", None, None)

    assert read_storefront(channel=channel, now=NOW) == 2
    row.refresh_from_db()
    assert (len(payments()), row.code, row.orders) == (3, "", 3)
    assert ProviderCall.objects.filter(operation="read_orders").count() == 2 + 3


def test_one_reads_at_a_time_and_a_reader_that_died_is_replaced(fake, channel):
    paid(fake)
    StorefrontReading.objects.update(claimed_until=NOW + SOON, began_at=NOW)

    assert (read_storefront(channel=channel, now=NOW), payments()) == (0, [])
    assert read_storefront(channel=channel, now=NOW + SOON) == 1


def test_the_clock_reads_what_was_asked_for_and_what_was_not_read_for_a_while(fake, channel):
    practice = cast.make_merchant("practice", is_practice=True)
    cast.make_channel(practice, "shopify", credentials=json.dumps(CREDENTIALS))
    cast.make_channel(channel.merchant, "ecpay", credentials="{}")

    assert ring_storefronts(now=NOW) == 1
    work()
    assert ring_storefronts(now=NOW + SOON) == 0
    assert ring_storefronts(now=NOW + timedelta(minutes=5)) == 1
    Job.objects.all().delete()
    StorefrontReading.objects.update(asked_at=NOW + SOON)
    assert ring_storefronts(now=NOW + SOON) == 1


def test_test_orders_stay_out_of_a_live_channel_s_books(fake, channel):
    paid(fake)
    fake.orders["#1001"]["test"] = True

    read_storefront(channel=channel, now=NOW)
    assert payments() == []


def test_the_page_says_how_far_it_is_and_what_is_not_offered(client, fake, channel, django_assert_max_num_queries):
    paid(fake, "#1", gateway="ECPay")
    fake.place("#2", "1.005", NOW)
    read_storefront(channel=channel, now=NOW)
    client.force_login(cast.viewer(channel.merchant, language="en"), backend="django.contrib.auth.backends.ModelBackend")
    address = f"/m/{channel.merchant.slug}/channels/shopify/orders/"

    with django_assert_max_num_queries(30):
        page = client.get(address, headers={"accept-language": "en"})

    text = page.content.decode()
    assert page.status_code == 200
    assert "ECPay" in text
    assert "“1.005” has more decimals than the currency has." in text
    assert "not supported" in text
    assert "Save and read again" not in text
    assert "1 payment not booked" in text
    assert client.get(address.replace("shopify", "ecpay")).status_code == 404
