"""The overview as a page: what it shows, how many queries it takes, and the first steps of an empty shop."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core import clock
from apps.disputes.services.opening import open_dispute
from apps.orders.models import BookImport
from apps.orders.services.touched import touch_days
from apps.reports.services import rollup
from apps.reports.services.rollup import refresh
from tests import cast
from tests.reports.small_month import NOW, line_of, make_small_month, paid, pair

pytestmark = pytest.mark.django_db
PAGE = "/m/qingtian/overview/?month=2026-10"


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_small_month()


def see(client, user, path=PAGE):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(path)


def test_the_page_proves_itself_and_leads_to_the_lists(client, world):
    response = see(client, cast.viewer(world.shop, language="en"))

    text = response.content.decode()
    assert response.status_code == 200
    assert "Both sides are equal, the difference is 0" in text
    assert "Paid 3,733 = the 8 parts together 3,733; reserves 0" in text
    assert 'href="/m/qingtian/discrepancies/?currency=TWD&amp;first=2026-10-01&amp;last=2026-10-31"' in text
    assert 'id="cash-flow-data"' in text
    assert "October 2026 can be closed" in text


def test_the_page_takes_the_same_queries_for_more_of_everything(client, world):
    user = cast.viewer(world.shop)
    see(client, user)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for number in range(5):
        payment = paid(world.ecpay, f"M{number}", 1000, date(2026, 10, 6 + number))
        pair(line_of(world.ecpay, date(2026, 10, 6 + number), gross=1000, fee=-20, merchant_ref=f"M{number}"), payment)
        cast.make_discrepancy(world.ecpay, "fee_mismatch", business_date=date(2026, 10, 6 + number), payment=payment)
        cast.make_payout(world.ecpay, f"2026-11-1{number}", 1000, due_on=date(2026, 11, 10 + number), is_named=False)
    refresh(merchant=world.shop, now=NOW.replace(hour=23))

    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)

    assert len(few) == len(many) <= 36


def test_an_empty_shop_sees_three_steps(client):
    shop = cast.make_merchant()

    text = see(client, cast.owner(shop, language="en")).content.decode()

    for name in ("channels:add", "settlements:statements", "orders:import"):
        assert f'href="{reverse(name, args=["qingtian"])}"' in text
    assert text.count("btn-primary") == 1
    assert "manage.py demo" in text


def test_a_viewer_of_an_empty_shop_gets_no_button_that_would_be_refused(client):
    shop = cast.make_merchant()
    BookImport.objects.create(merchant=shop, kind="payments", name="payments.csv", sha256="0" * 64, created_at=NOW)

    text = see(client, cast.viewer(shop, language="en")).content.decode()

    for name in ("channels:add", "orders:import"):
        assert reverse(name, args=["qingtian"]) not in text


def test_a_large_shop_sees_dated_figures_while_a_job_makes_new_ones(client, world, monkeypatch, run_jobs):
    user = cast.viewer(world.shop, language="en")
    see(client, user)
    monkeypatch.setattr(rollup, "AT_ONCE", 1)
    paid(world.ecpay, "A6", 1000, date(2026, 10, 31))
    touch_days(merchant_id=world.shop.pk, channel_id=world.ecpay.pk, days=[date(2026, 10, 31)])

    behind = client.get(PAGE)
    client.get(PAGE)

    assert (behind.context["is_behind"], behind.context["cells"][0].figure) == (True, "3,733")
    assert [(job.kind, job.state) for job in run_jobs()] == [("reports.rollup", "done")]
    current = client.get(PAGE)
    assert (current.context["is_behind"], current.context["cells"][0].figure) == (False, "3,743")


def test_disputes_that_wait_for_an_answer_are_among_what_is_to_do(client, world):
    payment = paid(world.ecpay, "D1", 1000, date(2026, 10, 6))
    fields = {"channel": world.ecpay, "payment": payment, "amount_minor": 1000, "currency": payment.currency, "opened_at": NOW}
    open_dispute(merchant=world.shop, origin="hand", by=None, now=NOW, evidence_due_at=NOW, **fields)

    html = see(client, cast.viewer(world.shop, language="en")).content.decode()

    assert "1 dispute waits for an answer" in html
    assert 'href="/m/qingtian/disputes/?view=waiting"' in html
