"""The money pages in a real browser: the chart is drawn without a console error, the working opens, axe finds nothing."""

import pytest

from apps.core import clock
from tests import cast
from tests.browser import assert_no_axe_violations
from tests.journeys.shots import shoot
from tests.reports.small_month import NOW, make_small_month

pytestmark = [pytest.mark.browser]


@pytest.fixture
def world(transactional_db, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_small_month()


@pytest.fixture
def lin(world, sign_in):
    user = cast.accountant(world.shop, name="林怡君")
    sign_in(user)
    return user


def test_the_overview_draws_its_chart_and_opens_its_working(page, lin):
    page.goto("/m/qingtian/overview/?month=2026-10")

    page.click("a[href='#working']")

    assert page.locator("#working table").is_visible()
    drawn = page.evaluate("() => Chart.getChart('cash-flow').data.datasets.map(one => one.label + ' ' + one.side)")
    assert drawn == ["綠界 arrived", "綠界 expected", "綠界 missing"]
    page.evaluate("window.setTheme('dark')")
    assert page.evaluate("() => Chart.getChart('cash-flow').data.datasets[0].backgroundColor") == "#bfe3e8"
    assert_no_axe_violations(page)


def test_choosing_a_month_shows_it(page, lin):
    page.goto("/m/qingtian/overview/?month=2026-10")

    with page.expect_navigation():
        page.select_option("#pick-month", "2026-09")

    assert "month=2026-09" in page.url


@pytest.mark.parametrize("path", ["payouts/", "payouts/bank/", "orders/A2/story", "overview/"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page, lin, path):
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(f"/m/qingtian/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert_no_axe_violations(page)


def test_a_payout_opens_and_asks_before_a_tie_is_made(page, lin, world):
    payout = world.ecpay.payouts.get(ref="2026-11-02")

    page.goto(f"/m/qingtian/payouts/{payout.pk}/")

    assert page.locator("#account .is-sum").count() == 1
    assert_no_axe_violations(page)
    shoot(page, f"/m/qingtian/payouts/{payout.pk}/", "payout", user=lin)
