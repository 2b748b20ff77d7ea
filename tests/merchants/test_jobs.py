"""The ring and the list of background work."""

import pytest
from django.test import Client

from apps.audit.models import AuditEvent
from apps.core.models import Job
from tests import cast


@pytest.fixture
def shop(db):
    return cast.make_merchant()


@pytest.fixture
def client(shop):
    client = Client()
    client.force_login(cast.operator(shop), backend="django.contrib.auth.backends.ModelBackend")
    return client


def make_job(shop, **fields):
    return Job.objects.create(kind="practice", merchant_id=shop.pk, created_at=cast.NOW, **fields)


def test_the_ring_shows_running_work_of_this_merchant_only(client, shop):
    make_job(cast.make_merchant("other"), state="running", percent=90)
    quiet = client.get("/m/qingtian/jobs/ring/").content.decode()
    make_job(shop, state="running", percent=40)
    make_job(shop, percent=0)
    busy = client.get("/m/qingtian/jobs/ring/").content.decode()

    assert ("<svg" in quiet, 'hx-trigger="every 30s' in quiet) == (False, True)
    assert ('stroke-dasharray="20 100"' in busy, 'hx-trigger="every 2s"' in busy) == (True, True)


def test_cancelling_is_on_record_and_comes_too_late_once(client, shop):
    job = make_job(shop)

    client.post(f"/m/qingtian/jobs/{job.pk}/cancel/")
    late = client.post(f"/m/qingtian/jobs/{job.pk}/cancel/", follow=True)

    job.refresh_from_db()
    assert (job.state, late.status_code) == ("cancelled", 200)
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["job.cancelled"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(client, shop, count, django_assert_num_queries):
    for number in range(count):
        make_job(shop, state="failed", error=f"mistake {number}", finished_at=cast.NOW)
    client.get("/m/qingtian/jobs/")

    with django_assert_num_queries(9):  # session, user, membership, jobs, four counts of the navigation, merchants of the switcher
        page = client.get("/m/qingtian/jobs/")

    assert page.content.decode().count("mistake") == count
