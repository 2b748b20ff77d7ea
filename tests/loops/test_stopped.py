"""A channel whose papers do not hold any more: nothing new begins, what was begun comes to its end. Through a fake of WeChat Pay."""

import pytest

from apps.channels.approval import ApprovalLapsed
from apps.channels.models import ProviderCall
from apps.channels.services.qualification import return_case
from apps.orders.models import Order, Payment
from tests import cast
from tests.channels.papers import approve, bring, case_of, make_live
from tests.loops.loop import MONDAY, walking
from tests.loops.ways import WAYS

pytestmark = pytest.mark.django_db
WECHAT = next(way for way in WAYS if way.name == "wechat")  # promises that a number counts once, so lost calls are made again


@pytest.fixture
def loop(client, settings):
    with walking(WECHAT, client, settings) as loop:
        loop.at(MONDAY, 10)
        make_live(loop.channel, loop.owner, now=loop.now)
        yield loop


def withdraw(loop) -> None:
    return_case(case=case_of(loop.channel), reason="other goods", by=cast.staff(), now=loop.now)


def called(payment) -> set[str]:
    return set(ProviderCall.objects.filter(key=payment.execution.key).values_list("operation", flat=True))


def test_nothing_new_is_started_and_what_was_started_goes_on_to_the_end(loop):
    way, day = loop.way, MONDAY
    first = loop.pay(loop.start("A1", way.first))
    waiting = loop.start("A2", way.second)
    withdraw(loop)
    before = (Order.objects.count(), Payment.objects.count(), ProviderCall.objects.count())

    with pytest.raises(ApprovalLapsed):
        loop.start("A3", way.first)
    assert (Order.objects.count(), Payment.objects.count(), ProviderCall.objects.count()) == before
    assert loop.start("A2", way.second).pk == waiting.pk  # the same key is the same payment still

    assert loop.pay(waiting).state == "paid"  # by its notice
    assert loop.settle(loop.refund(first)).state == "succeeded"
    loop.report(day)
    assert sorted(kind for kind, *_sums in loop.lines()) == ["payment", "payment", "refund"]
    assert (loop.differences(), loop.broken_proofs()) == ([], [])


def test_the_schedule_asks_about_open_payments_but_opens_none_that_the_provider_never_heard_of(loop, monkeypatch):
    open_one = loop.start("A1", loop.way.first)
    with monkeypatch.context() as patched:  # killed before the call left
        patched.setattr("apps.orders.services.payments.starting.open_payment", lambda **_fields: None)
        loop.start("A2", loop.way.second)
    lost = Payment.objects.get(order__order_no="A2")
    withdraw(loop)

    loop.ask(open_one)
    loop.ask(lost)
    assert called(open_one) == {"create_payment", "query_payment"}
    assert called(lost) == {"query_payment"}

    bring(loop.channel, "filing", loop.owner, now=loop.now)
    approve(loop.channel, loop.owner, now=loop.now)
    loop.ask(lost)
    assert called(lost) == {"query_payment", "create_payment"}
    assert loop.start("A3", loop.way.first).state == "pending"
