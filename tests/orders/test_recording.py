"""Payments that people record by hand: once for the form, exact, refused in words, on the record."""

from datetime import date

import pytest
import time_machine

from apps.audit.models import AuditEvent
from apps.orders.models import Payment
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
NOW = cast.NOW
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def channel():
    return cast.make_channel(cast.make_merchant(), "by-hand", provider="internal", label="自行入帳")


@pytest.fixture
def order(channel):
    return cast.make_order(channel.merchant, "A10293", 128000)


@pytest.fixture
def given(channel):
    return {
        "way": f"{channel.pk}:bank_transfer",
        "amount": "1,280",
        "paid_on": "2026-11-18",
        "reference": "12345",
        "note": "存摺",
        "key": KEY,
    }


def ask(client, person, order, data=None):
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    address = f"/m/{order.merchant.slug}/orders/record/{order.pk}/"
    return client.post(address, data) if data else client.get(address)


def test_a_recorded_payment_is_in_the_books_once_and_on_the_record(client, order, given):
    person = cast.accountant(order.merchant)

    answers = [ask(client, person, order, given).status_code for _twice in range(2)]

    payment = Payment.objects.get()
    figures = (payment.order_id, payment.method, payment.amount_minor, payment.currency, payment.state, payment.business_date)
    assert answers == [302, 302]
    assert figures == (order.pk, "bank_transfer", 128000, "TWD", "paid", date(2026, 11, 18))
    assert (payment.merchant_ref, payment.provider_ref) == ("A10293-01234567", "12345")
    event = AuditEvent.objects.get(action="payment.recorded")
    assert (event.reason, event.after["amount"], event.actor_label) == ("存摺", 128000, AuditEvent.objects.latest("pk").actor_label)


def test_the_form_sent_again_for_another_channel_is_still_one_payment(client, order, given):
    courier = cast.make_channel(order.merchant, "courier", provider="internal", label="黑貓")
    person = cast.accountant(order.merchant)

    for way in (given["way"], f"{courier.pk}:cash"):
        assert ask(client, person, order, given | {"way": way}).status_code == 302

    assert Payment.objects.get().channel.code == "by-hand"


@pytest.mark.parametrize(
    "wrong",
    [{"amount": "0"}, {"amount": "12.805"}, {"amount": "x"}, {"paid_on": "2026-11-21"}, {"way": "0:cash"}, {"key": "x"}, {"paid_on": ""}],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(client, order, given, wrong):
    answer = ask(client, cast.accountant(order.merchant), order, given | wrong)

    assert (answer.status_code, Payment.objects.count()) == (422, 0)


def test_a_provider_s_channel_and_another_method_are_no_choice(client, order, given):
    ecpay = cast.make_channel(order.merchant)

    for way in (f"{ecpay.pk}:credit_card", f"{given['way'].split(':')[0]}:credit_card"):
        assert ask(client, cast.accountant(order.merchant), order, given | {"way": way}).status_code == 422
    assert Payment.objects.count() == 0


def test_the_form_begins_with_what_is_left_and_says_when_there_is_no_channel(client, channel, order):
    cast.make_payment(channel, order=order, amount_minor=28050, merchant_ref="M1")
    person = cast.operator(order.merchant, language="en")

    assert 'value="999.50"' in ask(client, person, order).content.decode()
    channel.is_on = False
    channel.save()
    assert 'name="amount"' not in ask(client, person, order).content.decode()
