"""The review desk by keyboard, without JavaScript, and in three languages; and what axe says of it."""

import pytest

from apps.orders.models import Refund, RefundDecision
from tests import cast
from tests.browser import assert_no_axe_violations
from tests.journeys.every_page import EVERYTHING, IN_ANOTHER_LANGUAGE, Visitor
from tests.orders.refund_desk import scene as scenes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
URL = "/m/qingtian/refunds/"


@pytest.fixture
def scene(monkeypatch, page):
    monkeypatch.setattr("apps.core.clock.now", lambda: cast.NOW)
    page.emulate_media(reduced_motion="reduce")  # a colour that is still changing has no contrast to measure
    return scenes.make("en")


def focused(page) -> str:
    return page.evaluate("document.activeElement.closest('tr')?.dataset.id || document.activeElement.id || ''")


def states(*refunds) -> list[str]:
    return [Refund.objects.get(pk=refund.pk).state for refund in refunds]


def test_by_keyboard(page, sign_in, scene):
    sign_in(scene.approver)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(URL)
    page.keyboard.press("?")
    assert "To the approve button of the row" in page.locator("#shortcuts").inner_text()
    page.keyboard.press("Escape")

    for key, refund in (("j", scene.own), ("j", scene.big), ("j", scene.small), ("k", scene.big)):
        page.keyboard.press(key)
        assert focused(page) == str(refund.pk)
    page.keyboard.press("Enter")
    page.wait_for_selector("#headline")
    assert focused(page) == "headline"
    page.keyboard.press("Escape")
    assert page.url.endswith(URL)
    assert focused(page) == str(scene.big.pk)

    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_selector("[data-approve]")
    page.wait_for_selector("[data-approve]:focus")
    assert states(scene.small) == ["requested"]  # the key alone approves nothing
    page.keyboard.press("Enter")
    page.wait_for_selector("#progress")
    assert states(scene.small) == ["approved"]


def test_several_by_a_typed_total(page, sign_in, scene):
    sign_in(scene.approver)
    page.goto(URL)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.locator(f"tr[data-id='{scene.small.pk}'] input").click()
    assert page.locator("[data-bulk]").inner_text().split("\n")[0].startswith("2 selected TWD 1,820")
    assert page.locator("#desk-says").inner_text() == "2 selected"
    assert_no_axe_violations(page)

    page.locator("#bulk_total").fill("1820")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-toast]")
    assert "2 refunds approved" in page.locator("[data-toast]").inner_text()
    assert states(scene.own, scene.small, scene.big) == ["approved", "approved", "requested"]


def test_without_javascript_on_the_phone(browser, live_server, page, sign_in, scene):
    cast.with_totp(scene.approver)
    sign_in(scene.approver)
    cookies = page.context.cookies()
    plain = browser.new_context(base_url=live_server.url, java_script_enabled=False, viewport={"width": 390, "height": 844})
    plain.set_default_timeout(10_000)
    plain.add_cookies(cookies)
    phone = plain.new_page()
    try:
        phone.goto(URL)
        phone.locator(f"tr[data-id='{scene.big.pk}'] a.title").click()
        phone.locator("#act-approve > summary").click()
        phone.locator("#code").fill(cast.totp_code(scene.approver, cast.NOW))
        phone.locator("#approve button").click()
        phone.wait_for_url(f"**{URL}{scene.big.pk}/")
        assert list(RefundDecision.objects.filter(refund=scene.big).values_list("verdict", "mfa_at")) == [("approve", cast.NOW)]

        phone.goto(f"{URL}{scene.small.pk}/")
        phone.locator("#act-ask > summary").click()
        phone.locator("#say_ask").fill("Is there a photo?")
        phone.locator("#act-ask button").click()
        phone.get_by_text("王志明 asks: “Is there a photo?”").wait_for()
    finally:
        plain.close()


@pytest.mark.parametrize(
    ("language", "looks"),
    [("zh-hant", ((1440, "dark", EVERYTHING), (390, "light", EVERYTHING))), ("en", IN_ANOTHER_LANGUAGE)],
)
def test_axe_finds_nothing(page, sign_in, scene, language, looks):
    scenes.approve(scene.big, scene.owner, hours=0)
    sign_in(cast.owner(scene.shop, language=language))
    visitor = Visitor(page)

    for refund in (scene.big, scene.small, scene.lost, scene.done):
        visitor.look("refund", f"{URL}{refund.pk}/", looks)
    for address in (URL, f"{URL}new/{scene.small.payment_id}/", f"{URL}file/"):
        visitor.look("refunds", address, looks)

    assert visitor.seen == 7
    assert not visitor.wrong, "\n".join(visitor.wrong)
