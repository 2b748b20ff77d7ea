"""Sixty-four people at once: each refund has one outcome, no payment gives back more than it took, every loser is told why."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connections

from apps.audit.models import AuditEvent
from apps.core.models import Job
from apps.orders.enums import RefundJob
from apps.orders.errors import AlreadyDecided, AmountNotRefundable, ApprovedByYou, RefundError, RefundRefused
from apps.orders.models import Payment, Refund, RefundDecision
from apps.orders.services.refunds import deciding
from apps.orders.services.refunds.requesting import request_refund
from tests import cast

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]

THREADS = 64


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


@pytest.fixture
def shop():
    return cast.make_merchant()


def ask(payment, by, amount_minor=30000, **fields) -> Refund:
    fields = {"reason_code": "customer_request", "now": cast.NOW, **fields}
    return request_refund(merchant=payment.merchant, payment_id=payment.pk, amount_minor=amount_minor, by=by, **fields)


def test_each_refund_is_decided_once_by_whoever_comes_first(shop):
    channel, clerk = cast.make_channel(shop), cast.operator(shop)
    judges = [cast.approver(shop) for _n in range(4)]
    refunds = [ask(cast.make_payment(channel), clerk) for _n in range(8)]

    def work(at: int) -> Callable[[], object]:
        refund, verb = refunds[at % 8], ("approve_refund", "reject_refund", "withdraw_refund", "approve_refund")[at // 8 % 4]
        by = clerk if verb == "withdraw_refund" else judges[at // 16]
        verdict = getattr(deciding, verb)
        return lambda: (refund.pk, verdict(merchant=shop, refund_id=refund.pk, by=by, now=cast.NOW, reason="so").state)

    results = at_once([work(at) for at in range(THREADS)])

    won = [result for result in results if isinstance(result, tuple)]
    lost = [result for result in results if not isinstance(result, tuple)]
    states = dict(Refund.objects.values_list("pk", "state"))
    assert dict(won) == states
    assert (len(won), Counter(type(error) for error in lost)) == (8, {AlreadyDecided: 56})
    assert sorted(RefundDecision.objects.values_list("refund_id", flat=True)) == sorted(states)
    outcomes = AuditEvent.objects.filter(action__in=["refund.approved", "refund.rejected", "refund.withdrawn"])
    assert sorted(int(key) for key in outcomes.values_list("subject_id", flat=True)) == sorted(states)
    approved = sorted(pk for pk, state in states.items() if state == "approved")
    assert (
        sorted(payload["refund_id"] for payload in Job.objects.filter(kind=RefundJob.SUBMIT).values_list("payload", flat=True)) == approved
    )


def test_two_approvals_are_two_peoples_however_often_they_press(shop):
    payment, clerk = cast.make_payment(cast.make_channel(shop), amount_minor=3_000_000), cast.operator(shop)
    judges, refund = [cast.approver(shop) for _n in range(4)], ask(payment, clerk, 2_000_000)

    def work(at: int) -> Callable[[], object]:
        by = judges[at % 4]
        return lambda: deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=by, now=cast.NOW, mfa_at=cast.NOW).state

    results = at_once([work(at) for at in range(THREADS)])

    told = Counter(result if isinstance(result, str) else type(result) for result in results)
    assert (told.pop("requested"), told.pop("approved")) == (1, 1)
    assert set(told) <= {AlreadyDecided, ApprovedByYou}
    assert sum(told.values()) == THREADS - 2
    assert RefundDecision.objects.filter(verdict="approve").values("decided_by").distinct().count() == 2
    assert Job.objects.filter(kind=RefundJob.SUBMIT).count() == 1


def test_overlapping_requests_and_rows_of_the_books_never_come_to_more_than_was_paid(shop):
    payment, clerk = cast.make_payment(cast.make_channel(shop), amount_minor=1_000_000), cast.operator(shop)

    def work(at: int) -> Callable[[], object]:
        if at % 2:
            return lambda: cast.make_refund(payment, f"B{at}", 70_000, state="requested").amount_minor
        return lambda: ask(payment, clerk, 70_000).amount_minor

    results = at_once([work(at) for at in range(THREADS)])

    errors = [result for result in results if not isinstance(result, int)]
    assert len(errors) == THREADS - 14  # fourteen times 70,000 fit
    assert all(isinstance(error, AmountNotRefundable | RefundRefused) for error in errors if not isinstance(error, IntegrityError))
    assert all("refund_exceeds_payment" in str(error) for error in errors if isinstance(error, IntegrityError))
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == 14 * 70_000


def test_one_form_pressed_by_everybody_at_once_is_one_refund(shop):
    payment, clerk = cast.make_payment(cast.make_channel(shop)), cast.operator(shop)

    results = at_once([lambda: ask(payment, clerk, 128000, request_key="k1").pk] * THREADS)

    assert set(results) == {Refund.objects.get().pk}


def test_everything_at_once_on_one_payment(shop):
    """Requests, decisions and a shrinking payment: whatever the order, the books hold afterwards and nobody gets a nameless error."""
    payment, clerk = cast.make_payment(cast.make_channel(shop), amount_minor=500_000), cast.operator(shop)
    judges = [cast.approver(shop) for _n in range(4)]
    refunds = [ask(payment, clerk, 50_000) for _n in range(6)]

    def work(at: int) -> Callable[[], object]:
        refund, judge, verb = refunds[at % 6], judges[at % 4], at % 5
        common = {"merchant": shop, "refund_id": refund.pk, "now": cast.NOW, "reason": "so"}
        return [
            lambda: deciding.approve_refund(**common, by=judge),
            lambda: deciding.reject_refund(**common, by=judge),
            lambda: ask(payment, clerk, 90_000),
            lambda: deciding.withdraw_refund(**common, by=clerk),
            lambda: Payment.objects.filter(pk=payment.pk).update(amount_minor=300_000 + at),
        ][verb]

    results = at_once([work(at) for at in range(THREADS)])

    errors = [result for result in results if isinstance(result, Exception)]
    assert all(isinstance(error, RefundError | IntegrityError) for error in errors), errors
    assert all("refund_exceeds_payment" in str(error) for error in errors if isinstance(error, IntegrityError))
    payment.refresh_from_db()
    held = Refund.objects.filter(state__in=["requested", "approved"]).values_list("amount_minor", flat=True)
    assert sum(held) <= payment.amount_minor
    decided = Refund.objects.exclude(state="requested").values_list("pk", flat=True)
    assert sorted(RefundDecision.objects.values_list("refund_id", flat=True)) == sorted(decided)
    assert Job.objects.filter(kind=RefundJob.SUBMIT).count() == Refund.objects.filter(state="approved").count()
