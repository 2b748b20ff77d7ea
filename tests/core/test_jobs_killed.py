"""Jobs across real processes: one of many gets the work, and a kill -9 loses none of it."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from apps.core.jobs import progress as progress_module
from apps.core.jobs import registry, runner, sweep
from apps.core.jobs.progress import LEASE
from apps.core.jobs.services import cancel_job, enqueue
from apps.core.models import Job, JobState

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def job(monkeypatch):
    monkeypatch.setattr(registry, "_kinds", {})
    registry.job("test.process")(lambda job, progress: None)
    return enqueue(kind="test.process", merchant_id=7)


@pytest.fixture
def start_worker(database_url, job):
    """Starts worker processes for the job, and makes sure that none outlives the test."""
    started = []

    def start(mode: str) -> subprocess.Popen:
        environment = {**os.environ, "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
        command = [sys.executable, "-m", "tests.core.job_process", str(job.pk), mode]
        process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_killed_worker_leaves_a_job_that_another_finishes(job, start_worker):
    victim = start_worker("hang")
    assert victim.stdout.readline() == "started\n"
    victim.kill()
    victim.wait()

    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.RUNNING, 1)
    assert start_worker("finish").communicate()[0] == ""  # its lease still holds
    assert sweep.ring_due(now=datetime.now(UTC) + LEASE + timedelta(seconds=1)) == [job.pk]
    Job.objects.filter(pk=job.pk).update(lease_until=datetime.now(UTC))
    assert start_worker("finish").communicate()[0] == "started\n"
    job.refresh_from_db()
    assert (job.state, job.attempts, job.result) == (JobState.DONE, 2, {"attempt": 2})


def test_of_four_workers_rung_at_once_one_does_the_work(job, start_worker):
    workers = [start_worker("finish") for _ in range(4)]

    said = [worker.communicate()[0] for worker in workers]

    assert sorted(said) == ["", "", "", "started\n"]
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, 1)


def test_progress_and_cancel_pass_between_connections_while_the_handler_works(job, monkeypatch):
    monkeypatch.setattr(progress_module, "WRITE_EVERY", 0.01)
    seen = []

    def work(job, progress):
        deadline = time.monotonic() + 10
        progress(30, "reading")
        while time.monotonic() < deadline and not seen:
            seen.extend(Job.objects.filter(pk=job.pk, percent=30, step="reading").values_list("percent", flat=True))
        cancel_job(job_id=job.pk, merchant_id=7)
        while time.monotonic() < deadline:
            progress(40)

    monkeypatch.setitem(registry._kinds, "test.process", replace(registry.kind_of("test.process"), handler=work))

    ended = runner.run(job_id=job.pk)

    assert (seen, ended.state, ended.percent) == ([30], JobState.CANCELLED, 30)
