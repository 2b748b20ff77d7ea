"""The books' part of an order's story: what happened, oldest first, and the money of it."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.template.loader import render_to_string
from django.utils import translation

from apps.orders.models import PaymentEvent
from apps.orders.selectors.story import order_books, order_for, order_story
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

PARTS = ("head", "money", "payments", "refunds", "ids")


@pytest.fixture
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def order():
    ecpay = cast.make_channel(cast.make_merchant())
    order = cast.make_order(ecpay.merchant, "A10293", storefront=ecpay.merchant.storefronts.create(code="shopify"))
    minute = timedelta(minutes=1)
    cast.make_payment(ecpay, order=order, merchant_ref="A10293", state="failed", placed_at=order.placed_at + minute)
    paid = cast.make_payment(
        ecpay, order=order, merchant_ref="A10293.2", placed_at=order.placed_at + 2 * minute, state="partially_refunded"
    )
    cast.make_refund(paid, "R1", 28000, reason="wrong item")
    cast.make_refund(paid, "R2", 5000, state="failed")
    detail = {"from": "paid", "to": "partially_refunded", "file": "payments.csv"}
    PaymentEvent.objects.create(merchant=order.merchant, payment=paid, happened_at=cast.NOW, kind="books.state_changed", detail=detail)
    return order


def test_story_tells_everything_oldest_first(order, django_assert_num_queries):
    books = order_books(order)

    with django_assert_num_queries(0):
        story = order_story(order, books)

    assert [(item.group, item.title, item.amount_minor, item.state) for item in story] == [
        ("order", "Order placed", 128000, "done"),
        ("payment", "Payment attempt: failed", None, "fault"),
        ("payment", "Payment succeeded", 128000, "done"),
        ("refund", "Refund requested", None, "done"),
        ("refund", "Refund succeeded", -28000, "done"),
        ("refund", "Refund requested", None, "done"),
        ("refund", "Refund: failed", None, "fault"),
        ("payment", "The books changed this payment", None, "done"),
    ]
    assert story[-1].detail == "A10293.2 · paid → partially refunded · payments.csv"


def test_story_takes_three_queries(order, django_assert_num_queries):
    with django_assert_num_queries(3):
        order_story(order)


def test_only_captured_payments_and_succeeded_refunds_count(order):
    assert order_books(order).sums == [("TWD", 128000, 28000, 100000)]


def test_order_is_found_as_references_are_compared_and_only_in_its_shop(order):
    assert order_for(order.merchant, " a10293'") == order
    with pytest.raises(Http404):
        order_for(cast.make_merchant("other"), "A10293")


@pytest.mark.parametrize("part", PARTS)
def test_each_part_draws_the_order(order, part):
    page = render_to_string(f"orders/_story_{part}.html", {"books": order_books(order)})

    assert {"head": "A10293", "money": "1,000", "payments": "A10293.2", "refunds": "wrong item", "ids": "A10293"}[part] in page


@pytest.mark.parametrize("part", PARTS)
def test_each_part_draws_an_order_without_payments(part):
    order = cast.make_order(cast.make_merchant(), "A1")

    assert render_to_string(f"orders/_story_{part}.html", {"books": order_books(order)}) is not None
