"""The month in a real browser: a draft is made while the bar moves, its files appear by themselves, and axe finds nothing."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests import cast
from tests.journeys.shots import shoot
from tests.reports.small_month import make_small_month

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("pdf_tools")]


def sign_in(page, live_server, user) -> None:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])


def violations(page) -> list[str]:
    page.evaluate((Path(settings.BASE_DIR) / "var" / "vendor" / "axe.min.js").read_text())
    return [f"{found['id']}: {found['nodes'][0]['html']}" for found in page.evaluate("axe.run()")["violations"]]


def test_a_draft_is_made_with_a_bar_and_its_files_appear(page, live_server, run_jobs):
    world = make_small_month()
    wang = cast.owner(world.shop, name="王志明", language="en")
    sign_in(page, live_server, wang)

    page.goto("/m/qingtian/reports/")
    months_faults = violations(page)
    page.get_by_role("link", name="October 2026").click()
    page.get_by_role("button", name="Make a draft").click()
    page.get_by_role("progressbar").wait_for()
    run_jobs()
    page.get_by_role("link", name="PDF draft").wait_for()
    with page.expect_download() as excel:
        page.get_by_role("link", name="Excel draft").click()

    assert excel.value.suggested_filename == "qingtian-2026-10-draft.xlsx"
    assert (months_faults, violations(page)) == ([], [])
    shoot(page, "/m/qingtian/reports/2026-10/", "month", user=wang)
