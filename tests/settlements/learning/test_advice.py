"""What people see of models that are on, and that they see nothing while they are off."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.settlements.models import LearnedModel
from tests import cast
from tests.settlements.learning.past import make_model

pytestmark = pytest.mark.django_db


def story(order_no: str) -> str:
    return reverse("reports:order_story", args=["qingtian", order_no])


@pytest.fixture
def advice(ecpay):
    return [
        {"channel": ecpay.pk, "day": "2026-11-13", "ppm": 670_000, "why": [["channel_weekday", f"{ecpay.pk}:4"], ["new_method", "yes"]]}
    ]


@pytest.mark.parametrize("page", ["", "statements/"])
def test_days_to_look_at_first_stand_where_days_are_looked_at(browser, shop, ecpay, advice, page):
    cast.make_payment(ecpay, "A1")
    cast.make_statement(ecpay)
    address = "/m/qingtian/overview/" if not page else f"/m/qingtian/{page}"
    one = make_model(shop, is_on=True, advice=advice)
    text = browser.get(address).content.decode()

    assert "Look here first" in text
    assert "Friday at 綠界 · new payment method" in text
    assert "67\u00a0%" in text
    assert f"?channel={ecpay.pk}&amp;first=2026-11-13&amp;last=2026-11-13" in text
    LearnedModel.objects.filter(pk=one.pk).update(is_on=False)
    assert "Look here first" not in browser.get(address).content.decode()


def test_another_shops_advice_is_never_shown(browser, shop, ecpay, advice):
    cast.make_payment(ecpay, "A1")
    make_model(cast.make_merchant("other"), is_on=True, advice=advice)

    assert "Look here first" not in browser.get("/m/qingtian/statements/").content.decode()


@pytest.mark.postgres
def test_the_story_of_an_order_tells_the_risk_of_its_payments_and_why(browser, shop, ecpay):
    friday = cast.NOW.replace(day=13)
    cast.make_payment(ecpay, "A77", 128_000, placed_at=friday)
    off = browser.get(story("A77")).content.decode()
    points = {"weekday": {"4": 2.0}, "amount_band": {"usual": -0.2}}
    make_model(shop, "risk_payment", is_on=True, parameters={"base": -4.0, "points": points, "cuts": {"amount": {}, "firsts": []}})
    text = browser.get(story("A77")).content.decode()

    assert "Risk of a difference" not in off
    assert "Of 1,000 payments like this one about 100 differ; usually 100." in text  # log odds of −4 + 2 − 0.2
    assert "Friday" in text


def test_the_story_costs_the_same_for_one_payment_and_for_three(browser, shop, ecpay):
    first = cast.make_payment(ecpay, "A78", 128_000)
    make_model(shop, "risk_payment", is_on=True)
    browser.get(story("A78"))
    with CaptureQueriesContext(connection) as one:
        browser.get(story("A78"))
    for number in (2, 3):
        cast.make_payment(ecpay, order=first.order, amount_minor=128_000, merchant_ref=f"A78-{number}", provider_ref=f"P78-{number}")
    with CaptureQueriesContext(connection) as three:
        browser.get(story("A78"))

    assert len(three) == len(one)
