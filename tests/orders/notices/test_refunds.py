"""Notices of a provider at their address: proved, kept once, in any order; what nobody can prove or fit changes nothing."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from apps.audit.models import AuditEvent
from apps.channels.dispute_notices import DisputeNotice
from apps.channels.gateways import DisputeTold
from apps.channels.models import NoticeState, WebhookEvent
from apps.channels.providers.simulator import client as simulator
from apps.channels.services.gateway import gateway_for
from apps.core import clock
from apps.disputes.models import Dispute
from apps.merchants.models import Notification
from apps.orders.models import Payment, PaymentEvent, Refund, RefundExecution
from apps.orders.services.notices import refunds as notices
from apps.orders.services.notices.doing import do_waiting
from apps.orders.services.notices.replaying import replay_notice
from apps.orders.services.refunds import deciding
from apps.orders.services.refunds.calling import submit_refund
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.services.refunds.settling import apply_accepted
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = cast.NOW


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def shop():
    return cast.make_merchant(is_practice=True)


@pytest.fixture
def channel(shop):
    return cast.make_channel(shop)


@pytest.fixture
def payment(channel):
    return cast.make_payment(channel, "A10293", 128000)


def approved(payment, amount_minor=30000) -> Refund:
    shop, clerk = payment.merchant, cast.operator(payment.merchant)
    refund = request_refund(merchant=shop, payment_id=payment.pk, amount_minor=amount_minor, reason_code="fraud", by=clerk, now=NOW)
    return deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=cast.approver(shop), now=NOW)


def submitted(payment, behaviour="timeout_after", amount_minor=30000) -> Refund:
    gateway_for(payment.channel).books.script(payment.merchant_ref, behaviour)
    refund = approved(payment, amount_minor)
    return submit_refund(merchant=payment.merchant, refund_id=refund.pk, now=NOW)


def waiting(channel) -> list[bytes]:
    return [body for _headers, body in gateway_for(channel).pending_notices()]


def told(payment, /, **fields) -> bytes:
    """What the simulator would write of a refund of NT$300 that somebody started in its console."""
    said = {
        "event": "evt-1", "outcome": "succeeded", "done_at": (NOW - timedelta(hours=1)).isoformat(), "key": "", "ref": "SIM-CONSOLE-1",
        "payment": payment.provider_ref, "merchant_ref": payment.merchant_ref, "amount": 30000, "currency": "TWD",
    }  # fmt: skip
    return json.dumps({**said, **fields}).encode()


def post(client, channel, body: bytes, signature: str | None = None):
    signature = gateway_for(channel).sign(body) if signature is None else signature
    address = f"/notices/{channel.public_id}/"
    answer = client.post(address, data=body, content_type="application/json", headers={"x-simulator-signature": signature})
    do_waiting(now=clock.now())
    return answer


def kept() -> list[tuple]:
    return list(WebhookEvent.objects.order_by("pk").values_list("event_id", "state", "result"))


def everything() -> list:
    models = (Payment, Refund, RefundExecution, PaymentEvent, AuditEvent, Dispute, Notification)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def test_a_notice_ends_a_refund_and_is_acknowledged(client, payment):
    refund = submitted(payment)
    assert refund.state == "unknown"

    answer = post(client, payment.channel, *waiting(payment.channel))

    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"ok", "text/plain")
    assert (refund.state, payment.state, RefundExecution.objects.get().ask_at) == ("succeeded", "partially_refunded", None)
    assert kept() == [("evt-SIM-RF-00000001", "processed", f"moved {refund.refund_no}")]
    event = WebhookEvent.objects.get()
    assert (event.received_at, event.processed_at, event.merchant) == (NOW, NOW, payment.merchant)
    assert set(event.headers) == {"content-type", "x-simulator-signature"}
    assert json.loads(event.body)["ref"] == "SIM-RF-00000001"


def test_the_same_notice_again_is_answered_and_changes_nothing(client, payment):
    submitted(payment)
    [body] = waiting(payment.channel)
    post(client, payment.channel, body)
    before = everything(), kept()

    answers = [post(client, payment.channel, body).status_code for _n in range(3)]

    assert answers == [200, 200, 200]
    assert (everything(), kept()) == before


def test_the_number_of_an_accepted_refund_is_kept_and_a_notice_that_names_nothing_else_ends_it(client, payment):
    refund = submitted(payment, "slow")
    refund.refresh_from_db()
    assert (refund.state, refund.provider_refund_ref) == ("submitting", "SIM-RF-00000001")

    assert post(client, payment.channel, told(payment, ref="SIM-RF-00000001")).status_code == 200

    assert Refund.objects.values_list("pk", "state").get() == (refund.pk, "succeeded")


def test_a_notice_that_is_faster_than_the_answer_to_our_call_is_kept_and_no_second_refund(client, payment):
    refund = submitted(payment, "slow")
    Refund.objects.update(provider_refund_ref="", provider_refund_ref_key="")  # the answer is on its way

    assert post(client, payment.channel, told(payment, ref="SIM-RF-00000001")).status_code == 200
    assert (Refund.objects.get().state, kept()) == ("submitting", [("evt-1", "received", "")])

    apply_accepted(refund=refund, provider_refund_ref="SIM-RF-00000001")
    replay_notice(merchant=payment.merchant, notice_id=WebhookEvent.objects.get().pk, by=None, now=NOW)

    assert Refund.objects.values_list("pk", "state").get() == (refund.pk, "succeeded")


def test_accepted_after_done_changes_nothing(client, payment):
    refund = submitted(payment, "disorder")
    bodies = waiting(payment.channel)
    assert [json.loads(body)["outcome"] for body in bodies] == ["succeeded", "pending"]

    answers = [post(client, payment.channel, body).status_code for body in bodies]

    refund.refresh_from_db()
    assert (answers, refund.state) == ([200, 200], "succeeded")
    assert [state for _event, state, _result in kept()] == ["ignored", "ignored"]
    assert AuditEvent.objects.filter(action="refund.succeeded").count() == 1


@pytest.mark.parametrize("signature", ["", "0" * 64])
def test_a_forged_notice_is_kept_as_forged_and_changes_nothing(client, payment, signature):
    submitted(payment)
    [body] = waiting(payment.channel)
    before = everything()

    answer = post(client, payment.channel, body, signature)
    changed = post(client, payment.channel, body.replace(b"30000", b"10000"), gateway_for(payment.channel).sign(body))
    long = post(client, payment.channel, b"x" * 100_000, signature)

    assert [answer.status_code, changed.status_code, long.status_code] == [401, 401, 401]
    assert everything() == before
    assert kept() == [("", "forged", "")] * 3
    assert [len(event.body) for event in WebhookEvent.objects.order_by("pk")] == [len(body), len(body), 500]
    assert post(client, payment.channel, body).status_code == 200
    assert Refund.objects.get().state == "succeeded"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff\x00", b'{"event": "e", "outcome": "perhaps"}'])
def test_a_proven_notice_that_cannot_be_read_is_400(client, payment, body):
    submitted(payment)
    before = everything()

    assert post(client, payment.channel, body).status_code == 400

    assert everything() == before
    assert [(event, state) for event, state, _result in kept()] == [("", "unreadable")]


def test_what_is_no_notice_at_all(client, shop, payment):
    address, lonely = f"/notices/{payment.channel.public_id}/", cast.make_merchant("real")
    without = cast.make_channel(lonely)

    assert client.get(address).status_code == 405
    assert post(client, payment.channel, b"x" * (256 * 1024 + 1)).status_code == 413
    assert client.post("/notices/ch_nobody/", data=b"{}", content_type="text/plain").status_code == 404
    assert client.post(f"/notices/{without.public_id}/", data=b"{}", content_type="text/plain").status_code == 404
    assert kept() == []


@pytest.mark.parametrize("fields", [{"amount": 29999}, {"currency": "USD"}])
def test_another_amount_than_ours_is_not_believed(client, payment, fields):
    submitted(payment)
    [body] = waiting(payment.channel)
    before = everything()

    answer = post(client, payment.channel, json.dumps({**json.loads(body), **fields}).encode())

    said = {"amount": 30000, "currency": "TWD", **fields}
    assert (answer.status_code, everything()) == (200, before)
    assert kept() == [("evt-SIM-RF-00000001", "ignored", f"amount_differs {said['amount']} {said['currency']}")]


@pytest.mark.parametrize("outcome", ["succeeded", "declined"])
def test_a_refund_that_was_not_submitted_is_not_ended_by_a_notice(client, payment, outcome):
    refund = approved(payment)
    before = everything()

    answer = post(client, payment.channel, told(payment, key=refund.refund_no, outcome=outcome))

    assert (answer.status_code, everything()) == (200, before)
    assert kept() == [("evt-1", "ignored", f"not_submitted {refund.refund_no}")]


def test_a_contradiction_is_on_record_and_changes_nothing(client, payment):
    refund = submitted(payment, "success")

    post(client, payment.channel, told(payment, key=refund.refund_no, outcome="declined"))

    refund.refresh_from_db()
    assert (refund.state, kept()) == ("succeeded", [("evt-1", "ignored", f"known {refund.refund_no}")])
    assert AuditEvent.objects.get(action="refund.contradiction").after["said"] == "declined"


def test_a_refund_started_at_the_provider_is_tied_to_its_payment(client, payment):
    body = told(payment)

    assert [post(client, payment.channel, one).status_code for one in (body, body, told(payment, event="evt-2"))] == [200, 200, 200]

    refund = Refund.objects.get()
    payment.refresh_from_db()
    assert (refund.payment, refund.provider_refund_ref, refund.amount_minor, refund.state, refund.refunded_at) == (
        payment, "SIM-CONSOLE-1", 30000, "succeeded", NOW - timedelta(hours=1),
    )  # fmt: skip
    assert payment.state == "partially_refunded"
    assert kept() == [("evt-1", "processed", "tied SIM-CONSOLE-1"), ("evt-2", "ignored", "known SIM-CONSOLE-1")]
    assert AuditEvent.objects.filter(action="refund.started_at_provider").count() == 1


def test_a_refund_beyond_the_payment_is_told_to_people(client, payment):
    judge = cast.approver(payment.merchant, language="en")
    approved(payment, 100_000)
    Notification.objects.all().delete()
    refunds = list(Refund.objects.values_list())

    answer = post(client, payment.channel, told(payment))
    post(client, payment.channel, told(payment))

    payment.refresh_from_db()
    assert (answer.status_code, list(Refund.objects.values_list()), payment.state) == (200, refunds, "paid")
    assert kept() == [("evt-1", "ignored", "exceeds_payment SIM-CONSOLE-1")]
    heard = Notification.objects.get(user=judge)
    assert (heard.kind, heard.severity, heard.href) == ("refund.beyond_payment", "high", "/m/qingtian/orders/A10293/story")
    assert heard.title == "NT$300 was refunded at the provider, more than is left here"
    assert heard.body.startswith("Order A10293, refund SIM-CONSOLE-1. ")
    assert Notification.objects.count() == 2  # both who may approve, once


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"payment": "P-UNKNOWN", "merchant_ref": "A-UNKNOWN"}, "no_payment"),
        ({"payment": "", "merchant_ref": ""}, "no_payment"),
        ({"currency": "USD"}, "unlike_payment"),
        ({"outcome": "pending"}, "not_done"),
        ({"outcome": "declined"}, "not_done"),
        ({"ref": ""}, "not_done"),
    ],
)
def test_a_refund_of_which_nobody_knows_the_payment_is_kept_and_left(client, payment, fields, result):
    before = everything()

    answer = post(client, payment.channel, told(payment, **fields))

    assert (answer.status_code, everything()) == (200, before)
    assert kept() == [("evt-1", "ignored", result)]


def test_a_number_that_the_books_use_for_something_else_is_not_taken(client, payment):
    cast.make_refund(payment, "SIM-CONSOLE-1", 100, provider_refund_ref="")
    before = everything()

    assert post(client, payment.channel, told(payment)).status_code == 200

    assert everything() == before
    assert kept() == [("evt-1", "ignored", "number_taken SIM-CONSOLE-1")]


def test_a_refund_that_only_the_books_know_ends_by_notice(client, payment):
    judge = cast.approver(payment.merchant, language="en")
    refund = cast.make_refund(payment, "R1", 30000, state="submitting", provider_refund_ref="SIM-CONSOLE-1")

    assert post(client, payment.channel, told(payment, outcome="declined")).status_code == 200

    refund.refresh_from_db()
    assert (refund.state, kept()) == ("failed", [("evt-1", "processed", "moved R1")])
    assert Notification.objects.get(user=judge).href == "/m/qingtian/orders/A10293/story"


def test_our_own_failure_rolls_back_and_is_done_later(client, payment, monkeypatch):
    refund = submitted(payment)
    [body] = waiting(payment.channel)
    before = everything()

    with monkeypatch.context() as patch:
        patch.setattr(notices, "apply_answer", lambda **_fields: 1 / 0)
        assert post(client, payment.channel, body).status_code == 200
    assert everything() == before
    assert kept() == [("evt-SIM-RF-00000001", NoticeState.RECEIVED, "")]

    with time_machine.travel(NOW + timedelta(seconds=10), tick=False):
        assert post(client, payment.channel, body).status_code == 200
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert kept() == [("evt-SIM-RF-00000001", NoticeState.PROCESSED, f"moved {refund.refund_no}")]


def test_another_merchant_s_channel_is_never_touched(client, payment):
    refund = submitted(payment)
    [body] = waiting(payment.channel)
    other = cast.make_channel(cast.make_merchant("second", name="Second", is_practice=True))
    cast.make_payment(other, "A10293", 128000)
    before = everything()

    assert post(client, other, body, gateway_for(payment.channel).sign(body)).status_code == 401  # signed by another's secret
    assert post(client, other, told(payment, key=refund.refund_no, amount=128001)).status_code == 200

    assert everything() == before
    assert WebhookEvent.objects.filter(channel=payment.channel).count() == 0
    assert kept() == [("", "forged", ""), ("evt-1", "ignored", "exceeds_payment SIM-CONSOLE-1")]


def test_a_dispute_is_passed_on_and_one_that_cannot_be_right_is_kept(client, payment, monkeypatch):
    cast.approver(payment.merchant)
    dispute = DisputeNotice("du_7", "needs_response", 128000, "TWD", NOW, provider_ref=payment.provider_ref)
    script = {b"1": DisputeTold("evt-d1", dispute), b"2": DisputeTold("evt-d2", replace(dispute, state="perhaps"))}
    monkeypatch.setattr(simulator.Simulator, "read_notices", lambda self, headers, body: [script[body]])

    answers = [post(client, payment.channel, body).status_code for body in (b"1", b"1", b"2")]

    assert answers == [200, 200, 200]
    found = Dispute.objects.get()
    assert (found.payment, found.amount_minor, found.state) == (payment, 128000, "needs_response")
    assert [(event, state) for event, state, _result in kept()] == [("evt-d1", "processed"), ("evt-d2", "ignored")]
