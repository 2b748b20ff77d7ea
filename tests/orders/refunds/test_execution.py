"""Carrying refunds out against the simulator, whose books say what was really paid."""

import hmac
from datetime import timedelta

import pytest
import time_machine

from apps.audit.models import AuditEvent
from apps.channels.gateways import Outcome, RefundAnswer
from apps.channels.models import NoticeState, ProviderCall, WebhookEvent
from apps.channels.providers.simulator import client as simulator
from apps.channels.services.circuit import FAILURES, note_answer
from apps.channels.services.gateway import GatewayMissing, gateway_for
from apps.core.jobs.runner import run
from apps.core.models import Job
from apps.orders.enums import RefundJob
from apps.orders.errors import RefundMoveIllegal
from apps.orders.models import Payment, Refund, RefundExecution
from apps.orders.services.notices.practice import deliver_notices
from apps.orders.services.refunds import deciding, holds
from apps.orders.services.refunds.calling import apply_answer, ask_about, submit_refund
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.services.refunds.sweeping import ring_refunds
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
def payment(shop):
    return cast.make_payment(cast.make_channel(shop), "A10293", 128000)


def approved(payment, amount_minor=30000) -> Refund:
    shop = payment.merchant
    refund = request_refund(
        merchant=shop, payment_id=payment.pk, amount_minor=amount_minor, reason_code="customer_request", by=cast.operator(shop), now=NOW
    )
    return deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=cast.approver(shop), now=NOW)


def submit(refund, now=NOW) -> Refund:
    return submit_refund(merchant=refund.merchant, refund_id=refund.pk, now=now)


def ask(refund, now) -> Refund:
    with time_machine.travel(now, tick=False):
        return ask_about(merchant=refund.merchant, refund_id=refund.pk, now=now)


def truth(refund) -> list[tuple]:
    return [(paid.key, paid.outcome, paid.calls) for paid in gateway_for(refund.channel).books.truth()]


def script(payment, *behaviours) -> None:
    for behaviour in behaviours:
        gateway_for(payment.channel).books.script(payment.merchant_ref, behaviour)


def said(refund) -> list[tuple]:
    calls = ProviderCall.objects.filter(key=refund.request.idempotency_key).order_by("pk")
    return list(calls.values_list("operation", "outcome", "code"))


def test_an_approval_carries_a_refund_to_its_end(payment):
    refund = approved(payment)

    run(job_id=Job.objects.get(kind=RefundJob.SUBMIT).pk)

    refund.refresh_from_db()
    payment.refresh_from_db()
    key = refund.request.idempotency_key
    assert (refund.state, refund.provider_refund_ref, refund.refunded_at, refund.business_date) == (
        "succeeded", "SIM-RF-00000001", NOW, cast.TODAY,
    )  # fmt: skip
    assert payment.state == "partially_refunded"
    assert truth(refund) == [(key, "succeeded", 1)]
    assert said(refund) == [("refund", "succeeded", "ok")]
    assert (refund.execution.ask_at, refund.execution.asks) == (None, 0)
    assert list(WebhookEvent.objects.values_list("event_id", "state", "result")) == [
        ("evt-SIM-RF-00000001", NoticeState.IGNORED, f"known {refund.refund_no}")
    ]


def test_a_refund_is_submitted_once(payment):
    refund = submit(approved(payment))

    with pytest.raises(RefundMoveIllegal):
        submit(refund)
    waiting = request_refund(
        merchant=payment.merchant, payment_id=payment.pk, amount_minor=1, reason_code="fraud", by=cast.operator(payment.merchant), now=NOW
    )
    with pytest.raises(RefundMoveIllegal):
        submit(waiting)

    assert len(truth(refund)) == 1
    assert RefundExecution.objects.count() == 1


def test_without_credentials_nothing_is_submitted(payment):
    refund = approved(payment)
    payment.merchant.is_practice = False
    payment.merchant.save(update_fields=["is_practice"])

    with pytest.raises(GatewayMissing):
        submit(refund)

    refund.refresh_from_db()
    assert (refund.state, ProviderCall.objects.count()) == ("approved", 0)
    assert ring_refunds(now=NOW + timedelta(hours=1)) == 0


def test_a_declined_refund_frees_its_money(payment):
    script(payment, "decline")

    refund = submit(approved(payment))

    payment.refresh_from_db()
    assert (refund.state, payment.state, refund.execution.last_code) == ("failed", "paid", "declined")
    assert submit(approved(payment, 128000)).state == "succeeded"


def test_silence_is_unknown_and_asked_about_until_the_truth_is_known(payment):
    script(payment, "timeout_after")
    refund = submit(approved(payment))
    assert (refund.state, refund.execution.ask_at) == ("unknown", NOW + timedelta(seconds=15))

    assert ask(refund, NOW + timedelta(seconds=14)).state == "unknown"  # too early: nobody asks
    refund = ask(refund, NOW + timedelta(seconds=15))

    assert (refund.state, said(refund)) == ("succeeded", [("refund", "unknown", "timeout"), ("query_refund", "succeeded", "ok")])
    assert truth(refund) == [(refund.request.idempotency_key, "succeeded", 1)]


