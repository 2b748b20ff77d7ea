"""Jobs in one process: once in, once claimed, told apart when they fail, heard when they are cancelled."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from apps.core.errors import HezhangError
from apps.core.jobs import registry, runner, services, sweep
from apps.core.jobs.errors import JobHasEnded, UnknownKind
from apps.core.models import Job, JobState

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


class OutOfPaper(HezhangError):
    message = "The printer is out of paper."


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    """Four kinds of job that exist for these tests alone."""
    monkeypatch.setattr(registry, "_kinds", {})

    @registry.job("test.count")
    def count(job, progress):
        progress(50, "half way")
        return {"counted": job.payload["to"], "percent_seen": Job.objects.get(pk=job.pk).percent}

    @registry.job("test.refuse")
    def refuse(job, progress):
        raise OutOfPaper

    @registry.job("test.break")
    def break_down(job, progress):
        raise ZeroDivisionError

    @registry.job("test.cancelled_meanwhile")
    def cancelled_meanwhile(job, progress):
        services.cancel_job(job_id=job.pk, merchant_id=job.merchant_id)
        progress(10)
        raise AssertionError("must have been stopped")


@pytest.fixture
def rings(monkeypatch):
    rung = []
    monkeypatch.setattr(services, "ring", lambda **ring: rung.append(ring["job_id"]))
    monkeypatch.setattr(sweep, "ring", lambda **ring: rung.append(ring["job_id"]))
    return rung


def enqueue(kind="test.count", **changes):
    return services.enqueue(**{"kind": kind, "merchant_id": 7, "payload": {"to": 3}, "now": NOW, **changes})


def test_enqueue_rings_only_after_commit(rings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        job = enqueue()
        assert rings == []

    assert rings == [job.pk]


def test_enqueue_refuses_a_kind_nobody_handles():
    with pytest.raises(UnknownKind):
        enqueue("test.nobody")

    assert Job.objects.count() == 0


def test_enqueue_returns_the_waiting_twin_of_the_same_merchant_only():
    first = enqueue(dedupe_key="ecpay")

    assert enqueue(dedupe_key="ecpay").pk == first.pk
    assert enqueue(dedupe_key="ecpay", merchant_id=8).pk != first.pk
    runner.claim(job_id=first.pk, now=NOW)
    assert enqueue(dedupe_key="ecpay").pk != first.pk


def test_run_stores_the_result_and_the_progress(run_jobs):
    job = enqueue()

    [ended] = run_jobs()

    assert (ended.pk, ended.state, ended.percent, ended.attempts) == (job.pk, JobState.DONE, 100, 1)
    assert ended.result == {"counted": 3, "percent_seen": 50}
    assert ended.lease_until is None
    assert ended.finished_at is not None
    assert runner.run(job_id=job.pk) is None


def test_anticipated_error_is_shown_and_not_tried_again():
    job = runner.run(job_id=enqueue("test.refuse").pk)

    assert (job.state, job.error, job.attempts) == (JobState.FAILED, "The printer is out of paper.", 1)


def test_unanticipated_error_is_tried_three_times_then_told_without_details(caplog):
    job = enqueue("test.break")

    for attempt in (1, 2, 3):
        row = runner.run(job_id=job.pk)
        assert row.attempts == attempt
        assert runner.run(job_id=job.pk) is None  # not before its pause is over
        Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(lease_until=NOW)

    row.refresh_from_db()
    assert row.state == JobState.FAILED
    assert str(job.pk) in row.error
    assert "ZeroDivision" not in row.error
    assert len([line for line in caplog.records if line.levelname == "ERROR"]) == 3


def test_only_one_of_two_workers_gets_a_job():
    job = enqueue()

    first, second = runner.claim(job_id=job.pk, now=NOW), runner.claim(job_id=job.pk, now=NOW + timedelta(seconds=59))

    assert (first.pk, second) == (job.pk, None)


def test_expired_lease_is_claimed_again_and_the_first_worker_can_write_no_more():
    job = enqueue()
    first = runner.claim(job_id=job.pk, now=NOW)

    second = runner.claim(job_id=job.pk, now=NOW + timedelta(seconds=61))
    runner._end(first, state=JobState.FAILED, error="late word")

    job.refresh_from_db()
    assert (second.attempts, job.state, job.error) == (2, JobState.RUNNING, "")


def test_cancel_ends_a_waiting_job_and_refuses_a_second_time():
    job = services.cancel_job(job_id=enqueue().pk, merchant_id=7, now=NOW)

    assert (job.state, job.finished_at) == (JobState.CANCELLED, NOW)
    assert runner.run(job_id=job.pk) is None
    with pytest.raises(JobHasEnded):
        services.cancel_job(job_id=job.pk, merchant_id=7, now=NOW)


def test_cancel_does_not_reach_another_merchant():
    job = enqueue()

    with pytest.raises(Job.DoesNotExist):
        services.cancel_job(job_id=job.pk, merchant_id=8, now=NOW)

    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_cancel_stops_a_running_job_at_its_next_progress():
    job = runner.run(job_id=enqueue("test.cancelled_meanwhile").pk)

    assert (job.state, job.attempts, job.error) == (JobState.CANCELLED, 1, "")


def test_sweep_rings_for_the_forgotten_and_the_orphaned_once_a_minute(rings):
    forgotten, fresh, orphaned = enqueue(now=NOW - timedelta(minutes=5)), enqueue(), enqueue()
    runner.claim(job_id=orphaned.pk, now=NOW - timedelta(minutes=5))

    assert sweep.ring_due(now=NOW + timedelta(seconds=1)) == [forgotten.pk, orphaned.pk]
    assert sweep.ring_due(now=NOW + timedelta(seconds=2)) == [orphaned.pk]
    assert rings == [forgotten.pk, orphaned.pk, orphaned.pk]
    fresh.refresh_from_db()
    assert fresh.state == JobState.QUEUED


def test_sweep_gives_up_on_a_job_whose_workers_died_three_times(rings):
    job = enqueue()
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, attempts=3, lease_until=NOW)

    assert sweep.ring_due(now=NOW + timedelta(seconds=1)) == []

    job.refresh_from_db()
    assert (job.state, job.lease_until) == (JobState.FAILED, None)
    assert str(job.pk) in job.error
