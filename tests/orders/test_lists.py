"""Orders, payments and refunds: what they show, filter, export and find, with a fixed number of queries."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.orders.selectors.search import find
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def ecpay(shop):
    return cast.make_channel(shop)


@pytest.fixture
def viewer_client(client, shop):
    client.force_login(cast.viewer(shop, language="en"))
    return client


def fill(channel, count: int) -> None:
    for _ in range(count):
        cast.make_refund(cast.make_payment(channel))


def order_numbers(response) -> list[str]:
    table = response.context["table"]
    return [table.order_no(row.record) for row in table.rows]


def queries_of(client, *request, **options) -> int:
    """How many queries one request takes, once the session has remembered the merchant."""
    client.get(*request, **options)
    with CaptureQueriesContext(connection) as queries:
        client.get(*request, **options)
    return len(queries)


# Session, user, membership and the rows; orders also fetch their payments. The frame around the list is counted with the whole page.
@pytest.mark.parametrize(("name", "queries"), [("orders:orders", 5), ("orders:payments", 4), ("orders:refund_list", 4)])
def test_a_list_asks_as_much_for_one_row_as_for_three(viewer_client, shop, ecpay, name, queries):
    address = reverse(name, args=[shop.slug])
    fill(ecpay, 1)
    part, page = queries_of(viewer_client, address, headers={"HX-Request": "true"}), queries_of(viewer_client, address)

    fill(ecpay, 2)

    assert len(order_numbers(viewer_client.get(address))) == 3
    assert (part, queries_of(viewer_client, address, headers={"HX-Request": "true"})) == (queries, queries)
    assert queries_of(viewer_client, address) == page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["A3", "A2", "A1"]),
        ({"state": "failed"}, ["A3"]),
        ({"method": "atm"}, ["A2"]),
        ({"channel": "stripe"}, ["A2"]),
        ({"storefront": "91app"}, ["A1"]),
        ({"first": "2026-11-16", "last": "2026-11-16"}, ["A2"]),
        ({"last": "2026-11-15"}, ["A1"]),
        ({"at_least": "1280", "at_most": "1,280.00"}, ["A1"]),
        ({"at_least": "nonsense"}, []),
        ({"state": "strange"}, ["A3", "A2", "A1"]),
    ],
)
def test_payments_are_filtered(viewer_client, shop, ecpay, query, expected):
    stripe = cast.make_channel(shop, "stripe", label="Stripe")
    front = shop.storefronts.create(code="91app")
    days = [datetime(2026, 11, day, 16, 30, tzinfo=UTC) for day in (14, 15, 16)]  # half past midnight of the next day in Taipei
    for number, (day, channel, amount) in enumerate(zip(days, (ecpay, stripe, ecpay), (128000, 100, 99900), strict=True), start=1):
        order = cast.make_order(shop, f"A{number}", amount, placed_at=day, storefront=front if number == 1 else None)
        state, method = ("failed" if number == 3 else "paid"), ("atm" if number == 2 else "credit_card")
        cast.make_payment(channel, order=order, amount_minor=amount, placed_at=day, state=state, method=method)
    named = {"stripe": stripe.pk, "91app": front.pk}

    response = viewer_client.get(
        reverse("orders:payments", args=[shop.slug]), {key: named.get(value, value) for key, value in query.items()}
    )

    assert order_numbers(response) == expected


def test_another_shops_channel_is_no_choice(viewer_client, shop, ecpay):
    fill(ecpay, 1)
    strange = cast.make_channel(cast.make_merchant("other"), "ecpay")

    response = viewer_client.get(reverse("orders:payments", args=[shop.slug]), {"channel": strange.pk})

    assert "channel" in response.context["filter"].form.errors
    assert len(order_numbers(response)) == 1


@pytest.mark.parametrize("name", ["orders:orders", "orders:payments", "orders:refund_list"])
def test_export_holds_exactly_what_the_filter_shows_and_is_safe_to_open(viewer_client, shop, ecpay, name):
    cast.make_refund(cast.make_payment(ecpay, "=1+1", 100), "=2+2", 100, reason="@risk")
    cast.make_refund(cast.make_payment(ecpay, "A2", 200), "R2", 200)

    response = viewer_client.get(reverse(name, args=[shop.slug]), {"export": "csv", "at_most": "1"})

    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    head, table = rows[: rows.index([])], rows[rows.index([]) + 1 :]
    assert ["Rows", "1"] in head
    assert ["Total TWD", "1.00"] in head
    assert len(table) == 2
    assert not [cell for cell in table[1] if cell.startswith(("=", "@"))]


def test_pages_follow_each_other_without_gap_or_double(viewer_client, shop, ecpay):
    for _ in range(60):
        cast.make_payment(ecpay)

    first = viewer_client.get(reverse("orders:payments", args=[shop.slug]))
    second = viewer_client.get(reverse("orders:payments", args=[shop.slug]), {"after": first.context["page"].older})
    back = viewer_client.get(reverse("orders:payments", args=[shop.slug]), {"before": second.context["page"].newer})

    assert len(set(order_numbers(first)) | set(order_numbers(second))) == 60
    assert (len(order_numbers(first)), len(order_numbers(second))) == (50, 10)
    assert order_numbers(back) == order_numbers(first)


@pytest.fixture
def books(shop, ecpay):
    stripe = cast.make_channel(shop, "stripe", currency="USD")
    cast.make_refund(cast.make_payment(ecpay, "QT260901-1", 128000, provider_ref="2611161402187733"), "RF-77")
    cast.make_payment(ecpay, "QT260901-11", 9900, provider_ref="26119")
    cast.make_payment(stripe, "QT260901-1-2", 3885, provider_ref="pi_3Qiza5Tf")
    other = cast.make_merchant("other")
    cast.make_payment(cast.make_channel(other, "ecpay"), "QT260901-1", 128000)
    return shop


@pytest.mark.parametrize(
    ("text", "payments"),
    [
        ("QT260901-1", ["QT260901-1", "QT260901-1-2", "QT260901-11"]),
        (" qt260901-11 ", ["QT260901-11"]),
        ("2611161402187733", ["QT260901-1"]),
        ("PI_3q", ["QT260901-1-2"]),
        ("1,280", ["QT260901-1"]),
        ("38.85", ["QT260901-1-2"]),
        ("38.855", []),
        ("%", []),
        ("", []),
    ],
)
def test_search_finds_by_the_start_of_a_reference_or_the_exact_amount(books, text, payments):
    found = find(books, text)

    assert sorted(payment.merchant_ref for payment in found.payments) == payments
    assert payments == [] or found.payments[0].merchant_ref == payments[0]
    assert {payment.merchant_id for payment in found.payments} <= {books.pk}


def test_search_finds_refunds_and_knows_their_order(books):
    found = find(books, "rf-7")

    assert [refund.refund_no for refund in found.refunds] == ["RF-77"]
    assert found.only_order.order_no == "QT260901-1"


def test_search_page_lists_what_it_found_and_says_when_it_found_nothing(viewer_client, books):
    many = viewer_client.get(reverse("orders:search", args=[books.slug]), {"q": "QT2609"})
    none = viewer_client.get(reverse("orders:search", args=[books.slug]), {"q": "nobody"})

    assert [title for title, _table in many.context["tables"]] == ["Orders", "Payments"]
    assert "Nothing found" in none.content.decode()


def test_the_search_page_asks_as_much_for_two_orders_as_for_eight(viewer_client, shop, ecpay):
    address = reverse("orders:search", args=[shop.slug])
    cast.make_payment(ecpay, "QT1")
    cast.make_payment(ecpay, "QT2")
    few = queries_of(viewer_client, address, {"q": "QT"})

    for number in range(3, 9):
        cast.make_payment(ecpay, f"QT{number}")

    assert queries_of(viewer_client, address, {"q": "QT"}) == few


def test_export_of_a_rare_status_and_its_index(viewer_client, shop, ecpay):
    cast.make_payment(ecpay, "A1", 100, state="expired")
    cast.make_payment(ecpay, "A2", 200)
    address = reverse("orders:payments", args=[shop.slug])

    response = viewer_client.get(address, {"export": "csv", "state": "expired"})
    rows = viewer_client.get(address, {"state": "expired"}).context["filter"].qs

    assert b"Total TWD,1.00" in b"".join(response.streaming_content)
    assert connection.vendor != "sqlite" or "payment_not_paid" in rows.order_by("-placed_at", "-id").explain()
