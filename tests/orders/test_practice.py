"""The panel of a practice shop: start, decline, pay too late, and what the story of the order then says."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.channels.models import WebhookEvent
from apps.channels.services.gateway import gateway_for
from apps.orders.models import Payment
from apps.settlements.models import Discrepancy, Match
from tests import cast
from tests.channels.hearing import hear

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


def start(see, channel, method="atm", **fields) -> Payment:
    data = {"way": f"{channel.pk}:{method}", "amount": "1280", "opening": "success", **fields}
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
    assert ("not real money" in page, "paid after it had expired" in page) == (True, True)
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


@pytest.mark.parametrize(
    ("what", "behaviour"),
    [
        ("refund_fails", "decline"),
        ("refund_slow", "slow"),
        ("refund_lost", "timeout_after"),
        ("refund_twice", "duplicate_notice"),
        ("refund_disorder", "disorder"),
    ],
)
def test_the_next_refund_can_be_made_to_go_wrong(see, channel, what, behaviour):
    payment = play(see, start(see, channel), "pay")

    play(see, payment, what)

    assert gateway_for(channel).books.take_script(payment.merchant_ref) == behaviour


def test_every_scenario_is_offered_where_it_can_happen(see, channel):
    """Success, decline, silence, slow; notices twice, out of order, forged or lost; late money; refunds in part and failing; a day."""
    start(see, channel)
    pending = offered(see)
    play(see, Payment.objects.get(), "expire")
    expired = offered(see)
    play(see, Payment.objects.get(), "pay")
    page = see.get(PAGE).content.decode()

    assert [value for value, _label in see.get(PAGE).context["form"].fields["opening"].choices] == [
        "success", "decline", "timeout_before", "timeout_after", "slow",
    ]  # fmt: skip
    assert pending == ["pay", "pay_other", "decline", "expire", "pay_twice", "pay_disorder", "pay_lost", "forged", "ask"]
    assert expired == ["pay", "pay_lost", "ask"]
    assert offered(see) == ["refund_fails", "refund_slow", "refund_lost", "refund_twice", "refund_disorder"]
    assert ("Refund all or a part…" in page, "Fetch and reconcile" in page) == (True, True)


def test_the_panel_costs_the_same_queries_however_many(see, channel):
    play(see, start(see, channel), "pay")
    few = queries_of(see)
    other = cast.make_channel(channel.merchant, "linepay", label="LINE Pay")
    for _ in range(2):
        play(see, start(see, other, "line_pay"), "pay")

    assert queries_of(see) == few


def queries_of(see) -> int:
    see.get(PAGE)  # messages are read and gone
    with CaptureQueriesContext(connection) as captured:
        see.get(PAGE)
    return len(captured)


def offered(see) -> list[str]:
    [row] = see.get(PAGE).context["rows"]
    return [value for group in row.groups for value, _label in group.plays]


def test_the_statement_of_the_day_is_fetched_at_a_button_or_downloaded(see, channel, run_jobs):
    payment = play(see, start(see, channel), "pay")
    day = f"/m/qingtian/statements/practice/ecpay/{payment.business_date}/"

    file = see.get(f"{day}file")
    page = see.post(day, follow=True).content.decode()
    run_jobs()

    assert file.headers["Content-Disposition"] == f'attachment; filename="practice-ecpay-{payment.business_date}.csv"'
    assert file.content.decode().splitlines()[2].split(",")[3] == payment.merchant_ref
    assert "The practice statement of 綠界 for 20 Nov is in; reconciliation follows now." in page
    assert "fetched" in page
    assert Match.objects.get().payment == payment
    assert (see.get("/m/qingtian/statements/practice/ecpay/2026-11-01/file").status_code, see.post(f"{day[:-11]}x/").status_code) == (
        404,
        404,
    )


def test_only_who_may_change_channels_plays_and_only_in_practice(client, see, channel):
    payment = start(see, channel)
    client.force_login(cast.viewer(channel.merchant), backend="django.contrib.auth.backends.ModelBackend")

    assert (client.get(PAGE).status_code, client.post(f"{PAGE}{payment.pk}/play/", {"what": "pay"}).status_code) == (200, 403)
    assert client.post(PAGE, {"way": f"{channel.pk}:atm", "amount": "1", "opening": "success"}).status_code == 200
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
    (told,) = hear(gateway, headers, body)
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
