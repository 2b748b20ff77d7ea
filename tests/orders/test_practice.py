"""The panel of a practice shop: start, decline, pay too late, and what the story of the order then says."""

import pytest
import time_machine

from apps.audit.models import AuditEvent
from apps.channels.models import WebhookEvent
from apps.channels.services.gateway import gateway_for
from apps.orders.models import Payment
from apps.settlements.models import Discrepancy
from tests import cast

pytestmark = pytest.mark.django_db
PAGE = "/m/qingtian/channels/-/practice/"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(cast.NOW, tick=False):
        yield


@pytest.fixture
def channel():
    return cast.make_channel(cast.make_merchant(is_practice=True))


@pytest.fixture
def see(client, channel):
    client.force_login(cast.owner(channel.merchant, language="en"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def start(see, channel, **fields) -> Payment:
    data = {"channel": channel.pk, "method": "atm", "amount": "1280", "opening": "success", **fields}
    assert see.post(PAGE, data).status_code == 302
    return Payment.objects.select_related("order").latest("pk")


def play(see, payment, what) -> Payment:
    assert see.post(f"{PAGE}{payment.pk}/play/", {"what": what}).status_code == 302
    payment.refresh_from_db()
    return payment


def story(see, payment) -> str:
    return see.get(f"/m/qingtian/orders/{payment.order.order_no}/story").content.decode()


def test_a_decline_and_a_late_payment_are_in_the_story_of_their_orders(see, channel):
    declined, late = start(see, channel, method="credit_card"), start(see, channel)

    assert play(see, declined, "decline").state == "failed"
    assert play(see, late, "expire").state == "expired"
    assert play(see, late, "pay").state == "paid"

    page = see.get(PAGE).content.decode()
    assert ("Practice mode: this is not real money." in page, "paid after it had expired" in page) == (True, True)
    assert all(words in story(see, declined) for words in ("Payment failed", "Notice of 綠界", "綠界 was told of the payment"))
    assert all(words in story(see, late) for words in ("Payment expired", "Paid after it had expired", "our books say otherwise"))
    assert Discrepancy.objects.get().payment == late
    assert list(AuditEvent.objects.filter(action="practice.played").values_list("after__what", flat=True)) == ["decline", "expire", "pay"]


@pytest.mark.parametrize(
    ("opening", "whats", "state"),
    [
        ("decline", (), "failed"),
        ("timeout_before", ("ask",), "pending"),
        ("timeout_after", ("pay",), "paid"),
        ("slow", ("pay_lost", "ask", "ask"), "paid"),
        ("success", ("forged",), "pending"),
        ("success", ("pay_twice",), "paid"),
        ("success", ("pay_disorder",), "paid"),
        ("success", ("pay_lost",), "pending"),
        ("success", ("pay_other",), "pending"),
        ("success", ("pay", "decline"), "paid"),
    ],
)
def test_every_behaviour_can_be_played(see, channel, opening, whats, state):
    payment = start(see, channel, opening=opening)

    for what in whats:
        play(see, payment, what)

    payment.refresh_from_db()
    assert payment.state == state
    assert see.get(PAGE).status_code == 200


def test_the_next_refund_can_be_made_to_fail(see, channel):
    payment = play(see, start(see, channel), "pay")

    play(see, payment, "refund_fails")

    assert gateway_for(channel).books.take_script(payment.merchant_ref) == "decline"


def test_only_who_may_change_channels_plays_and_only_in_practice(client, see, channel):
    payment = start(see, channel)
    client.force_login(cast.viewer(channel.merchant), backend="django.contrib.auth.backends.ModelBackend")

    assert (client.get(PAGE).status_code, client.post(f"{PAGE}{payment.pk}/play/", {"what": "pay"}).status_code) == (200, 403)
    assert client.post(PAGE, {"channel": channel.pk, "method": "atm", "amount": "1", "opening": "success"}).status_code == 200
    assert Payment.objects.count() == 1
    real = cast.make_merchant("real")
    other = cast.make_payment(cast.make_channel(real), "R1", 100, state="pending", paid_at=None, business_date=None)
    client.force_login(cast.owner(real), backend="django.contrib.auth.backends.ModelBackend")
    client.post(f"/m/real/channels/-/practice/{other.pk}/play/", {"what": "pay"})
    other.refresh_from_db()
    assert (other.state, client.get("/m/real/channels/-/practice/").status_code) == ("pending", 200)


def test_a_notice_is_read_again_at_a_button(see, channel):
    payment = start(see, channel)
    gateway = gateway_for(channel)
    gateway.payer(payment.merchant_ref, "pay")
    [(headers, body)] = gateway.pending_notices()
    (told,) = gateway.read_notices(headers, body)
    event = WebhookEvent.objects.create(
        merchant=channel.merchant, channel=channel, event_id=told.event_id, state="received", body=body.decode(), received_at=cast.NOW,
        told={"type": "PaymentNotice", "event_id": told.event_id, "outcome": "paid", "amount_minor": 128000, "currency": "TWD",
              "merchant_ref": payment.merchant_ref, "occurred_at": cast.NOW.isoformat(), "action": None},
    )  # fmt: skip
    assert "Read it again" in see.get(f"/m/qingtian/channels/ecpay/notices/{event.pk}/").content.decode()

    answer = see.post(f"/m/qingtian/channels/ecpay/notices/{event.pk}/replay/")

    payment.refresh_from_db()
    event.refresh_from_db()
    assert (answer.status_code, payment.state, event.state) == (302, "paid", "processed")
