"""Time stands at `cast.NOW`; a job kind stands for carrying a refund out where none is registered."""

import pytest

from apps.core.jobs import registry
from apps.orders.enums import RefundJob
from tests import cast
from tests.orders.refund_desk import scene as scenes


@pytest.fixture(autouse=True)
def _someone_submits(monkeypatch):
    if RefundJob.SUBMIT not in registry._kinds:
        monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
        registry.job(RefundJob.SUBMIT)(lambda job, progress: None)


@pytest.fixture
def at_now(monkeypatch):
    monkeypatch.setattr("apps.core.clock.now", lambda: cast.NOW)


@pytest.fixture
def scene(db, at_now):
    return scenes.make("en")


@pytest.fixture
def as_user(client):
    """`as_user(person)` is the test client signed in as that person."""

    def sign_in(person):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in
