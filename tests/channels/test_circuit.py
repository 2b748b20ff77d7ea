"""The breaker of a channel: five silences open it, one call tries, an answer closes it."""

from datetime import timedelta

import pytest

from apps.channels.gateways import Outcome, RefundAnswer
from apps.channels.models import Circuit, ProviderCall
from apps.channels.services.circuit import FAILURES, CircuitOpen, note_answer, open_until, pass_circuit
from apps.channels.services.gateway import end_call, start_call
from apps.core import clock
from apps.merchants.models import Notification
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def channel():
    shop = cast.make_merchant()
    cast.owner(shop)
    return cast.make_channel(shop, provider="stripe", timezone="Asia/Taipei")


def silent(channel, now, times=FAILURES):
    for _time in range(times):
        note_answer(channel=channel, reached=False, code="timeout", now=now)


def test_four_silences_let_calls_leave_and_the_fifth_stops_them_and_tells_the_owner_once(channel):
    now = clock.now()
    silent(channel, now, FAILURES - 1)
    pass_circuit(channel=channel, now=now)

    silent(channel, now, 1)

    with pytest.raises(CircuitOpen) as refused:
        pass_circuit(channel=channel, now=now)
    assert refused.value.until == now + timedelta(seconds=30)
    assert list(Notification.objects.values_list("kind", "count")) == [("channel.silent", 1)]


def test_after_the_pause_one_call_tries_and_the_others_wait(channel):
    now = clock.now()
    silent(channel, now)
    later = now + timedelta(seconds=31)

    pass_circuit(channel=channel, now=later)

    with pytest.raises(CircuitOpen):
        pass_circuit(channel=channel, now=later)
    assert open_until(channel, later) == later + timedelta(minutes=2)


def test_a_failed_try_doubles_the_pause_up_to_a_quarter_of_an_hour(channel):
    now, pauses = clock.now(), []
    silent(channel, now)
    for _time in range(7):
        now = Circuit.objects.get().retry_at
        pass_circuit(channel=channel, now=now)
        note_answer(channel=channel, reached=False, code="no_answer", now=now)
        pauses.append((Circuit.objects.get().retry_at - now).total_seconds())

    assert pauses == [60, 120, 240, 480, 900, 900, 900]
    assert Notification.objects.count() == 1


def test_an_answer_closes_it_and_forgets_the_silences(channel):
    now = clock.now()
    silent(channel, now)
    pass_circuit(channel=channel, now=now + timedelta(minutes=1))

    note_answer(channel=channel, reached=True, code="ok", now=now + timedelta(minutes=1))

    pass_circuit(channel=channel, now=now + timedelta(minutes=1))
    assert list(Circuit.objects.values_list("state", "failures", "pauses", "opened_at", "retry_at")) == [("closed", 0, 0, None, None)]


def test_an_open_breaker_refuses_a_call_before_anything_of_it_is_kept(channel):
    now = clock.now()
    silent(channel, now)

    with pytest.raises(CircuitOpen):
        start_call(channel=channel, operation="refund", key="rf_1", now=now)

    assert ProviderCall.objects.count() == 0


@pytest.mark.parametrize(("code", "failures"), [("timeout", 1), ("http_503", 1), ("http_429", 1), ("http_400", 0), ("card_declined", 0)])
def test_who_answers_with_a_refusal_has_answered(channel, code, failures):
    call = start_call(channel=channel, operation="refund", key="rf_1", now=clock.now())

    end_call(call, RefundAnswer(Outcome.UNKNOWN, code=code), clock.now())

    assert sum(Circuit.objects.values_list("failures", flat=True)) == failures
