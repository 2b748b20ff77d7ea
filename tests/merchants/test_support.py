"""The time-limited look of platform staff, and roles that need a second factor."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from apps.audit.models import AuditEvent
from apps.merchants.errors import NotPlatformStaff, SupportClosed, SupportOpen
from apps.merchants.models import Membership, Notification, SupportAccess
from apps.merchants.services.support import ask_for_support, decide_support, end_expired, end_support, grant_support
from tests import cast

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def time():
    with time_machine.travel(cast.NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shop(time):
    return cast.make_merchant()


def inside(user, *, factor=True):
    client = Client()
    client.force_login(user, backend=BACKEND)
    if factor:
        cast.give_factor(client)
    return client


def actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_staff_ask_the_owner_grants_and_time_ends_it(shop, time):
    owner, staff = cast.owner(shop, email="owner@example.com"), cast.staff(email="help@example.com")
    support, boss = inside(staff), inside(owner)
    assert support.get("/m/qingtian/settings/").status_code == 404

    support.post(f"/staff/merchants/{shop.pk}/ask/", {"reason": "payout 1120 is late", "hours": 2})
    access = SupportAccess.objects.get()
    told = Notification.objects.get()
    assert (told.user, told.href, told.severity) == (owner, "/m/qingtian/settings/access/", "high")
    assert support.get("/m/qingtian/settings/").status_code == 404
    boss.post(f"/m/qingtian/settings/access/{access.pk}/decide/", {"verdict": "grant"})

    page = support.get("/m/qingtian/settings/people/?x=1")
    assert (page.status_code, b"/staff/access/%d/end/" % access.pk in page.content) == (200, True)
    assert support.post("/m/qingtian/settings/edit/", {"name": "Mine"}).status_code == 403
    time.shift(timedelta(hours=2))
    assert support.get("/m/qingtian/settings/people/").status_code == 404
    assert end_expired(now=cast.NOW + timedelta(hours=3)) == 1
    assert actions() == ["support.asked", "support.granted", "support.viewed", "support.ended"]
    viewed, ended = AuditEvent.objects.order_by("pk")[2:]
    assert (viewed.actor_id, viewed.after) == (str(staff.pk), {"page": "/m/qingtian/settings/people/?x=1"})
    assert (ended.happened_at, ended.actor_id) == (cast.NOW + timedelta(hours=2), "")
    assert Membership.objects.filter(user=staff).count() == 0


@pytest.mark.parametrize("who", ["owner", "staff"])
def test_either_side_ends_it_by_a_button(shop, who):
    owner, staff = cast.owner(shop), cast.staff()
    access = cast.support_access(shop, staff)
    support = inside(staff)
    assert support.get("/m/qingtian/settings/").status_code == 200

    if who == "owner":
        inside(owner).post(f"/m/qingtian/settings/access/{access.pk}/end/")
    else:
        support.post(f"/staff/access/{access.pk}/end/")

    assert support.get("/m/qingtian/settings/").status_code == 404
    assert actions() == ["support.viewed", "support.ended"]


def test_an_owner_grants_unasked_and_only_to_staff(shop):
    owner, staff = cast.owner(shop, email="owner@example.com"), cast.staff(email="help@example.com")
    boss = inside(owner)
    stranger = boss.post("/m/qingtian/settings/access/grant/", {"email": "owner@example.com", "reason": "r", "hours": 1})
    granted = boss.post("/m/qingtian/settings/access/grant/", {"email": "HELP@example.com", "reason": "r", "hours": 1})

    assert (stranger.status_code, granted.status_code) == (422, 302)
    access = SupportAccess.objects.get()
    assert (access.staff, access.decided_by, access.expires_at) == (staff, owner, cast.NOW + timedelta(hours=1))


@pytest.mark.parametrize("hours", [0, 73])
def test_hours_are_1_to_72(shop, hours):
    boss = inside(cast.owner(shop))
    cast.staff(email="help@example.com")

    assert boss.post("/m/qingtian/settings/access/grant/", {"email": "help@example.com", "reason": "r", "hours": hours}).status_code == 422
    with pytest.raises(IntegrityError), transaction.atomic():
        cast.support_access(shop, cast.staff(), hours=hours)
    assert SupportAccess.objects.count() == 0


def test_a_refused_request_opens_nothing_and_may_be_asked_again(shop):
    owner, staff = cast.owner(shop), cast.staff()
    first = ask_for_support(merchant=shop, reason="r", hours=1, by=staff, now=cast.NOW)
    with pytest.raises(SupportOpen):
        ask_for_support(merchant=shop, reason="r", hours=1, by=staff, now=cast.NOW)
    decide_support(merchant=shop, access_id=first.pk, grant=False, by=owner, now=cast.NOW)

    for verdict in (True, False):
        with pytest.raises(SupportClosed):
            decide_support(merchant=shop, access_id=first.pk, grant=verdict, by=owner, now=cast.NOW)
    with pytest.raises(SupportClosed):
        end_support(merchant=shop, access_id=first.pk, by=owner, now=cast.NOW)
    assert inside(staff).get("/m/qingtian/settings/").status_code == 404
    assert ask_for_support(merchant=shop, reason="r", hours=1, by=staff, now=cast.NOW).pk != first.pk


def test_after_an_expired_access_a_new_one_may_be_asked(shop):
    staff = cast.staff()
    cast.support_access(shop, staff, hours=1, now=cast.NOW - timedelta(hours=2))

    ask_for_support(merchant=shop, reason="r", hours=1, by=staff, now=cast.NOW)

    assert list(SupportAccess.objects.order_by("pk").values_list("ended_at", flat=True)) == [cast.NOW - timedelta(hours=1), None]


def test_nobody_grants_to_themselves(shop):
    both = cast.owner(shop, email="both@example.com", is_staff=True)
    asked = ask_for_support(merchant=shop, reason="r", hours=1, by=both, now=cast.NOW)

    with pytest.raises(SupportClosed):
        decide_support(merchant=shop, access_id=asked.pk, grant=True, by=both, now=cast.NOW)
    with pytest.raises(NotPlatformStaff):
        grant_support(merchant=shop, email="both@example.com", reason="r", hours=1, by=both, now=cast.NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        SupportAccess.objects.filter(pk=asked.pk).update(decided_by=both)
    with pytest.raises(NotPlatformStaff):
        ask_for_support(merchant=shop, reason="r", hours=1, by=cast.outsider(), now=cast.NOW)


def test_an_access_is_for_one_person_and_one_shop(shop):
    other = cast.make_merchant("other")
    staff = cast.staff()
    cast.support_access(shop, staff)

    assert inside(staff).get("/m/other/settings/").status_code == 404
    assert inside(cast.staff()).get("/m/qingtian/settings/").status_code == 404
    assert inside(cast.outsider()).get("/m/qingtian/settings/").status_code == 404
    assert other.support_accesses.count() == 0


@pytest.mark.parametrize(("needed", "status"), [(True, 302), (False, 200)])
def test_staff_give_a_second_factor_unless_the_settings_say_otherwise(shop, settings, needed, status):
    settings.STAFF_NEEDS_SECOND_FACTOR = needed
    staff = cast.staff()
    cast.support_access(shop, staff)
    client = inside(staff, factor=False)

    assert [client.get(path).status_code for path in ("/m/qingtian/settings/", "/staff/merchants/")] == [status, status]


def test_a_role_that_needs_a_factor_is_sent_to_set_it_up(shop):
    boss = inside(cast.owner(shop))
    boss.post("/m/qingtian/settings/access/factor/", {"roles": ["approver", "owner"]})
    approver, viewer = cast.approver(shop), cast.viewer(shop)
    client = inside(approver, factor=False)

    sent = client.get("/m/qingtian/settings/?a=1")
    assert sent.headers["Location"] == "/step-up/?next=%2Fm%2Fqingtian%2Fsettings%2F%3Fa%3D1"
    assert client.get(sent.headers["Location"]).templates[0].name == "merchants/step_up_missing.html"
    assert client.get("/m/qingtian/settings/", headers={"HX-Request": "true"}).status_code == 401
    cast.with_totp(approver)
    opened = client.post("/step-up/", {"code": cast.totp_code(approver), "next": "/m/qingtian/settings/?a=1"})
    assert client.get(opened.headers["Location"]).status_code == 200
    assert inside(viewer, factor=False).get("/m/qingtian/settings/").status_code == 200
    changed = AuditEvent.objects.get(action="merchant.changed")
    assert changed.after == {"second_factor_roles": ["owner", "approver"]}


def test_the_admin_is_entered_by_our_log_in_with_a_factor(client, shop):
    visitor = client.get("/admin/", follow=True)
    owner = inside(cast.owner(shop))
    staff = cast.make_user("root@example.com", is_staff=True, is_superuser=True)
    password_only, both = inside(staff, factor=False), inside(staff)

    assert visitor.templates[0].name == "registration/login.html"
    assert owner.get("/admin/", follow=True).status_code == 403
    assert password_only.get("/admin/", follow=True).redirect_chain[-1][0] == "/step-up/?next=%2Fadmin%2F"
    assert both.get("/admin/").status_code == 200
    assert both.get("/admin/mfa/authenticator/").status_code == 404


def test_the_admin_takes_no_password_of_its_own(client, shop):
    cast.with_totp(cast.make_user("root@example.com", is_staff=True, is_superuser=True))

    answer = client.post("/admin/login/?next=/admin/", {"username": "root@example.com", "password": cast.PASSWORD})

    assert (answer.headers["Location"], client.get("/profile/").status_code) == ("/login/?next=/admin/", 302)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_the_admin_s_log_in_leads_to_no_other_site(client, shop, target):
    staff = cast.make_user("root@example.com", is_staff=True, is_superuser=True)
    address = f"/admin/login/?next={target}"

    found = [one.get(address).headers["Location"] for one in (client, inside(staff, factor=False), inside(staff))]

    assert found == ["/login/?next=/admin/", "/step-up/?next=%2Fadmin%2F", "/admin/"]
