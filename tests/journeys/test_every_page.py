"""Every page there is, in a real browser: it answers, says nothing in the console, does not scroll sideways, and axe finds nothing."""

import pytest

from apps.merchants.models import Membership
from apps.merchants.services.invitations import token_of
from tests import cast
from tests.journeys.every_page import (
    DARK_TOO,
    IN_ANOTHER_LANGUAGE,
    WIDE_AND_NARROW,
    Visitor,
    answers_with_a_page,
    is_of_review,
    merchant_pages,
    set_password_page,
)
from tests.rights_by_url import Shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop():
    """With names as long as providers make them."""
    shop = Shop(cast.make_merchant())
    shop.statement.name = "20880317600421880156_20260826_payout_reconciliation.itemized.5.zip"
    shop.statement.save()
    shop.line.merchant_ref, shop.line.provider_ref = "NY26082600000000000000000000015A1", "2026082622001202830410000114" * 2
    shop.line.save()
    return shop


@pytest.fixture
def wang(shop):
    """The owner, who may open everything, and is platform staff besides."""
    user = cast.owner(shop.merchant, name="王志明", is_staff=True)
    Membership.objects.create(merchant=cast.make_merchant("second", name="Second shop"), user=user, role="viewer")
    return user


def test_only_files_and_parts_of_pages_are_no_pages(shop, wang):
    assert answers_with_a_page(shop, wang) == set(merchant_pages(shop))


@pytest.mark.parametrize("of_review", [True, False])
def test_every_page_of_a_merchant(page, sign_in, shop, wang, of_review):
    """Wide and light, narrow and dark; those of people's decisions and of risk wide and dark, too."""
    pages = {name: address for name, address in merchant_pages(shop).items() if is_of_review(name) == of_review}
    visitor = Visitor(page)
    sign_in(wang)

    for name, address in pages.items():
        visitor.look(name, address, DARK_TOO if of_review else WIDE_AND_NARROW)

    assert visitor.seen == len(pages) >= 36
    assert not visitor.wrong, "\n".join(visitor.wrong)


def test_pages_of_review_in_english(page, sign_in, shop, wang):
    """Longer texts than in Chinese, whose two scripts are as long as each other."""
    wang.language = "en"
    wang.save()
    pages = {name: address for name, address in merchant_pages(shop).items() if is_of_review(name)}
    visitor = Visitor(page)
    sign_in(wang)

    for name, address in pages.items():
        visitor.look(name, address, IN_ANOTHER_LANGUAGE)

    assert visitor.seen == len(pages) >= 36
    assert not visitor.wrong, "\n".join(visitor.wrong)


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_every_page_outside_of_merchants(page, sign_in, wang, settings, width, theme):
    settings.STAFF_NEEDS_SECOND_FACTOR = False
    wang.theme = theme
    wang.save()
    visitor = Visitor(page, width)
    visitor.visit("login", "/login/", theme=theme)
    visitor.visit("login, sent here", "/login/?next=/m/qingtian/", theme=theme)
    visitor.visit("set password", set_password_page(wang), theme=theme)
    visitor.visit("set password, spent link", set_password_page(wang)[:-4] + "0000/", theme=theme)
    visitor.visit("password forgotten", "/forgotten/", theme=theme)
    shop = cast.make_merchant("inviting")
    visitor.visit("invitation", f"/invitation/{token_of(cast.make_invitation(shop))}/", theme=theme)
    visitor.visit("invitation of a known person", f"/invitation/{token_of(cast.make_invitation(shop, wang.email))}/", theme=theme)
    sign_in(cast.make_user(theme=theme))
    for address in ("/", "/step-up/", "/profile/security/", "/profile/security/app/"):
        visitor.visit("no merchant, no second factor", address)

    sign_in(cast.with_totp(wang))
    for address in ("/profile/", "/profile/security/", "/step-up/", "/password/", "/password/changed/"):
        visitor.visit("signed in", address)
    for address in ("/staff/merchants/", f"/staff/merchants/{shop.pk}/ask/"):
        visitor.visit("platform staff", address)

    assert not visitor.wrong, "\n".join(visitor.wrong)
