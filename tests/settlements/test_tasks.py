"""The bell: rings once a night, and soon after the books changed."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.core import clock
from apps.core.models import Job
from apps.orders.models import BookImport
from apps.settlements.models import ReconciliationRun
from apps.settlements.tasks import watch
from tests import cast

pytestmark = pytest.mark.django_db
THREE_IN_TAIPEI = datetime(2026, 11, 20, 19, 5, tzinfo=UTC)
NOON_IN_TAIPEI = datetime(2026, 11, 20, 4, tzinfo=UTC)


def at(monkeypatch, moment):
    monkeypatch.setattr(clock, "now", lambda: moment)


def rung() -> list[str]:
    return list(Job.objects.order_by("pk").values_list("dedupe_key", flat=True))


def test_three_at_night_rings_once_a_night_by_each_shops_clock(monkeypatch):
    cast.make_merchant()
    cast.make_merchant("elsewhere", timezone="America/New_York")
    for minutes in (0, 15, 40):
        at(monkeypatch, THREE_IN_TAIPEI + timedelta(minutes=minutes))
        watch()

    assert rung() == ["night:2026-11-21"]

    at(monkeypatch, THREE_IN_TAIPEI + timedelta(days=1))
    watch()
    assert rung() == ["night:2026-11-21", "night:2026-11-22"]


def test_changed_books_are_reconciled_and_unchanged_ones_are_not(monkeypatch):
    shop = cast.make_merchant()
    at(monkeypatch, NOON_IN_TAIPEI)
    brought = BookImport.objects.create(
        merchant=shop, kind="payments", name="p.csv", sha256="0" * 64, rows_in=1, rows_same=1, created_at=NOON_IN_TAIPEI
    )
    watch()
    assert rung() == []

    BookImport.objects.filter(pk=brought.pk).update(rows_same=0, rows_new=1)
    watch()
    watch()
    assert rung() == ["reconcile"]

    Job.objects.update(state="done")
    ReconciliationRun.objects.create(merchant=shop, as_of=cast.TODAY, started_at=NOON_IN_TAIPEI + timedelta(seconds=1))
    watch()
    assert rung() == ["reconcile"]
