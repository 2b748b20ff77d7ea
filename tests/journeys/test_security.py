"""Passkeys in a real Chromium with a virtual authenticator, an app set up on a telephone's width, and pictures of these pages."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from apps.audit.models import AuditEvent
from apps.core import clock
from apps.merchants.services.factors import new_recovery_codes
from tests import cast
from tests.browser import assert_no_axe_violations
from tests.journeys.shots import shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lin(db):
    return cast.owner(cast.make_merchant(), email="lin@example.com", name="林怡君", language="en")


@pytest.fixture
def authenticator(page):
    """A device with a fingerprint that always fits."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def credentials() -> list[dict]:
        return session.send("WebAuthn.getCredentials", made)["credentials"]

    def clear() -> None:
        session.send("WebAuthn.clearCredentials", made)

    credentials.clear = clear
    return credentials


def log_in(page):
    page.goto("/login/")
    page.get_by_label(re.compile("^E-mail|電子郵件")).fill("lin@example.com")
    page.locator("#id_password").fill(cast.PASSWORD)
    page.locator("form .btn-primary").click()


def test_a_passkey_is_added_opens_the_session_steps_up_and_is_removed(page, live_server, lin, sign_in, authenticator):
    sign_in(lin)
    page.goto("/profile/security/passkeys/add/")
    page.get_by_label("Your password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    assert page.locator("#codes li").count() == 10
    assert len(authenticator()) == 1
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Laptop", exact=True)).to_be_visible()

    page.context.clear_cookies()
    log_in(page)
    expect(page).to_have_url(re.compile("/login/factor/$"))
    page.get_by_role("button", name=re.compile("passkey|通行金鑰", re.IGNORECASE)).click()
    expect(page).to_have_url(re.compile("/m/qingtian/"))

    page.goto("/step-up/?next=/profile/security/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/profile/security/$"))
    page.get_by_role("button", name="Rename").click()
    page.locator("dialog[open] input[name=name]").fill("Old laptop")
    page.locator("dialog[open] .btn-primary").click()
    expect(page.get_by_text("The passkey is renamed.")).to_be_visible()
    page.locator(".rows").get_by_role("button", name="Remove").click()
    page.locator("dialog[open] .btn-primary").click()
    expect(page.get_by_text("The factor is removed.")).to_be_visible()
    assert Authenticator.objects.count() == 0
    actions = list(AuditEvent.objects.filter(action__startswith="factor").order_by("pk").values_list("action", flat=True))
    assert actions == ["factor.passkey_added", "factor.recovery_codes_made", "factor.renamed", "factor.removed"]


def test_without_the_passkey_the_page_says_so_and_a_recovery_code_helps(page, live_server, lin, sign_in, authenticator):
    sign_in(lin)
    page.goto("/profile/security/passkeys/add/")
    page.get_by_label("Your password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add").click()
    code = page.locator("#codes li").first.inner_text()
    authenticator.clear()
    page.context.clear_cookies()
    log_in(page)
    page.locator("#id_code").fill(code)
    page.locator("#id_code").press("Enter")
    expect(page).to_have_url(re.compile("/m/qingtian/"))


def test_an_app_is_set_up_and_used_on_a_telephone(page, live_server, lin, sign_in):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(lin)
    page.goto("/profile/security/")
    page.get_by_role("link", name="Set up").click()
    page.get_by_label("Your password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Go on").click()
    secret = page.locator("#secret").inner_text().replace(" ", "")
    assert_no_axe_violations(page)
    shoot(page, "/profile/security/app/", "people-app", user=lin)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/profile/security/app/")
    page.locator("#id_code").fill(format_hotp_value(hotp_value(secret, int(clock.now().timestamp()) // 30)))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    assert_no_axe_violations(page)
    page.get_by_role("link", name="I have kept them").click()
    assert_no_axe_violations(page)
    shoot(page, "/profile/security/", "people-security", user=lin)

    page.context.clear_cookies()
    log_in(page)
    expect(page).to_have_url(re.compile("/login/factor/$"))
    assert_no_axe_violations(page)
    page.locator("#id_code").fill(new_recovery_codes(user=lin, now=clock.now())[0])
    page.locator("form .btn-primary").click()
    expect(page).to_have_url(re.compile("/m/qingtian/"))


def test_pages_of_people_access_and_invitations(page, live_server, lin, sign_in):
    shop = lin.memberships.get().merchant
    leaving = cast.with_totp(cast.accountant(shop, email="wang@example.com", name="王小明"))
    for _ in range(2):
        cast.make_discrepancy(cast.make_channel(shop, f"ecpay{_}"), owner=leaving, state="investigating")
    cast.make_invitation(shop, "guest@example.com")
    cast.former_member(shop, "operator", email="former@example.com", name="張美玲")
    helper, asker = cast.staff(email="help@example.com", name="Support"), cast.staff(email="ask@example.com", name="Helper")
    cast.support_access(shop, helper)
    shop.support_accesses.create(staff=asker, reason="Payout 1120 is late", hours=4, asked_by=asker, asked_at=clock.now())
    sign_in(lin)
    leaving_path = f"/m/qingtian/settings/people/{leaving.memberships.get().pk}/deactivate/"
    pages = {"people": "/m/qingtian/settings/people/", "access": "/m/qingtian/settings/access/", "remove": leaving_path}
    for name, path in pages.items():
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(path)
            assert_no_axe_violations(page)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
        shoot(page, path, f"people-{name}", user=lin)
    page.goto("/m/qingtian/settings/people/")
    page.get_by_label("E-mail").fill("new@example.com")
    page.get_by_role("button", name="Invite").click()
    link = page.locator("#invitation").inner_text()
    page.context.clear_cookies()
    page.goto(link)
    assert_no_axe_violations(page)
    shoot(page, link, "people-invitation", languages=("en",))


def test_support_sees_its_banner_on_every_page(page, live_server, lin, sign_in, settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = False
    shop = lin.memberships.get().merchant
    staff = cast.staff(email="help@example.com", name="Support", language="en")
    cast.support_access(shop, staff)
    sign_in(staff)
    for path in ("/m/qingtian/settings/", "/m/qingtian/settings/people/"):
        page.goto(path)
        expect(page.get_by_text("Support access", exact=True)).to_be_visible()
    assert_no_axe_violations(page)
    shoot(page, "/m/qingtian/settings/people/", "people-support", user=staff)
    shoot(page, "/staff/merchants/", "people-staff", user=staff)
    page.goto("/m/qingtian/settings/people/")
    page.get_by_role("button", name="End access").click()
    expect(page).to_have_url(re.compile("/staff/merchants/$"))
    assert_no_axe_violations(page)
