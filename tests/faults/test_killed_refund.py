"""Kill -9 at any moment of a refund, start again: it ends as the provider's own books say, and was paid once. Real processes."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings

from apps.audit.models import AuditEvent
from apps.channels.models import ProviderCall
from apps.channels.services.gateway import gateway_for
from apps.core.jobs import runner, sweep
from apps.core.jobs.progress import LEASE as JOB_LEASE
from apps.core.models import OPEN_JOB_STATES, Job
from apps.orders.enums import RefundJob
from apps.orders.models import Refund, RefundExecution
from apps.orders.services.refunds import deciding
from apps.orders.services.refunds.calling import LEASE, submit_refund
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.services.refunds.sweeping import ring_refunds
from tests import cast
from tests.faults.forking import Forker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
# The points lie in our own code, not in the database's: all of them on PostgreSQL, on SQLite the two where something would be lost first.
both, there = pytest.mark.postgres, pytest.mark.postgres_only

MINUTES = (3, 10, 30, 120, 600, 1440)  # after the kill: when the schedule looks again


@pytest.fixture
def refund() -> Refund:
    """NT$300 of a practice payment, approved now: its job waits."""
    shop, now = cast.make_merchant(is_practice=True), datetime.now(UTC)
    payment = cast.make_payment(cast.make_channel(shop), "A10293", 128000)
    refund = request_refund(merchant=shop, payment_id=payment.pk, amount_minor=30000, reason_code="fraud", by=cast.operator(shop), now=now)
    return deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=cast.approver(shop), now=now)


@pytest.fixture(scope="module")
def forkers():
    """The process that the tests of this module fork theirs from, once there is a database."""
    started: list[Forker] = []
    yield started
    for one in started:
        one.close()


@pytest.fixture
def kill_at(database_url, forkers):
    """Runs a job in a process of its own up to a point, and kills it there."""
    if not forkers:
        forkers.append(
            Forker("tests.faults.refund_process", {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings.test"})
        )
    (worker,) = forkers

    def kill(job: Job, point: str) -> None:
        worker.begin(job.pk, point, str(settings.SIMULATOR_FILE))
        assert worker.hear() == point
        worker.kill()

    return kill


def truth(refund) -> list[tuple]:
    return [(paid.key, paid.outcome, paid.calls) for paid in gateway_for(refund.channel).books.truth()]


def job_of(kind: RefundJob) -> Job:
    return Job.objects.get(kind=kind)


def start_again() -> None:
    """The schedule's two tasks and the workers, at later and later moments, until nothing is left to do."""
    for minutes in MINUTES:
        now = datetime.now(UTC) + timedelta(minutes=minutes)
        with time_machine.travel(now, tick=False):
            sweep.ring_due(now=now)
            ring_refunds(now=now)
            for job_id in list(Job.objects.filter(state__in=OPEN_JOB_STATES).order_by("pk").values_list("pk", flat=True)):
                runner.run(job_id=job_id)


def assert_ended(refund: Refund, state: str, outcome: str) -> None:
    """In the provider's truth, paid once, with one row of history, and with nobody left to ask."""
    refund.refresh_from_db()
    assert (refund.state, truth(refund)) == (state, [(refund.refund_no, outcome, 1)])
    assert AuditEvent.objects.filter(action=f"refund.{state}").count() == 1
    assert RefundExecution.objects.get().ask_at is None
    assert not Job.objects.filter(kind__in=[RefundJob.SUBMIT, RefundJob.ASK], state__in=OPEN_JOB_STATES).exists()


@pytest.mark.parametrize(
    ("point", "left", "was_paid", "cut_calls"),
    [
        pytest.param("claimed", "approved", False, 0, marks=there),
        pytest.param("before", "submitting", False, 1, marks=there),
        pytest.param("during", "submitting", False, 1, marks=there),
        pytest.param("acted", "submitting", True, 1, marks=both),
        pytest.param("written", "submitting", True, 1, marks=both),
        pytest.param("committed", "succeeded", True, 0, marks=there),
    ],
)
def test_a_refund_is_paid_once_wherever_its_worker_dies(refund, kill_at, point, left, was_paid, cut_calls):
    kill_at(job_of(RefundJob.SUBMIT), point)

    refund.refresh_from_db()
    assert (refund.state, truth(refund)) == (left, [(refund.refund_no, "succeeded", 1)] if was_paid else [])
    assert ProviderCall.objects.filter(ended_at=None, outcome="").count() == cut_calls
    if left == "submitting":
        assert ring_refunds(now=RefundExecution.objects.get().submitted_at + LEASE - timedelta(seconds=1)) == 0  # it may live yet

    start_again()
    assert_ended(refund, "succeeded", "succeeded")


@there
@pytest.mark.parametrize(
    ("behaviour", "state", "outcome"),
    [("decline", "failed", "declined"), ("slow", "succeeded", "succeeded"), ("slow_decline", "failed", "declined")],
)
def test_what_the_provider_decided_is_found_out_after_the_kill(refund, kill_at, behaviour, state, outcome):
    gateway_for(refund.channel).books.script("A10293", behaviour)

    kill_at(job_of(RefundJob.SUBMIT), "acted")
    start_again()

    assert_ended(refund, state, outcome)


@pytest.mark.parametrize(
    ("behaviour", "point"),
    [
        pytest.param("timeout_before", "asking", marks=there),
        pytest.param("timeout_before", "again", marks=there),
        pytest.param("timeout_before", "during", marks=there),
        pytest.param("timeout_before", "acted", marks=there),
        pytest.param("timeout_after", "written", marks=both),
    ],
)
def test_a_worker_that_dies_while_asking_loses_nothing(refund, kill_at, behaviour, point):
    gateway_for(refund.channel).books.script("A10293", behaviour)
    refund = submit_refund(merchant=refund.merchant, refund_id=refund.pk, now=datetime.now(UTC))
    assert refund.state == "unknown"
    RefundExecution.objects.update(ask_at=datetime.now(UTC))
    ring_refunds(now=datetime.now(UTC))

    kill_at(job_of(RefundJob.ASK), point)
    refund.refresh_from_db()
    assert refund.state == "unknown"

    start_again()
    assert_ended(refund, "succeeded", "succeeded")


@there
def test_the_job_of_a_dead_worker_does_not_submit_again(refund, kill_at):
    job = job_of(RefundJob.SUBMIT)
    kill_at(job, "acted")

    with time_machine.travel(datetime.now(UTC) + JOB_LEASE + timedelta(seconds=1), tick=False):
        ended = runner.run(job_id=job.pk)

    refund.refresh_from_db()
    assert (ended.attempts, ended.result, refund.state) == (2, {"state": "submitted before"}, "submitting")
    assert truth(refund) == [(refund.refund_no, "succeeded", 1)]
