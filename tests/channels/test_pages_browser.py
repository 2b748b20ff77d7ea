"""Pages of channels in a real browser: no fault of access or policy, and the calculator follows the keyboard."""

import pytest
from playwright.sync_api import expect

from apps.channels.models import Channel
from tests import cast
from tests.browser import assert_no_axe_violations
from tests.channels.merchant_files import load
from tests.journeys.shots import shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = {
    "channels": "channels/",
    "channel": "channels/ecpay/",
    "channel-edit": "channels/ecpay/edit/",
    "channel-fees": "channels/ecpay/fees/",
    "channel-fee-version": "channels/ecpay/fees/new/",
    "channel-calendar": "channels/ecpay/calendar/",
    "channel-statements": "channels/till/statements/",
    "channel-mapping": "channels/till/mapping/",
    "channel-new": "channels/-/new/",
    "calendar": "channels/-/calendars/TW/",
    "merchant-file": "channels/-/file/",
}


@pytest.fixture
def lin(sign_in):
    user = cast.owner(load().merchant, language="en", name="Lin")
    sign_in(user)
    return user


def test_every_page_is_free_of_access_faults(page, lin):
    for name, path in PAGES.items():
        page.goto(f"/m/qingtian/{path}")
        assert_no_axe_violations(page)
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == 390, name
        page.set_viewport_size({"width": 1440, "height": 900})
        shoot(page, f"/m/qingtian/{path}", name, user=lin)


def test_the_calculator_follows_the_keyboard(page, lin):
    page.goto("/m/qingtian/channels/ecpay/fees/")

    page.get_by_label("Amount (TWD)").fill("100")

    expect(page.locator("#sample .is-sum dd")).to_have_text("95")
    expect(page.locator("#sample .is-step").first).to_contain_text("2.75")


def test_the_switch_works_by_keyboard(page, lin):
    page.goto("/m/qingtian/channels/")
    switch = page.get_by_role("switch", name="綠界 in use")
    expect(switch).to_have_attribute("aria-checked", "true")

    switch.press("Enter")

    expect(page.get_by_role("switch", name="綠界 in use")).to_have_attribute("aria-checked", "false")
    assert Channel.objects.get(code="ecpay").is_on is False
