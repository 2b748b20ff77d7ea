"""Differences that a refund mends, one press away."""

import pytest

from apps.orders.models import Refund
from apps.orders.services.refunds.deciding import withdraw_refund
from apps.orders.services.refunds.requesting import request_refund
from apps.settlements.enums import Kind
from apps.settlements.selectors.refund_offer import refund_offer
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment():
    return cast.make_payment(cast.make_channel(cast.make_merchant()), "A10293")


def offer(payment, kind="duplicate_payment", expected=0, actual=128000, **fields):
    found = cast.make_discrepancy(
        payment.channel, kind, payment=payment, order_no="A10293", expected_minor=expected, actual_minor=actual, **fields
    )
    return refund_offer(found, cast.NOW)


def test_an_order_paid_twice_offers_what_is_left_of_the_extra_payment(payment):
    cast.make_refund(payment, amount_minor=8000)

    found = offer(payment)

    assert (found.payment, found.amount_minor, found.reason_code) == (payment, 120000, "duplicate")
    assert "A10293" in found.note


def test_more_taken_than_the_books_say_offers_the_surplus(payment):
    assert (offer(payment, "amount_mismatch", 128000, 130000).amount_minor) == 2000
    assert offer(cast.make_payment(payment.channel), "amount_mismatch", 128000, 120000) is None


def test_a_payment_that_cannot_be_refunded_is_offered_with_the_reason_why(payment):
    cast.make_refund(payment)

    found = offer(payment)

    assert (found.amount_minor, found.room.refusal.code) == (0, "used_up")


def test_pressed_twice_it_is_one_refund(payment):
    found, clerk = offer(payment), cast.operator(payment.merchant)
    for _n in range(2):
        request_refund(
            merchant=payment.merchant,
            payment_id=found.payment.pk,
            amount_minor=found.amount_minor,
            reason_code=found.reason_code,
            note=found.note,
            request_key=found.request_key,
            by=clerk,
            now=cast.NOW,
        )

    assert Refund.objects.count() == 1
    withdraw_refund(merchant=payment.merchant, refund_id=Refund.objects.get().pk, by=clerk, now=cast.NOW)
    again = refund_offer(payment.discrepancies.get(), cast.NOW)
    assert (again.amount_minor, again.request_key) == (128000, found.request_key[:-1] + "2")


def test_closed_ones_and_other_kinds_offer_nothing(payment):
    assert offer(payment, state="cleared", closed_at=cast.NOW) is None
    for kind in set(Kind) - {Kind.DUPLICATE_PAYMENT, Kind.AMOUNT_MISMATCH}:
        assert offer(payment, kind) is None
