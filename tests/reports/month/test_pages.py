"""The Reports pages: what they show, who may press what, and a month closed through them."""

from datetime import date

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse

from apps.core.models import Job
from apps.reports import selectors
from apps.reports.models import MonthClose
from apps.reports.services import month_work
from tests import cast
from tests.reports.small_month import NOW, OCTOBER, line_of, make_small_month

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_small_month()


@pytest.fixture(autouse=True)
def _third_of_november():
    with time_machine.travel(NOW, tick=False):
        yield


def address(name="month", **more):
    return reverse(f"reports:{name}", kwargs={"merchant_slug": "qingtian", "month": "2026-10", **more})


def sign_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def read(client, user):
    cache.clear()
    return sign_in(client, user).get(address())


def press(client, user, name, **data):
    return sign_in(client, user).post(address(name), data, follow=True)


def test_a_month_is_closed_by_two_people_through_the_pages(client, world, run_jobs, pdf_tools):
    lin, wang = cast.accountant(world.shop, language="en"), cast.owner(world.shop, language="en")

    prepared = press(client, lin, "month_prepare")
    run_jobs()
    own = read(client, lin)
    approved = press(client, wang, "month_approve")
    run_jobs()
    closed = read(client, wang)

    assert (prepared.context["job"].payload, approved.context["job"].payload) == (
        {"month": "2026-10", "action": "prepare"},
        {"month": "2026-10", "action": "approve"},
    )
    assert (own.context["doors"].is_own, own.context["doors"].can_approve) == (True, False)
    close = MonthClose.objects.get()
    assert (close.state, close.prepared_by, close.approved_by) == ("approved", lin, wang)
    assert close.figures_sha256 in closed.content.decode()
    assert [job.state for job in Job.objects.order_by("pk")] == ["done", "done"]
    for suffix, start in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        file = client.get(address("month_file", suffix=suffix))
        assert file.content.startswith(start)
        assert file.headers["Content-Disposition"] == f'attachment; filename="qingtian-2026-10.{suffix}"'


def test_a_closed_month_stays_as_it_was_signed(client, world, pdf_tools):
    made = {"merchant": world.shop, "month": OCTOBER, "language": "en", "now": NOW}
    month_work.work_on_month(action="prepare", by=cast.accountant(world.shop), **made)
    wang = cast.owner(world.shop)
    month_work.work_on_month(action="approve", by=wang, **made)
    line_of(world.ecpay, date(2026, 10, 30), gross=4000)

    page = read(client, wang)

    assert page.context["figures"]["totals"]["TWD"]["sales"] == 280000
    assert page.context["doors"].can_prepare is False
    assert press(client, wang, "month_draft").status_code == 200
    assert MonthClose.objects.get().state == "approved"


def test_an_open_difference_disables_the_button_and_says_why(client, world):
    lin = cast.accountant(world.shop)
    cast.make_discrepancy(world.ecpay, order_no="A10293", business_date=date(2026, 10, 6))

    page = read(client, lin)
    press(client, lin, "month_prepare")

    assert "A10293" in page.context["doors"].obstacle
    assert 'aria-describedby="obstacle"' in page.content.decode()
    assert not Job.objects.exists()
    assert not MonthClose.objects.exists()


def test_rights_decide_which_buttons_are_drawn(client, world):
    doors = {role: read(client, cast.member(world.shop, role)).context["doors"] for role in ("owner", "accountant", "approver", "viewer")}

    assert {role: door.can_prepare for role, door in doors.items()} == {
        "owner": True,
        "accountant": True,
        "approver": False,
        "viewer": False,
    }


def test_the_page_shows_both_sides_and_a_way_into_every_figure(client, world):
    page = read(client, cast.accountant(world.shop, language="en"))

    twd, usd = page.context["sections"]
    assert [(term.operator, term.amount) for term in twd.equation] == [
        ("", "972.50"),
        ("+", "2,800"),
        ("−", "500"),
        ("−", "82"),
        ("−", "300"),
        ("+", "11"),
        ("=", "2,416.50"),
        ("+", "485"),
    ]
    assert (twd.is_equal, usd.is_equal, page.context["checks_ok"]) == (True, True, 7)
    assert [cell.text for cell in twd.books[0].cells] == ["4,733", "985", "2,416.50", "500", "109.50", "300", "0", "−12", "434"]
    for cell in twd.rows[0].cells:
        assert client.get(cell.href).status_code == 200, cell
    for cell in twd.books[0].cells:
        assert cell.text == "0" or client.get(cell.href).status_code == 200, cell
    for item in page.context["checks"]:
        assert not item.href or client.get(item.href).status_code == 200, item


def test_returning_needs_a_reason(client, world, pdf_tools):
    lin, wang = cast.accountant(world.shop), cast.owner(world.shop)
    month_work.work_on_month(action="prepare", by=lin, merchant=world.shop, month=OCTOBER, language="en", now=NOW)

    press(client, wang, "month_return", reason=" ")
    assert MonthClose.objects.get().state == "prepared"

    press(client, wang, "month_return", reason="a file was missing")
    assert MonthClose.objects.get().state == "draft"


def test_months_are_listed_from_the_first_fact(client, world):
    page = sign_in(client, cast.viewer(world.shop)).get(reverse("reports:months", kwargs={"merchant_slug": "qingtian"}))

    assert [str(row.month) for row in page.context["rows"]] == ["2026-11", "2026-10", "2026-09"]
    assert [row.is_running for row in page.context["rows"]] == [True, False, False]


@pytest.mark.parametrize("month", ["2026-13", "october", "2026-1"])
def test_what_is_no_month_is_not_found(client, world, month):
    sign_in(client, cast.owner(world.shop))

    assert client.get(reverse("reports:month", kwargs={"merchant_slug": "qingtian", "month": month})).status_code == 404


def test_a_failed_job_says_what_stood_in_the_way(client, world, run_jobs, settings, tmp_path):
    settings.FONTS_ROOT = tmp_path
    lin = cast.accountant(world.shop, language="en")

    press(client, lin, "month_draft")
    run_jobs()

    assert "bin/assets.py fonts" in read(client, lin).context["failure"].error


def test_a_large_month_is_counted_by_its_draft_and_not_while_a_person_waits(client, world, run_jobs, pdf_tools, monkeypatch):
    monkeypatch.setattr(selectors, "LARGE", 3)
    lin = cast.accountant(world.shop, language="en")

    before = read(client, lin)
    press(client, lin, "month_draft")
    run_jobs()
    line_of(world.ecpay, date(2026, 10, 30), gross=4000)
    after = read(client, lin)

    assert (before.context["is_partial"], before.context["sections"], before.context["checks_ok"]) == (True, [], 6)
    assert (after.context["is_partial"], after.context["counted_at"]) == (False, MonthClose.objects.get().updated_at)
    assert after.context["figures"]["totals"]["TWD"]["sales"] == 280000
    assert "figures of the draft" in after.content.decode()
