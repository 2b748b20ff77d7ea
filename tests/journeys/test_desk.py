"""The accountant at the desk, by keyboard alone: move, open, take, resolve three, undo; and what axe says of it."""

from datetime import timedelta

import pytest

from apps.settlements.models import Discrepancy
from apps.settlements.services.deadlines import pause
from apps.settlements.services.second_signatures import write_off
from tests import cast
from tests.journeys.every_page import WIDE_AND_NARROW, Visitor
from tests.journeys.shots import shoot
from tests.settlements.desk import kinds

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
URL = "/m/qingtian/discrepancies/"


@pytest.fixture
def desk(page, sign_in):
    """A signed-in accountant with four differences, on a wide screen."""
    shop = cast.make_merchant()
    lin = cast.accountant(shop, name="林怡君", language="en")
    ecpay = cast.make_channel(shop)
    items = [kinds.make(ecpay, kind) for kind in ("fee_mismatch", "missing_in_books", "payout_missing_in_bank", "refund_amount_mismatch")]
    cast.make_payment(ecpay, "A77", 129000)
    sign_in(lin)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(reduced_motion="reduce")  # a colour that is still changing has no contrast to measure
    return lin, items


def two_people_and_a_clock(lin, items) -> list:
    """A large write-off that waits for Lin's decision, one that Lin asked for, and one whose clock stands still."""
    channel = items[0].channel
    shop, boss = channel.merchant, cast.owner(channel.merchant, name="王志明")
    lin.memberships.update(role="owner")
    asked, own, paused = (cast.make_discrepancy(channel, "missing_at_provider", expected_minor=1_250_000, actual_minor=0) for _ in range(3))
    for item, by in ((asked, boss), (own, lin)):
        write_off(merchant=shop, ids=[item.pk], reason="三個月前的款項，通道查無紀錄", by=by, now=cast.NOW)
    pause(merchant=shop, ids=[paused.pk], until=cast.NOW + timedelta(days=3), reason="已請銀行調閱明細", by=lin, now=cast.NOW)
    return [asked, own, paused]


def focused(page) -> str:
    return page.evaluate("document.activeElement.closest('tr')?.dataset.id || document.activeElement.id || ''")


def states() -> list[str]:
    return list(Discrepancy.objects.order_by("pk").values_list("state", flat=True))


def test_the_queue_by_keyboard(page, desk):
    lin, items = desk
    page.goto(URL)

    page.keyboard.press("?")
    assert page.locator("#shortcuts").is_visible()
    assert "Resolve the row" in page.locator("#shortcuts").inner_text()
    page.keyboard.press("Escape")

    for key, number in (("j", 0), ("j", 1), ("k", 0)):
        page.keyboard.press(key)
        assert focused(page) == str(items[number].pk)
    page.keyboard.press("x")
    assert page.locator("[data-bulk]").is_visible()
    assert page.locator("#desk-says").inner_text() == "1 selected"
    page.keyboard.press("x")

    page.keyboard.press("Enter")
    page.wait_for_selector("#headline")
    assert page.url.endswith(f"{URL}{items[0].pk}/")
    assert focused(page) == "headline"
    page.keyboard.press("Escape")
    assert page.url.endswith(URL)
    assert focused(page) == str(items[0].pk)

    page.keyboard.press("a")
    page.wait_for_selector("[data-toast]")
    assert Discrepancy.objects.get(pk=items[0].pk).owner == lin

    page.keyboard.press("j")
    page.keyboard.press("r")
    page.wait_for_selector("#act-resolve[open]")
    for number in range(3):
        page.select_option("#one_resolution", "explained")
        page.fill("#one_reason", f"agreed by mail {number}")
        page.locator("#act-resolve button").click()
        page.wait_for_load_state()
        assert page.locator("[data-toast]").is_visible()
        assert focused(page) == "headline"
        page.keyboard.press("r")
        page.wait_for_selector("#act-resolve[open]")
    assert sorted(states()) == ["open", "resolved", "resolved", "resolved"]

    page.locator("[data-toast] button").click()
    page.wait_for_load_state()
    assert sorted(states()) == ["open", "open", "resolved", "resolved"]


def test_axe_finds_nothing(page, desk):
    lin, items = desk
    visitor = Visitor(page)
    shown = [*items[:3], *two_people_and_a_clock(lin, items)]

    for path in (URL, f"{URL}?view=second", *(f"{URL}{item.pk}/" for item in shown)):
        visitor.look("desk", path, WIDE_AND_NARROW)

    assert visitor.seen == 8
    assert not visitor.wrong, "\n".join(visitor.wrong)


def test_a_narrow_screen_opens_a_page_of_its_own(page, desk):
    _lin, items = desk
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(URL)
    page.locator("tr[data-href] a.title").first.click()
    page.wait_for_url(f"**{URL}{items[0].pk}/")

    assert not page.locator("#desk-list").is_visible()
    assert page.locator(".foot-bar .btn-primary").is_visible()


def test_pictures(page, desk):
    lin, items = desk
    shoot(page, URL, "desk", user=lin)
    shoot(page, f"{URL}{items[0].pk}/", "desk-fee", user=lin)
    for name, item in zip(("asked", "own", "paused"), two_people_and_a_clock(lin, items), strict=True):
        shoot(page, f"{URL}{item.pk}/", f"desk-{name}", user=lin)
    shoot(page, f"{URL}?view=second", "desk-second", user=lin)
