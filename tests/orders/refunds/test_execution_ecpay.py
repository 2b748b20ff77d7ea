"""Refunds through ECPay, which knows no key of ours: sent once, one at a time, found again by what went back. Against a stand-in."""

import json
from datetime import timedelta

import pytest
import stamina
import time_machine

from apps.channels.gateways import Outcome, RefundAnswer
from apps.channels.models import Channel, ProviderCall
from apps.channels.services.gateway import GatewayMissing
from apps.core.jobs.runner import run
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.merchants.models import Notification
from apps.orders.enums import RefundJob
from apps.orders.errors import ProviderRests, TurnNotCome
from apps.orders.models import PaymentEvent, Refund, RefundExecution, RefundRequest
from apps.orders.services.refunds import deciding
from apps.orders.services.refunds.calling import apply_answer, ask_about, submit_refund
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.services.refunds.sweeping import ring_refunds
from tests import cast
from tests.channels.providers import fake_ecpay

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
NOW = cast.NOW


@pytest.fixture(autouse=True)
def _now():
    with stamina.set_testing(True, attempts=1), time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def fake(settings):
    with fake_ecpay.running() as server:
        server.trades["A10293"] = [1280]
        settings.PROVIDER_URLS = {"ecpay": server.base_url}
        yield server


@pytest.fixture
def payment(fake):
    channel = cast.make_channel(cast.make_merchant(), credentials=json.dumps(fake_ecpay.CREDENTIALS))
    return cast.make_payment(channel, "A10293", 128000)


def approved(payment, amount_minor=30000) -> Refund:
    shop = payment.merchant
    common = {"merchant": shop, "now": NOW}
    refund = request_refund(
        **common, payment_id=payment.pk, amount_minor=amount_minor, reason_code="customer_request", by=cast.operator(shop)
    )
    return deciding.approve_refund(**common, refund_id=refund.pk, by=cast.approver(shop))


def submit(refund) -> str:
    return submit_refund(merchant=refund.merchant, refund_id=refund.pk, now=NOW).state


def ask(refund, **later) -> str:
    with time_machine.travel(NOW + timedelta(**later), tick=False):
        return ask_about(merchant=refund.merchant, refund_id=refund.pk, now=NOW + timedelta(**later)).state


def test_an_approved_refund_is_paid_once(payment, fake):
    refund = approved(payment)

    job = run(job_id=Job.objects.get(kind=RefundJob.SUBMIT).pk)
    twin = enqueue(kind=RefundJob.SUBMIT, merchant_id=refund.merchant_id, payload={"refund_id": refund.pk}, now=NOW)
    again = run(job_id=twin.pk)

    assert (job.result, again.result) == ({"state": "succeeded"}, {"state": "submitted before"})
    assert fake.trades["A10293"] == [1280, -300]
    payment.refresh_from_db()
    assert payment.state == "partially_refunded"
    call = ProviderCall.objects.get()
    assert (call.operation, call.outcome, call.is_practice) == ("refund", "succeeded", False)
    assert fake_ecpay.HASH_KEY not in json.dumps(call.raw)


@pytest.mark.parametrize(
    ("mood", "states", "trade"),
    [
        ("silent_after", ["unknown", "succeeded"], [1280, -300]),
        ("silent_before", ["unknown", "unknown"], [1280]),
        (("77777777", "something new"), ["unknown", "unknown"], [1280]),
    ],
)
def test_silence_and_new_codes_are_asked_about_and_never_sent_again(payment, fake, mood, states, trade):
    fake.mood = mood
    refund = approved(payment)

    assert [submit(refund), ask(refund, minutes=5)] == states
    assert ask(refund, minutes=30) == states[-1]
    assert (fake.trades["A10293"], len(fake.actions)) == (trade, 1)


def test_what_ecpay_has_never_heard_of_after_a_day_has_failed(payment, fake):
    fake.mood = "silent_before"
    refund = approved(payment)
    submit(refund)

    assert [ask(refund, hours=23), ask(refund, hours=28)] == ["unknown", "failed"]
    assert (fake.trades["A10293"], len(fake.actions)) == ([1280], 1)
    assert RefundExecution.objects.get().ask_at is None
    assert approved(payment, 128000).state == "approved"  # the money is free to be asked for again


