"""Sixty-four people, workers and notices at once on the same refunds: one end each, paid at most once, as the simulator's books prove."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connections

from apps.audit.models import AuditEvent
from apps.channels.models import ProviderCall
from apps.channels.providers.simulator.books import Behaviour
from apps.channels.services.gateway import gateway_for
from apps.core.errors import HezhangError
from apps.orders.models import Payment, Refund, RefundExecution
from apps.orders.services.refunds import deciding
from apps.orders.services.refunds.calling import ask_about, submit_refund
from apps.orders.services.refunds.notices import take_notice
from apps.orders.services.refunds.requesting import request_refund
from tests import cast

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]

THREADS, NOW = 64, cast.NOW
ENDS = {"success": "succeeded", "decline": "failed", "timeout_after": "succeeded", "timeout_before": "succeeded", "slow": "succeeded",
        "slow_decline": "failed", "duplicate_notice": "succeeded", "disorder": "succeeded"}  # fmt: skip


def at_once(works: list[Callable[[], object]]) -> list[object]:
    """Runs all at the same moment, each on its own connection; returns what each returned, or the error it raised."""
    gate, results = threading.Barrier(len(works)), [None] * len(works)

    def run(at: int, work: Callable[[], object]) -> None:
        try:
            connections["default"].ensure_connection()
            gate.wait(timeout=60)
            results[at] = work()
        except Exception as error:
            results[at] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(at, work)) for at, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def shop():
    return cast.make_merchant(is_practice=True)


def ask_for(payment, by, amount_minor=30000) -> Refund:
    fields = {"reason_code": "customer_request", "by": by, "now": NOW}
    return request_refund(merchant=payment.merchant, payment_id=payment.pk, amount_minor=amount_minor, **fields)


def notices(channel) -> list[tuple[dict, bytes]]:
    """What the simulator has to tell, each three times and the last first: lost, late and repeated as on a real network."""
    return list(reversed(gateway_for(channel).pending_notices())) * 3


def later(minutes: int) -> None:
    """Everybody's pause is over."""
    RefundExecution.objects.filter(ask_at__isnull=False).update(ask_at=NOW - timedelta(minutes=minutes))


def check(shop, refunds: list[Refund]) -> Counter:
    """Our states are the simulator's truth: each refund there once and as often as here, no payment beyond what it took."""
    truth = {}
    for channel in shop.channels.select_related("merchant"):
        for paid in gateway_for(channel).books.truth():
            assert paid.key not in truth
            truth[paid.key] = paid
    states = dict(Refund.objects.filter(pk__in=[refund.pk for refund in refunds]).values_list("refund_no", "state"))
    for number, state in states.items():
        if state in ("succeeded", "failed"):
            assert (truth[number].outcome == "succeeded") == (state == "succeeded"), (number, state, truth[number])
        else:
            assert number not in truth, (number, state)
    for payment in Payment.objects.filter(merchant=shop):
        back = sum(paid.amount for paid in truth.values() if paid.merchant_ref == payment.merchant_ref and paid.outcome == "succeeded")
        ours = sum(Refund.objects.filter(payment=payment, state="succeeded").values_list("amount_minor", flat=True))
        assert back == ours <= payment.amount_minor
    return Counter(states.values())


