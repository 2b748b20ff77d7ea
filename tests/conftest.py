"""Fixtures and house rules for every test; the browser's are in tests/browser.py."""

import gc
import os
import socket
from pathlib import Path

import hypothesis
import pytest
from django.core.cache import cache
from django.db import connection
from django.template import engines
from django.test import TransactionTestCase

from apps.core.jobs import runner
from apps.core.models import Job, JobState
from tests.browser import browser, page, sign_in  # noqa: F401  fixtures
from tests.emptying import empty_tables
from tests.strictness import Undefined, guarded_connect, skip_or_fail

hypothesis.settings.register_profile("hezhang", deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("hezhang")

LONG = ("slow", "browser")
ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")


def pytest_collection_modifyitems(config, items):
    """Tests that only mean something on PostgreSQL are left out, not skipped, when the database is SQLite.

    Long ones go first: a worker that ends early can take over what another has not begun, not the half of a test.
    """
    left_out = [] if ON_POSTGRES else [item for item in items if item.get_closest_marker("postgres_only")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    kept = set(items) - set(left_out)
    items[:] = sorted((item for item in items if item in kept), key=lambda item: not any(map(item.get_closest_marker, LONG)))


def pytest_collection_finish(session):
    """A million objects of modules and tests live to the end: looking through them again and again finds no garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def _no_network():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        yield


@pytest.fixture(scope="session", autouse=True)
def _undefined_variables_fail():
    engines["django"].engine.string_if_invalid = Undefined("undefined")


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied_quickly():
    """After a test that commits."""

    def empty(case):
        for alias in case._databases_names(include_mirrors=False):
            empty_tables(alias)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.SIMULATOR_FILE = tmp_path / "simulator.sqlite3"
    cache.clear()


@pytest.fixture
def redis_url() -> str:
    """The throw-away Redis that bin/test starts."""
    return os.environ.get("TEST_REDIS_URL") or skip_or_fail("TEST_REDIS_URL is not set; bin/test starts a Redis")


@pytest.fixture
def postgres_url() -> str:
    """The throw-away PostgreSQL server that bin/test starts, its maintenance database."""
    return os.environ.get("TEST_POSTGRES_URL") or skip_or_fail("TEST_POSTGRES_URL is not set; bin/test starts a PostgreSQL")


@pytest.fixture
def database_url(transactional_db) -> str:
    """The address of this test's own database, for processes the test starts. Their commits are seen here and the other way round."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """Sample files and worlds that live beside the checkout; tests that read them are skipped where they are absent."""
    folder = Path(os.environ.get("HEZHANG_SHARED") or Path(__file__).resolve().parent.parent.parent / "shared")
    if not folder.is_dir():
        pytest.skip("no shared folder beside the checkout; HEZHANG_SHARED can name it")
    return folder


@pytest.fixture
def run_jobs():
    """Stands for the worker: runs what waits, oldest first, until nothing does. Returns the rows as they ended."""

    def run_waiting() -> list[Job]:
        ended = []
        while (waiting := Job.objects.filter(state=JobState.QUEUED).order_by("pk").first()) is not None:
            ended.append(runner.run(job_id=waiting.pk))
        return ended

    return run_waiting
