"""Notices about payments at their address: any order, any number, proved; what nobody can fit or do is kept and told."""

import json
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.channels.models import NoticeState, WebhookEvent
from apps.channels.providers.simulator import client
from apps.core import clock
from apps.merchants.models import Notification
from apps.orders.models import Payment, PaymentEvent, PaymentExecution, Refund
from apps.orders.services.notices import doing
from apps.orders.services.notices.replaying import NothingToReplay, StillUnreadable, replay_notice
from apps.settlements.models import Discrepancy
from tests import cast
from tests.channels.hearing import hear
from tests.orders.payments.scene import NOW, again, payer, practice_channel, simulator, start

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def channel():
    return practice_channel()


def post(client, channel, headers: dict, body: bytes) -> int:
    """Delivers one, and does what is due by then."""
    answer = client.post(f"/notices/{channel.public_id}/", data=body, content_type="application/json", headers=headers)
    doing.do_waiting(now=clock.now())
    return answer.status_code


def look(at: datetime) -> int:
    """What the schedule does at a moment."""
    with time_machine.travel(at, tick=False):
        return doing.do_waiting(now=at)


def waiting(channel) -> list[tuple[dict, bytes]]:
    return simulator(channel).pending_notices()


def signed(channel, **said) -> tuple[dict, bytes]:
    body = json.dumps({"type": "payment", **said}).encode()
    return {client.SIGNATURE: simulator(channel).sign(body)}, body


def kept() -> list[tuple]:
    return list(WebhookEvent.objects.order_by("pk").values_list("event_id", "state", "result"))


def everything() -> list:
    models = (Payment, PaymentExecution, PaymentEvent, AuditEvent, Refund, Notification, Discrepancy, WebhookEvent)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def test_a_notice_pays_a_payment_and_costs_few_queries(client, channel, django_assert_num_queries):
    payment = start(channel)
    payer(payment, "pay")
    [(headers, body)] = waiting(channel)

    with CaptureQueriesContext(connection) as said:
        assert post(client, channel, headers, body) == 200
    intake = [one["sql"].split()[0] for one in said.captured_queries[:3]]
    assert (intake, len(said) <= 18) == (["SELECT", "INSERT", "SELECT"], True)

    assert (again(payment).state, again(payment).provider_ref) == ("paid", "SIM-PAY-00000001")
    assert kept() == [("evt-SIM-PAY-00000001-paid", "processed", f"moved {payment.merchant_ref}")]
    assert WebhookEvent.objects.get().about == payment.merchant_ref
    before = everything()
    with django_assert_num_queries(2):  # the INSERT that finds it known, and a look at what is due
        assert post(client, channel, headers, body) == 200
    assert everything() == before


@pytest.mark.parametrize("telling", ["twice", "disorder"])
def test_any_number_and_order_end_the_same(client, channel, telling):
    payment = start(channel)
    payer(payment, "pay", telling=telling)

    assert [post(client, channel, *one) for one in waiting(channel)] == [200, 200]

    assert again(payment).state == "paid"
    assert PaymentEvent.objects.filter(kind="payment.paid").count() == 1


def test_a_notice_that_is_faster_than_our_own_call_counts(client, channel):
    simulator(channel).books.script_payment("create_payment", "timeout_after")
    payment = start(channel)
    payer(payment, "pay")

    assert [post(client, channel, *one) for one in waiting(channel)] == [200]

    assert (again(payment).state, again(payment).execution.ask_at) == ("paid", None)


def test_a_refund_is_told_before_the_payment_it_belongs_to(client, channel):
    payment = start(channel)
    payer(payment, "pay")
    [paid] = waiting(channel)
    back = {
        "event": "evt-back", "outcome": "succeeded", "done_at": NOW.isoformat(), "key": "", "ref": "SIM-CONSOLE-1", "payment": "",
        "merchant_ref": payment.merchant_ref, "amount": 30000, "currency": "TWD",
    }  # fmt: skip
    refund = signed(channel, **{**back, "type": "refund"})

    answers = [post(client, channel, *refund), post(client, channel, *paid)]
    assert (answers, Refund.objects.count()) == ([200, 200], 0)
    assert look(NOW + timedelta(seconds=10)) == 1

    assert (again(payment).state, Refund.objects.get().amount_minor) == ("partially_refunded", 30000)


def test_a_payment_that_nobody_knows_is_kept_and_told(client, channel):
    judge = cast.owner(channel.merchant, language="en")
    said = {
        "event": "evt-9",
        "state": "paid",
        "amount": 5000,
        "currency": "TWD",
        "merchant_ref": "X1",
        "key": "",
        "ref": "SIM-9",
        "paid_at": "",
    }

    assert post(client, channel, *signed(channel, **said)) == 200

    assert kept() == [("evt-9", "ignored", "no_payment X1")]
    heard = Notification.objects.get(user=judge)
    assert (heard.kind, heard.body) == ("payment.unknown", "NT$50, number X1. Bring the order in, or ask the provider.")