def test_approve_reject_submit_notice_and_ask_at_once(shop):
    channel, clerk = cast.make_channel(shop), cast.operator(shop)
    judges = [cast.approver(shop) for _n in range(4)]
    refunds, books = [], gateway_for(channel).books
    for at, behaviour in enumerate(Behaviour):
        payment = cast.make_payment(channel, f"A{at}")
        books.script(payment.merchant_ref, behaviour)
        refunds.append(ask_for(payment, clerk))

    def work(at: int) -> Callable[[], object]:
        refund, judge = refunds[at % 8], judges[at // 8 % 4]
        common = {"merchant": shop, "refund_id": refund.pk, "now": NOW}

        def tell() -> str:
            for headers, body in notices(channel):
                assert take_notice(channel=channel, headers=headers, body=body, now=NOW).status == 200
            return "told"

        return [
            lambda: deciding.approve_refund(**common, by=judge).state,
            lambda: deciding.reject_refund(**common, by=judge, reason="so").state,
            lambda: submit_refund(**common).state,
            lambda: submit_refund(**common).state,
            lambda: ask_about(**common).state,
            tell,
            lambda: submit_refund(**common).state,
            lambda: ask_about(**common).state,
        ][at // 8]

    results = []
    for minutes in range(1, 5):
        results += at_once([work(at) for at in range(THREADS)])
        later(minutes)

    errors = [result for result in results if isinstance(result, Exception)]
    assert all(isinstance(error, HezhangError) for error in errors), [error for error in errors if not isinstance(error, HezhangError)]
    assert all(str(error) for error in errors)
    ended = check(shop, refunds)
    assert sum(ended.values()) == 8
    assert set(ended) <= {"rejected", "succeeded", "failed"}
    outcomes = AuditEvent.objects.filter(action__in=["refund.rejected", "refund.succeeded", "refund.failed"])
    assert Counter(outcomes.values_list("subject_id", flat=True)) == {str(refund.pk): 1 for refund in refunds}
    assert not AuditEvent.objects.filter(action="refund.contradiction").exists()


def test_sixty_four_workers_submit_approved_refunds_once(shop):
    channel, clerk, judge = cast.make_channel(shop), cast.operator(shop), cast.approver(shop)
    refunds, expected, books = [], {}, gateway_for(channel).books
    for at, behaviour in enumerate(Behaviour):
        payment = cast.make_payment(channel, f"A{at}")
        books.script(payment.merchant_ref, behaviour)
        refund = ask_for(payment, clerk)
        deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=judge, now=NOW)
        refunds.append(refund)
        expected[refund.refund_no] = ENDS[behaviour]

    results = at_once([
        lambda at=at: submit_refund(merchant=shop, refund_id=refunds[at % 8].pk, now=NOW).state for at in range(THREADS)
    ])  # fmt: skip

    assert sum(isinstance(result, str) for result in results) == 8
    assert Counter(type(result).__name__ for result in results if not isinstance(result, str)) == {"RefundMoveIllegal": 56}
    assert Counter(ProviderCall.objects.values_list("key", "operation")) == {(number, "refund"): 1 for number in expected}

    for minutes in range(1, 4):
        later(minutes)
        at_once([lambda at=at: ask_about(merchant=shop, refund_id=refunds[at % 8].pk, now=NOW).state for at in range(THREADS)])
    assert dict(Refund.objects.values_list("refund_no", "state")) == expected
    check(shop, refunds)


def test_partial_refunds_of_one_payment_never_come_to_more_than_it_took(shop):
    """Desk, books and the provider's own console all draw on one payment; what the provider did there is told by notice."""
    channel, clerk, judge = cast.make_channel(shop), cast.operator(shop), cast.approver(shop)
    payment = cast.make_payment(channel, "A1", 500_000)

    def through_the_desk() -> str:
        refund = ask_for(payment, clerk, 70_000)
        deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=judge, now=NOW)
        return submit_refund(merchant=shop, refund_id=refund.pk, now=NOW).state

    def work(at: int) -> Callable[[], object]:
        return (lambda: cast.make_refund(payment, f"B{at}", 70_000, state="requested").pk) if at % 4 == 3 else through_the_desk

    results = at_once([work(at) for at in range(THREADS)])

    assert all(isinstance(one, HezhangError | IntegrityError) for one in results if isinstance(one, Exception))
    held = Refund.objects.exclude(state__in=["failed", "rejected", "withdrawn"]).values_list("amount_minor", flat=True)
    assert sum(held) <= 500_000
    check(shop, list(Refund.objects.filter(request__isnull=False, state__in=["succeeded", "failed"])))


def test_answer_notice_and_question_say_the_same_at_the_same_time(shop):
    channel, clerk, judge = cast.make_channel(shop), cast.operator(shop), cast.approver(shop)
    payment = cast.make_payment(channel, "A1")
    gateway_for(channel).books.script("A1", "timeout_after")
    refund = ask_for(payment, clerk)
    deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=judge, now=NOW)
    submit_refund(merchant=shop, refund_id=refund.pk, now=NOW)
    later(1)
    told = notices(channel)
    headers, body = told[0]

    results = at_once([
        (lambda: take_notice(channel=channel, headers=headers, body=body, now=NOW).status)
        if at % 2 else (lambda: ask_about(merchant=shop, refund_id=refund.pk, now=NOW).state)
        for at in range(THREADS)
    ])  # fmt: skip

    assert not [result for result in results if isinstance(result, Exception)]
    assert set(results[1::2]) == {200}
    assert check(shop, [refund]) == {"succeeded": 1}
    assert AuditEvent.objects.filter(action="refund.succeeded").count() == 1
