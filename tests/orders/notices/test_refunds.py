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
from apps.disputes.models import Dispute
from apps.orders.models import Refund, RefundExecution
from apps.orders.services.notices import refunds as notices
from apps.orders.services.notices.replaying import replay_notice
from apps.orders.services.refunds.settling import apply_accepted
from tests import cast
from tests.orders.notices.refund_steps import NOW, approved, everything, kept, post, submitted, told, waiting

pytestmark = [pytest.mark.django_db, pytest.mark.postgres, pytest.mark.usefixtures("clock_stands")]


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
    monkeypatch.setattr(simulator.Simulator, "read_notices", lambda self, headers, body, at: [script[body]])

    answers = [post(client, payment.channel, body).status_code for body in (b"1", b"1", b"2")]

    assert answers == [200, 200, 200]
    found = Dispute.objects.get()
    assert (found.payment, found.amount_minor, found.state) == (payment, 128000, "needs_response")
    assert [(event, state) for event, state, _result in kept()] == [("evt-d1", "processed"), ("evt-d2", "ignored")]
