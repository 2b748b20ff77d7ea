"""A practice shop with a payment, and a job kind that stands for carrying a refund out where none is registered."""

import pytest
import time_machine

from apps.core.jobs import registry
from apps.orders.enums import RefundJob
from tests import cast


@pytest.fixture(autouse=True)
def _someone_submits(monkeypatch):
    if RefundJob.SUBMIT not in registry._kinds:
        monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
        registry.job(RefundJob.SUBMIT)(lambda job, progress: None)


@pytest.fixture
def clock_stands():
    with time_machine.travel(cast.NOW, tick=False):
        yield


@pytest.fixture
def shop():
    return cast.make_merchant(is_practice=True)


@pytest.fixture
def channel(shop):
    return cast.make_channel(shop)


@pytest.fixture
def payment(channel):
    return cast.make_payment(channel, "A10293", 128000)
