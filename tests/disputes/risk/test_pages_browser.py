"""A rule from its dry run to a closed alert in a browser. The walk over every page looks at those of risk too."""

from datetime import timedelta

import pytest

from apps.core import clock
from apps.disputes.models import Alert, RiskRule
from apps.disputes.services.risk.looking import look
from tests import cast
from tests.browser import assert_no_axe_violations
from tests.disputes.risk import things
from tests.disputes.risk.test_looking import burst

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BASE = "/m/qingtian"


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def boss(shop, sign_in):
    person = cast.owner(shop, language="en")
    sign_in(person)
    return person


def test_from_a_dry_run_to_a_closed_alert_on_a_phone(page, shop, boss, run_jobs):
    now = clock.now()
    burst(cast.make_channel(shop, label="ECPay"), "198.51.100.23", start=now - timedelta(hours=2))
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{BASE}/settings/alerts/")
    page.get_by_role("button", name="Add the presets").click()
    page.get_by_role("link", name="Many payments from one IP address").click()
    page.get_by_label("Payments from one address").fill("6")
    page.get_by_role("button", name="Try it on the last 30 days").click()
    page.wait_for_url("**dry_run=*")
    run_jobs()
    page.get_by_text("It would have raised 1 alert, from 1 findings.").wait_for()
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Switch on with these settings").click()
    page.get_by_text("The rule is on.").wait_for()
    assert RiskRule.objects.get(kind="ip_velocity").threshold == 6
    RiskRule.objects.update(looks_from=now - timedelta(days=1))
    look(merchant=shop, now=clock.now())

    page.goto(f"{BASE}/alerts/")
    page.get_by_role("link", name="8 payments from the address 198.51.100.23 within 60 minutes").click()
    page.get_by_role("heading", name="The rows behind it").wait_for()
    assert page.locator("#rows tbody tr").count() == 8
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("1 alert acknowledged").wait_for()
    page.get_by_label("Reason").fill("Staff orders of the anniversary")
    page.get_by_role("button", name="Close the alert").click()
    page.get_by_text("1 alert closed").wait_for()
    assert Alert.objects.values_list("state", "reason", "closed_by").get() == ("closed", "Staff orders of the anniversary", boss.pk)


def test_several_alerts_are_closed_at_once(page, shop, boss):
    rule = things.make_rule(shop)
    for number in range(3):
        things.make_alert(rule, f"198.51.100.{number}")
    page.goto(f"{BASE}/alerts/")
    page.locator("input[name=ids]").nth(0).check()
    page.locator("input[name=ids]").nth(1).check()
    page.get_by_placeholder("Reason, stays on record").fill("One wholesaler")
    page.locator("form#bulk").get_by_role("button", name="Close").click()

    page.get_by_text("2 alerts closed").wait_for()
    assert sorted(Alert.objects.values_list("state", flat=True)) == ["closed", "closed", "open"]
