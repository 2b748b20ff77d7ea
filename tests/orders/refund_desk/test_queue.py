"""The queue: who sees what waiting for whom, what is to be noticed, and at a constant price."""

from datetime import timedelta

import pytest
from lxml import html

from apps.core import signs
from apps.core.ui import Chip
from apps.merchants.enums import Role
from apps.orders.selectors import refund_desk as desk
from apps.orders.services.refunds import deciding, holds
from tests import cast
from tests.orders.refund_desk import scene as scenes

pytestmark = pytest.mark.django_db
URL = "/m/qingtian/refunds/"


def page_of(client, query: str = ""):
    answer = client.get(URL + query)
    assert answer.status_code == 200
    return html.fromstring(answer.content)


def parts_of(page) -> dict[str, list[str]]:
    """The title of each part with the amounts in it."""
    return {
        part.xpath(".//h2")[0].text_content(): [cell.text_content().strip() for cell in part.xpath(".//td[contains(@class,'amount')]")]
        for part in page.xpath("//section[contains(@class,'refund-part')]")
    }


def chips_of(page, refund) -> list[str]:
    row = page.xpath(f"//tr[@data-id='{refund.pk}']")[0]
    return [chip.text_content().strip() for chip in row.xpath(".//span[contains(@class,'chip--')]")]


def test_each_person_sees_what_waits_for_them(scene, as_user):
    assert parts_of(page_of(as_user(scene.approver))) == {
        "Waiting for you": ["540", "16,480", "1,280"],
        "Under way and just over": ["2,150", "890", "1,690"],
    }
    assert parts_of(page_of(as_user(scene.owner))) == {
        "Waiting for you": ["16,480", "1,280"],
        "You asked": ["540"],
        "Under way and just over": ["2,150", "890", "1,690"],
    }
    assert parts_of(page_of(as_user(scene.clerk))) == {
        "You asked": ["16,480", "1,280"],
        "Waiting for others": ["540"],
        "Under way and just over": ["2,150", "890", "1,690"],
    }


def test_own_requests_say_why_they_are_locked(scene, as_user):
    page = page_of(as_user(scene.owner))
    row = page.xpath(f"//tr[@data-id='{scene.own.pk}']")[0]

    assert row.xpath(".//*[@class='lock']")[0].text_content().strip() == (
        "You asked for this refund yourself, so somebody else has to decide it: 王志明."
    )
    assert row.xpath(".//input") == []
    assert len(page.xpath(f"//tr[@data-id='{scene.big.pk}']//input[@name='ids']")) == 1


def test_chips_say_what_to_notice(scene, as_user, monkeypatch):
    monkeypatch.setattr(signs, "_readers", {})
    signs.register_signs(lambda *_: [], lambda merchant, rows: {scene.small.pk: [Chip("on the watch-list", "red")]})
    holds.place_hold(
        merchant=scene.shop,
        payment_id=scene.small.payment_id,
        kind="dispute",
        key="dp_1",
        label="a dispute",
        amount_minor=1000,
        now=cast.NOW,
    )
    deciding.ask_about_refund(merchant=scene.shop, refund_id=scene.own.pk, by=scene.approver, now=cast.NOW, reason="Which order is right?")
    page = page_of(as_user(scene.approver))

    assert chips_of(page, scene.big) == [
        "channel balance too small by NT$11,240",
        "same buyer, refund no. 2 in 30 days",
        "0 of 2 approvals",
        "second factor",
    ]
    assert chips_of(page, scene.small) == [
        "on the watch-list",
        "disputed",
        "NT$800 refunded already",
        "same buyer, refund no. 3 in 30 days",
    ]
    assert chips_of(page, scene.own) == ["question open"]
    assert chips_of(page, scene.done) == ["succeeded"]


def test_the_way_of_what_is_sent(scene, as_user):
    page = page_of(as_user(scene.approver))

    def stages(refund):
        return [
            (one.get("class").removeprefix("stage is-"), one.text_content().strip())
            for one in page.xpath(f"//tr[@data-id='{refund.pk}']//*[contains(@class,'stage is-')]")
        ]

    assert stages(scene.gone) == [("done", "sent out"), ("now", "at the provider"), ("later", "done")]
    assert stages(scene.lost) == [("done", "sent out"), ("doubt", "at the provider"), ("later", "done")]
    assert stages(scene.done) == [("done", "sent out"), ("done", "at the provider"), ("done", "done")]
    assert chips_of(page, scene.lost) == ["The result is being confirmed; the system asks by itself. Do not send it again."]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?view=waiting", {"540", "16,480", "1,280"}),
        ("?view=going", {"2,150", "890"}),
        ("?view=over", {"1,690"}),
        ("?state=unknown", {"890"}),
        ("?age=4", {"540", "1,690"}),
        ("?least=2000", {"16,480", "2,150"}),
        ("?q=a102", {"540", "16,480", "2,150", "890", "1,690"}),
        ("?q=nothing", set()),
        ("?least=x", {"540", "16,480", "1,280", "2,150", "890", "1,690"}),
    ],
)
def test_filters(scene, as_user, query, expected):
    parts = parts_of(page_of(as_user(scene.approver), query))

    assert {amount for amounts in parts.values() for amount in amounts} == expected