def test_another_channel_cannot_speak_of_a_payment(client, channel):
    payment = start(channel)
    payer(payment, "pay")
    [(headers, body)] = waiting(channel)
    other = cast.make_channel(cast.make_merchant("second", name="Second", is_practice=True))

    assert post(client, other, headers, body) == 401
    assert post(client, other, *signed(other, **{**json.loads(body), "type": "payment"})) == 200

    assert again(payment).state == "pending"
    assert [state for _event, state, _result in kept()] == ["forged", "ignored"]


def test_forged_ones_change_nothing_and_many_are_told_once(client, channel):
    keeper = cast.owner(channel.merchant, language="en")
    payment = start(channel)
    payer(payment, "pay", telling="forged")
    [(headers, body)] = waiting(channel)

    answers = [post(client, channel, headers, body) for _n in range(35)]

    assert (answers, again(payment).state) == ([401] * 30 + [429] * 5, "pending")
    assert (len(kept()), {state for _event, state, _result in kept()}) == (30, {"forged"})
    assert Notification.objects.get(user=keeper).title == "Many notices with a wrong signature for 綠界"
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert post(client, channel, headers, body) == 401
    assert kept()[-1][2] == "dropped 5"


def test_what_we_could_not_do_is_done_by_the_clock(client, channel, monkeypatch):
    payment = start(channel)
    payer(payment, "pay")
    [(headers, body)] = waiting(channel)
    with monkeypatch.context() as patch:
        patch.setattr(doing, "do_payment", lambda *_args: 1 / 0)
        assert post(client, channel, headers, body) == 200
        tried = [look(NOW + timedelta(seconds=after)) for after in (9, 10, 19, 20, 39)]
    assert tried == [0, 1, 0, 1, 0]
    assert WebhookEvent.objects.values_list("state", "due_at").get() == (NoticeState.RECEIVED, NOW + timedelta(seconds=40))

    assert look(NOW + timedelta(seconds=40)) == 1

    assert again(payment).state == "paid"
    assert WebhookEvent.objects.values_list("state", "told", "due_at").get() == ("processed", {}, None)


def test_what_nobody_could_do_for_three_days_is_told_and_can_be_replayed(client, channel, monkeypatch):
    person, payment = cast.owner(channel.merchant, language="en"), start(channel)
    payer(payment, "pay")
    with monkeypatch.context() as patch:
        patch.setattr(doing, "do_payment", lambda *_args: 1 / 0)
        post(client, channel, *waiting(channel)[0])
        look(NOW + timedelta(days=3, seconds=1))
    event = WebhookEvent.objects.get()
    assert (event.state, event.due_at, look(NOW + timedelta(days=4))) == ("received", None, 0)
    heard = Notification.objects.get(user=person, kind="notice.given_up")
    assert heard.title == "A notice of 綠界 could not be done for three days"

    assert replay_notice(merchant=channel.merchant, notice_id=event.pk, by=person, now=NOW + timedelta(days=4)).state == "processed"

    assert again(payment).state == "paid"


def test_a_person_replays_what_could_not_be_read(client, channel, monkeypatch):
    person, payment = cast.owner(channel.merchant), start(channel)
    payer(payment, "pay")
    [(headers, body)] = waiting(channel)
    unreadable = signed(channel, event="evt-1")
    assert post(client, channel, *unreadable) == 400
    event = WebhookEvent.objects.get()
    with pytest.raises(StillUnreadable):
        replay_notice(merchant=channel.merchant, notice_id=event.pk, by=person, now=NOW)
    (told,) = hear(simulator(channel), headers, body)
    monkeypatch.setattr(client_module(), "read_payment", lambda _said: told)

    replay_notice(merchant=channel.merchant, notice_id=event.pk, by=person, now=NOW)

    assert again(payment).state == "paid"
    assert [(state, result) for _event, state, result in kept()] == [
        ("ignored", "read_again 1"), ("processed", f"moved {payment.merchant_ref}"),
    ]  # fmt: skip
    assert AuditEvent.objects.get(action="notice.replayed").actor_id == str(person.pk)
    with pytest.raises(NothingToReplay):
        replay_notice(merchant=channel.merchant, notice_id=event.pk, by=person, now=NOW)
    stranger = cast.make_merchant("second")
    with pytest.raises(WebhookEvent.DoesNotExist):
        replay_notice(merchant=stranger, notice_id=event.pk, by=person, now=NOW)


def client_module():
    return client
