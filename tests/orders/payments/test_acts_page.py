"""Taking what was authorized and calling a payment off, by hand: what is offered, pressed once or twice, refused or not answered."""

from dataclasses import replace

import pytest
import time_machine

from apps.audit.models import AuditEvent
from apps.channels import registry
from apps.channels.models import ProviderCall
from apps.orders.errors import ActUnderWay, UnpaidLapses, WholeOnly
from apps.orders.models import Payment, PaymentEvent
from apps.orders.selectors.live_payments import live_payments
from apps.orders.services.payments.calling import cancel_payment, capture_payment
from tests import cast
from tests.orders.payments.scene import NOW, again, payer, practice_channel, said, simulator, start, steps, tell

pytestmark = pytest.mark.django_db
STORY = "/m/qingtian/orders/A10293/story"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def channel():
    return practice_channel()


@pytest.fixture
def held(channel):
    payment = start(channel, captures_at_once=False)
    payer(payment, "pay")
    return tell(payment)


@pytest.fixture
def see(client, channel):
    person = cast.operator(channel.merchant, language="en", name="小周")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def press(see, payment, what: str, **data) -> str:
    """Posts the page of an act and returns the page people end on."""
    return see.post(f"/m/qingtian/orders/payments/{payment.pk}/{what}/", data, follow=True).content.decode()


def test_a_part_is_taken_once_and_is_the_payment_from_then_on(see, held):
    story = see.get(STORY).content.decode()

    page = press(see, held, "take", part="part", amount="1,000")
    twice = press(see, held, "take", part="part", amount="1,000")

    payment = again(held)
    assert ("Take the money…" in story, "Call off…" in story) == (True, True)
    assert ("NT$1,000 was taken." in page, "This payment is paid; that is not possible any more." in twice) == (True, True)
    assert (payment.state, payment.amount_minor, simulator(held.channel).books.payments()[0].paid) == ("paid", 100000, 100000)
    assert [one for one in said(held) if one[0] == "capture_payment"] == [("capture_payment", "paid")]
    assert AuditEvent.objects.get(action="payment.capturing").actor_label == "小周"
    assert "Open payments" not in page


@pytest.mark.parametrize("amount", ["0", "1280.01", "-5", "a lot", ""])
def test_an_amount_that_was_not_authorized_is_refused_on_the_page(see, held, amount):
    answer = see.post(f"/m/qingtian/orders/payments/{held.pk}/take/", {"part": "part", "amount": amount})

    assert (answer.status_code, "An amount above zero and up to NT$1,280, please." in answer.content.decode()) == (422, True)
    assert (again(held).state, ProviderCall.objects.filter(operation="capture_payment").count()) == ("authorized", 0)


def test_an_authorization_is_given_back_with_its_reason(see, held):
    page = press(see, held, "call-off", reason="sold out")

    assert (again(held).state, "The payment of NT$1,280 was called off." in page) == ("cancelled", True)
    assert PaymentEvent.objects.get(kind="payment.cancelling").detail["reason"] == "sold out"
    assert steps(held)[-2:] == ["cancelling", "cancelled"]


def test_what_nobody_paid_is_called_off_unless_the_provider_cannot(see, channel, monkeypatch):
    first, second = start(channel), start(channel, "cart-2")
    press(see, first, "call-off")
    monkeypatch.setattr(registry, "PRACTICE", replace(registry.PRACTICE, cancels_unpaid=False))

    story = see.get(STORY).content.decode()

    with pytest.raises(UnpaidLapses):
        cancel_payment(merchant=channel.merchant, payment_id=second.pk, by=None, now=NOW)
    assert (again(first).state, again(second).state, "Call off…" in story) == ("cancelled", "pending", False)
    assert "it cannot be called off here" in see.get(f"/m/qingtian/orders/payments/{second.pk}/call-off/").content.decode()


def test_the_whole_only_where_the_provider_takes_no_parts(see, held, monkeypatch):
    monkeypatch.setattr(registry, "PRACTICE", replace(registry.PRACTICE, takes_part=False))

    form = see.get(f"/m/qingtian/orders/payments/{held.pk}/take/").content.decode()
    with pytest.raises(WholeOnly):
        capture_payment(merchant=held.merchant, payment_id=held.pk, amount_minor=100000, by=None, now=NOW)

    assert ('name="amount"' in form, "takes the whole of an authorization: NT$1,280." in form) == (False, True)
    assert "NT$1,280 was taken." in press(see, held, "take")


def test_what_the_provider_refused_or_left_open_is_said_on_the_story(see, held):
    books = simulator(held.channel).books
    books.script_payment("capture_payment", "decline")
    refused = press(see, held, "take", part="whole")
    books.script_payment("capture_payment", "timeout_before")
    silent = press(see, held, "take", part="whole")

    assert "綠界 refused at " in refused
    assert "Practice: the payer&#x27;s bank said no. Nothing was changed." in refused
    assert "NT$1,280 was asked for at " in silent
    assert "It is asked again." in silent
    assert (again(held).state, again(held).execution.wanted_minor) == ("authorized", 128000)


@pytest.mark.postgres
def test_a_second_press_before_the_answer_reaches_nobody(held):
    on_its_way = ProviderCall.objects.create(
        merchant=held.merchant, channel=held.channel, operation="capture_payment", key=held.execution.key, started_at=NOW
    )

    for act in (lambda: capture_payment(**wanted(held), amount_minor=128000), lambda: cancel_payment(**wanted(held))):
        with pytest.raises(ActUnderWay):
            act()

    on_its_way.started_at = cast.NOW.replace(year=2025)  # cut off long ago: it holds nobody up
    on_its_way.save(update_fields=["started_at"])
    assert capture_payment(**wanted(held), amount_minor=128000).state == "paid"
    assert PaymentEvent.objects.filter(kind="payment.capturing").count() == 1


def wanted(held) -> dict:
    return {"merchant": held.merchant, "payment_id": held.pk, "by": None, "now": NOW}


def test_open_payments_cost_the_same_queries_however_many(channel, held, django_assert_num_queries):
    books = simulator(channel).books
    books.script_payment("capture_payment", "decline")
    capture_payment(**wanted(held), amount_minor=128000)

    for count in (1, 3):
        payments = list(Payment.objects.for_merchant(channel.merchant))
        with django_assert_num_queries(2):
            assert len(live_payments(channel.merchant, payments)) == count
        start(channel, "cart-2")
        start(channel, "cart-3")


def test_who_may_not_sees_what_is_open_without_buttons(client, held):
    client.force_login(cast.approver(held.merchant, language="en"), backend="django.contrib.auth.backends.ModelBackend")

    story = client.get(STORY).content.decode()

    assert ("Open payments" in story, "Take the money…" in story) == (True, False)


def test_a_payment_of_the_books_has_no_such_page(see, channel):
    of_books = cast.make_payment(channel, "B1", 100, state="pending", paid_at=None, business_date=None)

    assert see.get(f"/m/qingtian/orders/payments/{of_books.pk}/take/").status_code == 404
    assert "Open payments" not in see.get(f"/m/qingtian/orders/{of_books.order.order_no}/story").content.decode()