def test_filters_by_person_and_channel(scene, as_user):
    client = as_user(scene.owner)

    mine = parts_of(page_of(client, "?requester=me"))
    assert mine == {"You asked": ["540"]}
    theirs = parts_of(page_of(client, f"?requester={scene.clerk.pk}&channel={scene.stripe.pk}"))
    assert theirs == {"Under way": ["2,150", "890"]}


def test_the_owners_tier_waits_for_an_owner_only_when_one_approval_is_left(scene, as_user):
    huge = scenes.ask(cast.make_payment(scene.ecpay, "A10300", 6_000_000), scene.clerk, 6_000_000)
    rows = desk.of_merchant(scene.shop)

    assert huge in desk.waiting_for(rows, scene.approver, Role.APPROVER)
    second = cast.approver(scene.shop, name="趙文")
    scenes.approve(huge, scene.approver, hours=0)
    assert huge not in desk.waiting_for(rows, scene.approver, Role.APPROVER)
    assert huge not in desk.waiting_for(rows, second, Role.APPROVER)
    assert huge in desk.waiting_for(rows, scene.owner, Role.OWNER)


def test_the_badge_counts_decisions_and_answers_owed(scene):
    def badge(person, role, may=True):
        return desk.waiting_count(scene.shop, person, role, may_approve=may)

    assert (badge(scene.approver, Role.APPROVER), badge(scene.owner, Role.OWNER), badge(scene.clerk, Role.OPERATOR, may=False)) == (3, 2, 0)
    deciding.ask_about_refund(merchant=scene.shop, refund_id=scene.big.pk, by=scene.approver, now=cast.NOW, reason="A photo?")
    assert badge(scene.clerk, Role.OPERATOR, may=False) == 1


def test_an_empty_queue_says_so(as_user, db):
    shop = cast.make_merchant()

    page = page_of(as_user(cast.approver(shop, language="en")))

    assert page.xpath("//*[@class='empty-state']/h2")[0].text == "No refund waits"


def test_queries_do_not_grow_with_the_rows(scene, as_user, django_assert_num_queries, django_assert_max_num_queries):
    client = as_user(scene.approver)
    client.get(URL)
    with django_assert_max_num_queries(60) as few:
        client.get(URL)
    for number in range(12):
        payment = cast.make_payment(scene.ecpay, f"B{number}", 90000, customer_ref=f"buyer{number}")
        scenes.ask(payment, scene.clerk, 30000, number / 10)
    with django_assert_num_queries(len(few)):
        assert client.get(URL).status_code == 200


def test_over_comes_in_pages(scene, as_user):
    for number in range(31):
        payment = cast.make_payment(scene.ecpay, f"B{number}", 90000)
        refund = scenes.ask(payment, scene.clerk, 30000, 1 + number / 10)
        deciding.reject_refund(merchant=scene.shop, refund_id=refund.pk, by=scene.approver, now=cast.NOW, reason="no")
    client = as_user(scene.approver)

    page = page_of(client, "?view=over")
    assert len(page.xpath("//tr[@data-id]")) == 30
    older = page.xpath("//a[@rel='next']/@href")[0]
    assert parts_of(page_of(client, older))["Over"] == ["300", "1,690"]


def test_another_shop_sees_nothing(scene, as_user):
    stranger = cast.outsider(language="en")

    assert as_user(stranger).get(URL).status_code == 404
    assert as_user(stranger).get(f"{URL}{scene.big.pk}/").status_code == 404
    other = stranger.memberships.get().merchant
    assert as_user(stranger).get(f"/m/{other.slug}/refunds/{scene.big.pk}/").status_code == 404


def test_late_requests_are_red(scene, as_user, monkeypatch):
    monkeypatch.setattr("apps.core.clock.now", lambda: cast.NOW + timedelta(hours=30))
    page = page_of(as_user(scene.approver))

    assert len(page.xpath("//td[contains(@class,'end')]//time[contains(@class,'due--red')]")) == 3
