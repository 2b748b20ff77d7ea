"""Starting a payment: once for the caller's key, our rows before the provider's, and what silence at the start leads to."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from apps.audit.models import AuditEvent
from apps.channels import registry
from apps.channels.models import Channel, ProviderCall
from apps.channels.paying import Payer
from apps.channels.services.gateway import GatewayMissing
from apps.core.errors import HezhangError
from apps.orders.errors import AmountRefused, ChannelOff, MethodNotOffered, RequestKeyReused
from apps.orders.models import Order, Payment, PaymentExecution
from apps.orders.services.payments.calling import LEASE
from apps.orders.services.payments.calls import call_for
from apps.orders.services.payments.starting import Figures, start_payment
from tests import cast
from tests.orders.payments.scene import NOW, again, ask, practice_channel, said, simulator, start, steps

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def channel():
    return practice_channel()


def script(channel: Channel, operation: str, *behaviours: str) -> None:
    for behaviour in behaviours:
        simulator(channel).books.script_payment(operation, behaviour)


def test_a_payment_is_opened_and_tells_the_payer_what_to_do(channel):
    payment = start(channel)

    [held] = simulator(channel).books.payments()
    assert (payment.state, payment.amount_minor, payment.currency, payment.method) == ("pending", 128000, "TWD", "line_pay")
    assert (payment.merchant_ref[:7], len(payment.merchant_ref), payment.merchant_ref.isalnum()) == ("P261120", 19, True)
    assert (held.merchant_ref, held.key, held.amount, held.calls) == (payment.merchant_ref, payment.execution.key, 128000, 1)
    execution = PaymentExecution.objects.get()
    assert execution.action == {"kind": "qr", "text": "practice:SIM-PAY-00000001", "expires_at": (NOW + timedelta(minutes=30)).isoformat()}
    assert (execution.ask_at, execution.expires_at) == (NOW + timedelta(seconds=30), NOW + timedelta(minutes=30))
    assert (said(payment), steps(payment)) == ([("create_payment", "pending")], ["started", "waiting"])
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["payment.started", "payment.waiting"]


def test_the_same_key_is_the_same_payment(channel):
    first, second = start(channel), start(channel)

    assert (first.pk, Payment.objects.count(), Order.objects.count(), ProviderCall.objects.count()) == (second.pk, 1, 1, 1)
    with pytest.raises(RequestKeyReused):
        start(channel, amount=128001)
    assert start(channel, "cart-2").pk != first.pk
    assert Order.objects.count() == 1  # another attempt at the same order


@pytest.mark.parametrize(
    ("figures", "change", "error"),
    [
        ({"amount_minor": 0}, {}, AmountRefused),
        ({"method": "cash"}, {}, MethodNotOffered),
        ({}, {"is_on": False}, ChannelOff),
        ({}, {"provider": "91app"}, MethodNotOffered),
        ({"method": "bank_transfer"}, {"provider": "internal"}, MethodNotOffered),
    ],
)
def test_what_cannot_be_started_writes_nothing(channel, figures, change, error):
    if "provider" in change:
        channel.merchant.is_practice = False
    for name, value in change.items():
        setattr(channel, name, value)
    wanted = replace(Figures("A1", 100, "TWD", "line_pay"), **figures)

    with pytest.raises(error):
        start_payment(channel=channel, request_key="k", figures=wanted, now=NOW)

    assert (Order.objects.count(), Payment.objects.count(), ProviderCall.objects.count()) == (0, 0, 0)


def test_a_refusal_at_once_ends_it(channel):
    script(channel, "create_payment", "decline")

    payment = start(channel)

    execution = PaymentExecution.objects.get()
    assert (payment.state, execution.ask_at, execution.last_code) == ("failed", None, "declined")


def test_an_answer_that_was_lost_is_found_by_asking(channel):
    script(channel, "create_payment", "timeout_after")
    payment = start(channel)
    assert (payment.state, payment.execution.action, payment.execution.was_answered) == ("pending", {}, False)

    payment = ask(payment)

    assert (payment.state, payment.execution.action["kind"]) == ("pending", "qr")
    assert said(payment) == [("create_payment", "unknown"), ("query_payment", "pending")]
    assert simulator(channel).books.payments()[0].calls == 1


def test_a_call_that_was_lost_is_made_again_with_the_same_numbers(channel):
    script(channel, "create_payment", "timeout_before")
    payment = start(channel)

    payment = ask(payment)

    assert [operation for operation, _outcome in said(payment)] == ["create_payment", "query_payment", "create_payment"]
    [held] = simulator(channel).books.payments()
    assert (held.merchant_ref, held.key, held.calls) == (payment.merchant_ref, payment.execution.key, 1)


def test_where_numbers_do_not_repeat_safely_a_lost_call_fails_after_a_day(channel, monkeypatch):
    monkeypatch.setattr(registry, "PRACTICE", replace(registry.PRACTICE, reopens_safely=False))
    script(channel, "create_payment", "timeout_before")
    payment = start(channel, expires_at=NOW + timedelta(days=7))

    assert ask(payment, NOW + timedelta(hours=23)).state == "pending"
    payment = ask(payment, NOW + timedelta(hours=24))

    assert (payment.state, simulator(channel).books.payments()) == ("failed", [])
    assert [operation for operation, _outcome in said(payment)] == ["create_payment", "query_payment", "query_payment"]


def test_a_worker_that_died_before_the_call_is_made_up_for(channel, monkeypatch):
    monkeypatch.setattr("apps.orders.services.payments.starting.open_payment", lambda **_fields: None)
    start(channel)
    payment = again(Payment.objects.get())
    assert (payment.execution.ask_at, simulator(channel).books.payments()) == (NOW + LEASE, [])

    payment = ask(payment)

    assert [operation for operation, _outcome in said(payment)] == ["query_payment", "create_payment"]
    assert again(payment).execution.action["kind"] == "qr"


def test_without_credentials_nothing_is_started(db):
    channel = cast.make_channel(cast.make_merchant("real"), provider="stripe")

    with pytest.raises(HezhangError) as refused:
        start(channel)

    assert isinstance(refused.value, GatewayMissing | MethodNotOffered)
    assert Payment.objects.count() == 0


def test_the_same_is_said_at_every_call_and_when_the_attempt_was_fixed():
    payment = again(start(practice_channel(), surface="phone", payer=Payer(ip="203.0.113.9")))

    first, later = call_for(payment, payment.execution), call_for(payment, payment.execution, token="t")

    assert (first.opened_at, first.surface, first.payer.ip) == (NOW, "phone", "203.0.113.9")
    assert replace(later, token="") == first
