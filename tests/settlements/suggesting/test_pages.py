"""The list of suggestions."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.models import Job
from apps.settlements.models import LearnedSign, Match, Suggestion
from apps.settlements.services.suggesting import refresh_suggestions
from tests import cast
from tests.settlements.suggesting.test_services import stray

URL = "/m/qingtian/suggestions/"


@pytest.fixture
def suggestion(shop, ecpay):
    cast.make_payment(ecpay, "A10293777", 128000, merchant_ref="A10293777")
    stray(ecpay, merchant_ref="A10239777", provider_ref="")
    refresh_suggestions(merchant=shop, now=cast.NOW)
    return Suggestion.objects.get()


def test_the_list_shows_both_sides_the_score_and_why(browser, suggestion):
    text = browser.get(URL).content.decode()

    assert "A10239777" in text
    assert "A10293777" in text
    assert "number off by 1 character" in text
    assert f'data-suggestion="{suggestion.pk}"' in text


def test_one_click_confirms_and_the_toast_takes_it_back(browser, ecpay, suggestion):
    done = browser.post(f"{URL}{suggestion.pk}/confirm/")
    toast = browser.get(done.url).context["toast"]
    paired = Match.objects.filter(voided_at=None).count()
    browser.post(toast["undo"])

    assert (paired, Match.objects.filter(voided_at=None).count()) == (1, 0)
    assert list(Job.objects.values_list("dedupe_key", flat=True)) == [f"reconcile:{ecpay.pk}"]
    assert Suggestion.objects.get().state == "open"


def test_a_decline_is_said_once(browser, suggestion):
    browser.post(f"{URL}{suggestion.pk}/decline/")
    again = browser.post(f"{URL}{suggestion.pk}/decline/", follow=True)

    assert Suggestion.objects.get().state == "declined"
    assert "Somebody decided this suggestion already." in again.content.decode()


def test_a_learned_sign_is_shown_and_forgotten(browser, ecpay):
    sign = LearnedSign.objects.create(
        merchant=ecpay.merchant, channel=ecpay, sign="word", value="sinopac", confirmed_count=2, learned_at=cast.NOW
    )
    shown = browser.get(URL).content.decode()
    browser.post(f"{URL}signs/{sign.pk}/forget/")

    assert "sinopac" in shown
    assert "sinopac" not in browser.get(URL).content.decode()


def test_the_page_costs_the_same_for_one_and_for_many(browser, shop, ecpay, suggestion):
    browser.get(URL)
    with CaptureQueriesContext(connection) as one:
        browser.get(URL)
    for number in range(3):
        cast.make_payment(ecpay, f"B2029{number}555", 50000 + 700 * number, merchant_ref=f"B2029{number}555")
        line = stray(ecpay, 50000 + 700 * number, merchant_ref=f"B2929{number}555", provider_ref="")[0]
        assert line.business_date == date(2026, 11, 17)
    refresh_suggestions(merchant=shop, now=cast.NOW)
    with CaptureQueriesContext(connection) as many:
        browser.get(URL)

    assert Suggestion.objects.count() == 4
    assert len(many) == len(one)