def test_what_never_arrived_is_sent_again_under_the_same_key(payment):
    script(payment, "timeout_before")
    refund = submit(approved(payment))
    assert truth(refund) == []

    refund = ask(refund, NOW + timedelta(seconds=15))

    assert [operation for operation, *_ in said(refund)] == ["refund", "query_refund", "refund"]
    assert (refund.state, truth(refund)) == ("succeeded", [(refund.request.idempotency_key, "succeeded", 1)])


def test_a_slow_refund_is_asked_about_at_growing_intervals(payment):
    script(payment, "slow")
    refund = submit(approved(payment))
    assert (refund.state, refund.execution.ask_at) == ("submitting", NOW + timedelta(seconds=15))

    later = NOW + timedelta(seconds=15)
    refund = ask(refund, later)
    assert (refund.state, refund.execution.asks) == ("submitting", 1)
    assert RefundExecution.objects.get().ask_at == later + timedelta(seconds=60)

    assert ask(refund, later + timedelta(seconds=60)).state == "succeeded"
    assert RefundExecution.objects.get().ask_at is None


@pytest.mark.parametrize("behaviour", ["duplicate_notice", "disorder", "timeout_after"])
def test_notices_end_a_refund_in_any_order_and_number(payment, behaviour):
    script(payment, behaviour)
    refund = submit(approved(payment))

    deliver_notices(refund.channel)
    deliver_notices(refund.channel)

    refund.refresh_from_db()
    assert (refund.state, len(truth(refund))) == ("succeeded", 1)
    moves = AuditEvent.objects.filter(action="refund.succeeded")
    assert moves.count() == 1


def test_a_call_that_breaks_is_unknown(payment, monkeypatch):
    refund = approved(payment)
    monkeypatch.setattr(simulator.Simulator, "refund", lambda self, call: 1 / 0)

    refund = submit(refund)

    assert (refund.state, said(refund)) == ("unknown", [("refund", "unknown", "broken")])


def test_the_clock_rings_for_what_was_forgotten(payment):
    script(payment, "timeout_after")
    waiting, forgotten = submit(approved(payment)), approved(payment)
    Job.objects.all().delete()

    assert ring_refunds(now=NOW + timedelta(minutes=10)) == 2
    assert ring_refunds(now=NOW + timedelta(minutes=10)) >= 1

    jobs = Job.objects.order_by("kind").values_list("kind", "payload__refund_id")
    assert list(jobs) == [(RefundJob.ASK, waiting.pk), (RefundJob.SUBMIT, forgotten.pk)]


def test_a_late_contradiction_changes_nothing_and_is_on_record(payment, monkeypatch):
    refund = submit(approved(payment))

    apply_answer(refund=refund, answer=RefundAnswer(Outcome.DECLINED, code="late"), now=NOW)

    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert AuditEvent.objects.get(action="refund.contradiction").after["code"] == "late"
    assert Payment.objects.get(pk=payment.pk).state == "partially_refunded"


def test_money_that_a_dispute_took_after_the_approval_is_not_sent(payment):
    refund = approved(payment, 100000)
    holds.place_hold(merchant=payment.merchant, payment_id=payment.pk, kind="dispute", key="dp_1", label="D1", amount_minor=128000, now=NOW)

    refund = submit(refund)

    failed = AuditEvent.objects.get(action="refund.failed")
    assert (refund.state, failed.after["code"]) == ("failed", "money_taken")
    assert (truth(refund), ProviderCall.objects.count(), RefundExecution.objects.count()) == ([], 0, 0)


@pytest.mark.parametrize("secret", ["practice {}", "{}", ""])
def test_the_address_for_notices_is_not_enough_to_sign_one(client, payment, secret):
    script(payment, "slow")
    refund = submit(approved(payment))
    body = gateway_for(payment.channel).pending_notices()[0][1].replace(b'"pending"', b'"succeeded"')
    signature = hmac.new(secret.format(payment.channel.public_id).encode(), body, "sha256").hexdigest()

    answer = client.post(
        f"/notices/{payment.channel.public_id}/", body, content_type="application/json", headers={simulator.SIGNATURE: signature}
    )

    refund.refresh_from_db()
    assert (answer.status_code, refund.state, WebhookEvent.objects.get().state) == (401, "submitting", NoticeState.FORGED)


def test_the_clock_asks_once_for_all_which_breakers_are_open(payment, shop, django_assert_num_queries):
    for channel in (payment.channel, *(cast.make_channel(shop, code, provider="ecpay") for code in ("two", "three"))):
        for _number in range(3):
            approved(cast.make_payment(channel), 10000)
    for _silence in range(FAILURES):
        note_answer(channel=payment.channel, reached=False, code="timeout", now=NOW)
    moment = NOW + timedelta(seconds=10)

    with django_assert_num_queries(5):  # due ones, open breakers, forgotten ones with their channels, and two looks at their jobs
        assert ring_refunds(now=moment) == 0
    Job.objects.all().delete()
    assert ring_refunds(now=moment) == 6
    assert ring_refunds(now=NOW + timedelta(minutes=6)) == 3  # of the silent one, whose pause is over; the six wait in the queue
