"""The frame in a real browser: log in, change language, merchant and theme, reach everything by keyboard, nothing for axe to find."""

import pytest

from apps.merchants.models import Membership
from tests import cast
from tests.journeys.every_page import WIDE_AND_NARROW, Visitor
from tests.journeys.shots import shoot

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.journeys.gallery")]


@pytest.fixture
def shop(transactional_db):
    return cast.make_merchant(is_practice=True)


@pytest.fixture
def lin(shop):
    """Owner of the shop and viewer of another."""
    user = cast.owner(shop, email="lin@example.com", name="林怡君")
    Membership.objects.create(merchant=cast.make_merchant("second", name="Second shop"), user=user, role="viewer")
    return user


def test_log_in_switch_language_merchant_and_theme_then_out(page, shop, lin):
    page.goto("/login/")
    page.fill("[name=username]", "lin@example.com")
    page.fill("[name=password]", cast.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/m/**")
    page.goto("/m/qingtian/settings/")

    page.locator("summary", has_text="繁").click()
    page.get_by_role("button", name="English").click()
    page.wait_for_function("document.documentElement.lang === 'en'")
    page.get_by_label("Theme").click()
    page.get_by_role("button", name="Dark").click()
    page.wait_for_function("document.documentElement.dataset.bsTheme === 'dark'")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.locator(".switcher summary").click()
    page.get_by_role("link", name="Second shop").click()
    page.wait_for_url("**/m/second/**")
    assert page.locator(".practice").count() == 0
    page.get_by_label("My account").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login/")

    lin.refresh_from_db()
    assert (lin.language, lin.theme) == ("en", "dark")


def test_everything_is_reached_by_keyboard_with_a_visible_ring(page, sign_in, shop, lin):
    sign_in(lin)
    page.goto("/m/qingtian/settings/people/")
    reachable = page.evaluate(
        "[...document.querySelectorAll('a[href], button, summary, input:not([type=hidden]), select')]"
        ".filter(one => one.checkVisibility() && !one.disabled).length"
    )

    seen, without_ring = 0, []
    for _ in range(reachable):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(() => { const one = document.activeElement; const style = getComputedStyle(one);"
            " return [one.tagName + ' ' + one.className, style.outlineStyle, parseFloat(style.outlineWidth)] })()"
        )
        seen += style[0] != "BODY "
        without_ring += [style[0]] if style[1] == "none" or style[2] < 2 else []

    assert seen == reachable
    assert without_ring == []


def test_menus_close_on_escape_and_give_the_focus_back(page, sign_in, shop, lin):
    sign_in(lin)
    page.goto("/m/qingtian/settings/")
    page.locator(".switcher summary").focus()

    page.keyboard.press("Enter")
    assert page.locator(".switcher").get_attribute("open") is not None
    page.keyboard.press("Escape")

    assert page.locator(".switcher").get_attribute("open") is None
    assert page.evaluate("document.activeElement.closest('.switcher') !== null")


def test_question_mark_shows_the_keys_and_the_rail_stays_folded(page, sign_in, shop, lin):
    sign_in(lin)
    page.goto("/m/qingtian/settings/")

    page.keyboard.press("?")
    assert page.locator("#shortcuts").is_visible()
    page.keyboard.press("Escape")
    page.locator("[data-rail-fold]").click()
    page.reload()

    assert page.locator(".rail").bounding_box()["width"] == 56


def test_axe_finds_nothing_in_the_gallery(page, sign_in, lin):
    """Every component in every state; the pages that use them have a walk of their own."""
    sign_in(lin)
    visitor = Visitor(page)

    for part in ("", "desk/"):
        visitor.look("gallery", f"/m/qingtian/gallery/{part}", WIDE_AND_NARROW)

    assert visitor.seen == 2
    assert not visitor.wrong, "\n".join(visitor.wrong)


def test_phone_reaches_every_page_from_the_bottom_bar(page, sign_in, shop, lin):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(lin)
    page.goto("/m/qingtian/settings/people/")

    page.locator(".bottom summary").click()

    entries = page.locator(".sheet a")
    assert entries.count() == page.locator(".rail nav a").count()
    assert min(box["height"] for box in (entries.nth(n).bounding_box() for n in range(entries.count()))) >= 44


def test_pictures_for_people_to_look_at(page, sign_in, shop, lin):
    sign_in(lin)

    for path, name in (("/m/qingtian/gallery/", "gallery"), ("/m/qingtian/settings/people/", "people")):
        shoot(page, path, name, user=lin)
