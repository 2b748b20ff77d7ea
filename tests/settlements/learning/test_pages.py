"""Settings → Learning, as people use it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.models import Job
from apps.settlements.models import LearnedModel
from tests import cast
from tests.settlements.learning.past import make_model

URL = "/m/qingtian/settings/learning/"


def test_an_untrained_shop_is_told_what_is_needed(browser):
    text = browser.get(URL).content.decode()

    assert text.count("Not trained yet") == 3
    assert "/switch" not in text


def test_train_now_asks_once_and_the_page_follows(browser, shop):
    browser.post(f"{URL}train")
    browser.post(f"{URL}train")
    job = Job.objects.get(kind="settlements.learn")

    assert f'hx-get="{URL}jobs/{job.pk}/"' in browser.get(URL).content.decode()
    assert browser.get(f"{URL}jobs/{job.pk}/").status_code == 200


def test_a_good_model_is_told_in_plain_words_and_switched_on_and_off(browser, shop, ecpay):
    points = {"channel_weekday": {f"{ecpay.pk}:4": 2.0}, "opening": {"after_holiday": 0.7, "usual": -0.1}}
    one = make_model(shop, parameters={"base": -2.0, "points": points, "cuts": {"largest": {}}})
    text = browser.get(URL).content.decode()

    assert "Of 300 held-back days 30 had a difference." in text
    assert "Looking at the 30 it puts first finds 15 of them; by the plain guess 6." in text
    assert "Friday at 綠界" in text
    assert "× 7.4" in text
    done = browser.post(f"{URL}{one.pk}/switch", {"to": "on"}, follow=True)
    assert [str(message) for message in done.context["messages"]] == ["It is on: its advice shows from now on."]
    assert LearnedModel.objects.get().is_on
    browser.post(f"{URL}{one.pk}/switch", {"to": "off"})
    assert not LearnedModel.objects.get().is_on


def test_a_poor_one_says_why_it_stays_off_and_has_no_switch(browser, shop):
    one = make_model(shop, passes=False)
    text = browser.get(URL).content.decode()

    assert "It is better in 50.0\u00a0% of resampled pasts; 95.0\u00a0% are asked for." in text
    assert "/switch" not in text
    refused = browser.post(f"{URL}{one.pk}/switch", {"to": "on"}, follow=True)
    assert "stays off" in str(next(iter(refused.context["messages"])))
    assert not LearnedModel.objects.get().is_on


@pytest.mark.parametrize("role", ["operator", "approver", "viewer"])
def test_others_have_no_tab_for_it(client, shop, role):
    client.force_login(cast.member(shop, role, language="en"), backend="django.contrib.auth.backends.ModelBackend")

    assert URL not in client.get("/m/qingtian/settings/").content.decode()
    assert client.get(URL).status_code == 403


def test_the_page_costs_the_same_for_one_version_and_for_many(browser, shop):
    for kind in ("risk_day", "risk_payment"):
        make_model(shop, kind)
    browser.get(URL)
    with CaptureQueriesContext(connection) as few:
        browser.get(URL)
    for version in (2, 3, 4):
        make_model(shop, version=version, passes=False)
    browser.get(URL)
    with CaptureQueriesContext(connection) as many:
        browser.get(URL)

    assert len(many) == len(few)