def test_two_refunds_of_one_payment_go_one_after_the_other(payment, fake):
    fake.mood = "silent_after"
    first, second = approved(payment, 30000), approved(payment, 20000)
    submit(first)

    with pytest.raises(TurnNotCome):
        submit(second)
    job = run(job_id=Job.objects.filter(kind=RefundJob.SUBMIT).latest("pk").pk)
    assert (job.state, job.result) == ("done", {"state": "waits its turn"})
    second.refresh_from_db()
    assert (second.state, len(fake.actions), ProviderCall.objects.filter(key=second.refund_no).count()) == ("approved", 1, 0)

    assert ask(first, minutes=5) == "succeeded"
    assert ring_refunds(now=NOW + timedelta(minutes=6)) == 1
    assert submit(second) == "succeeded"
    assert fake.trades["A10293"] == [1280, -300, -200]


def test_nothing_is_sent_while_ecpay_closes_its_books_and_the_schedule_sends_it_afterwards(payment, fake, client):
    refund = approved(payment)
    viewer = cast.viewer(payment.merchant, language="en")
    closing = NOW.replace(hour=12, minute=20)  # 20:20 in Taipei
    with time_machine.travel(closing, tick=False):
        with pytest.raises(ProviderRests):
            submit_refund(merchant=payment.merchant, refund_id=refund.pk, now=closing)
        job = run(job_id=Job.objects.filter(kind=RefundJob.SUBMIT).latest("pk").pk)
        assert ring_refunds(now=closing) == 0
        client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(f"/m/qingtian/refunds/{refund.pk}/").content.decode()
    refund.refresh_from_db()
    assert (job.state, refund.state, fake.actions, ProviderCall.objects.count()) == ("done", "approved", [], 0)
    assert "closes its books now and takes no refunds until 20:30" in page

    assert ring_refunds(now=closing.replace(minute=30)) == 1
    assert submit(refund) == "succeeded"


def test_a_refusal_is_told_and_frees_the_money(payment, fake):
    fake.mood = ("0", "error_overDate")
    refund = approved(payment)

    assert submit(refund) == "failed"
    assert RefundExecution.objects.get().last_message != ""
    payment.refresh_from_db()
    assert payment.state == "paid"


def test_our_own_transfers_and_later_rows_of_the_books_do_not_blur_what_went_back(payment, fake):
    moved = approved(payment, 10000)
    RefundRequest.objects.filter(refund=moved).update(route="bank_transfer")
    Refund.objects.filter(pk=moved.pk).update(state="submitting")
    Refund.objects.filter(pk=moved.pk).update(state="succeeded", refunded_at=NOW)
    fake.mood = "silent_after"
    refund = approved(payment)

    assert submit(refund) == "unknown"
    cast.make_refund(payment, "BOOKS-1", 30000)  # the shop's file tells the same money under a number of its own

    assert ask(refund, minutes=5) == "succeeded"
    assert RefundExecution.objects.get().refunded_minor == 0


def test_lost_credentials_are_not_asked_for_every_few_seconds(payment, fake):
    fake.mood = "silent_after"
    refund = approved(payment)
    submit(refund)
    credentials = payment.channel.credentials
    Channel.objects.update(credentials="")

    with pytest.raises(GatewayMissing):
        ask(refund, minutes=5)
    assert [ring_refunds(now=NOW + timedelta(minutes=minutes)) for minutes in (6, 19, 20)] == [0, 0, 1]

    Channel.objects.update(credentials=credentials)
    assert ask(refund, minutes=21) == "succeeded"


def test_a_provider_that_takes_its_word_back_is_told_to_people(payment, fake):
    refund = approved(payment)
    submit(refund)
    refund.refresh_from_db()

    apply_answer(refund=refund, answer=RefundAnswer(Outcome.DECLINED, code="reversed"), now=NOW)

    refund.refresh_from_db()
    assert refund.state == "succeeded"
    told = Notification.objects.filter(kind="refund.contradiction")
    assert told.count() == 1
    assert PaymentEvent.objects.get(kind="refund.contradiction").detail["said"] == "declined"
