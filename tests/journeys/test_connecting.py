"""An owner connects a channel with the wrong key, mends it and switches it on, then practises a decline and a late payment.

Both stand in the story of their orders, and the second on the desk. The provider is its own local stand-in.
"""

import re

import pytest
from playwright.sync_api import expect

from apps.channels.models import Channel, ProviderCall
from apps.merchants.models import Membership
from apps.orders.models import Payment
from apps.settlements.models import Match
from tests import cast
from tests.browser import assert_no_axe_violations
from tests.channels.fakes.server import running
from tests.channels.fakes.stripe import HOOK, KEY, FakeStripe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REAL, PRACTICE = "/m/sunny", "/m/sunny-practice"


@pytest.fixture
def stripe(settings):
    with running(FakeStripe()) as fake:
        settings.PROVIDER_URLS = {"stripe": fake.base_url}
        yield fake


@pytest.fixture
def owner(stripe):
    """Of a real shop whose channel is still off, and of a practice shop."""
    shop = cast.make_merchant("sunny", name="暖陽茶器")
    cast.make_channel(shop, "stripe", label="Stripe", is_on=False)
    person = cast.owner(shop, name="林暖陽")
    rehearsal = cast.make_merchant("sunny-practice", name="暖陽茶器（練習）", is_practice=True)
    cast.make_fee_rule(cast.make_channel(rehearsal, "ecpay", label="綠界"))
    Membership.objects.create(merchant=rehearsal, user=person, role="owner")
    return person


def test_from_a_wrong_key_to_a_late_payment(page, sign_in, owner, run_jobs):
    sign_in(owner)
    page.emulate_media(reduced_motion="reduce")

    connect_with_a_wrong_key(page)
    mend_it(page)
    switch_it_on(page)
    declined, late = practise(page)
    read_the_stories(page, declined, late)
    find_it_on_the_desk(page)
    fetch_the_day(page, late, run_jobs)


def enter(page, key: str) -> None:
    page.get_by_label("私密金鑰").fill(key)
    page.get_by_label("簽章密鑰").fill(HOOK)
    page.get_by_role("button", name="儲存").click()
    expect(page.get_by_text("憑證已儲存。")).to_be_visible()


def connect_with_a_wrong_key(page) -> None:
    page.goto(f"{REAL}/channels/stripe/")
    page.get_by_role("link", name="憑證").click()
    expect(page.get_by_role("button", name="測試連線")).to_be_disabled()
    enter(page, "sk_test_mistyped")
    page.get_by_role("button", name="測試連線").click()
    red = page.locator(".banner--red")
    expect(red).to_contain_text("不接受這組憑證")
    expect(page.get_by_text("請先檢查「私密金鑰」。")).to_be_visible()
    assert_no_axe_violations(page)


def mend_it(page) -> None:
    enter(page, KEY)
    expect(page.locator(".banner--red")).to_have_count(0)  # what was tested before says nothing of the new key
    page.get_by_role("button", name="測試連線").click()
    expect(page.get_by_text("服務商有回應，並認得這組憑證。")).to_be_visible()
    assert_no_axe_violations(page)
    assert list(ProviderCall.objects.order_by("pk").values_list("outcome", flat=True)) == ["wrong_creden", "works"]
    assert KEY not in page.content()


def switch_it_on(page) -> None:
    page.goto(f"{REAL}/channels/stripe/")
    page.get_by_role("switch").press("Enter")
    page.wait_for_url(f"**{REAL}/channels/")
    expect(page.get_by_role("switch", name=re.compile("Stripe"))).to_have_attribute("aria-checked", "true")
    assert Channel.objects.get(code="stripe").is_on


def start(page, method: str, amount: str) -> Payment:
    page.get_by_label("通道與付款方式").select_option(label=method)
    page.get_by_label("金額").fill(amount)
    page.get_by_role("button", name="開始", exact=True).click()
    page.locator(".practice-plays").first.wait_for()
    return Payment.objects.select_related("order").latest("pk")


def press(page, name: str) -> None:
    page.locator(".practice-plays").first.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def practise(page) -> tuple[Payment, Payment]:
    page.goto(f"{PRACTICE}/channels/")
    page.get_by_role("link", name="練習付款").click()
    expect(page.locator("section.practice")).to_contain_text("非真實款項")
    declined = start(page, "綠界 · 信用卡 · TWD", "680")
    press(page, "銀行拒絕")
    expect(page.locator(".chip", has_text="失敗")).to_be_visible()
    late = start(page, "綠界 · ATM · TWD", "2400")
    press(page, "期限已過")
    press(page, "逾期後才付款")
    expect(page.locator(".chip", has_text="逾期後才付款")).to_be_visible()
    assert_no_axe_violations(page)
    declined.refresh_from_db()
    late.refresh_from_db()
    assert (declined.state, late.state, late.amount_minor) == ("failed", "paid", 240000)
    return declined, late


def told(page, payment: Payment) -> str:
    page.goto(f"{PRACTICE}/orders/{payment.order.order_no}/story")
    assert_no_axe_violations(page)
    return page.locator(".timeline").inner_text()


def read_the_stories(page, declined: Payment, late: Payment) -> None:
    story = told(page, declined)
    assert ("付款失敗" in story, "練習：付款人的銀行拒絕了。" in story, "NT$680" in story) == (True, True, True)
    story = told(page, late)
    assert ("付款逾期" in story, "逾期後才付款" in story, "NT$2,400" in story) == (True, True, True)
    assert "通道已收，我們記的不是" in page.locator(".page-head").inner_text()


def find_it_on_the_desk(page) -> None:
    page.goto(f"{PRACTICE}/discrepancies/")
    row = page.locator("tr[data-href]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("2,400")
    row.locator("a.title").click()
    expect(page.locator(".drawer")).to_contain_text("2,400")
    assert_no_axe_violations(page)


def fetch_the_day(page, late: Payment, run_jobs) -> None:
    page.goto(f"{PRACTICE}/channels/-/practice/")
    page.get_by_role("button", name="取得並對帳").click()
    expect(page.get_by_text("的練習對帳單已匯入，接著開始對帳。")).to_be_visible()
    run_jobs()
    assert (Match.objects.get().payment, Match.objects.get().line.fee) == (late, -6600)  # 2.75 % of NT$2,400
