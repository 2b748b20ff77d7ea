"""Logging in, being locked out, where `/` leads, language and theme."""

import re

import pytest
from django.core import mail
from django.template.loader import render_to_string
from django.test import Client

from apps.audit.models import AuditEvent
from apps.merchants.models import Membership
from tests import cast

BACKEND = "django.contrib.auth.backends.ModelBackend"


def signed_in(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.mark.django_db
def test_log_in_by_email_in_any_case_and_out_again(client):
    cast.owner(cast.make_merchant(), email="lin@example.com")

    entered = client.post("/login/?next=/m/qingtian/settings/", {"username": "LIN@Example.com", "password": cast.PASSWORD})
    left = client.post("/logout/")

    assert entered.headers["Location"] == "/m/qingtian/settings/"
    assert (left.status_code, left.headers["Location"]) == (302, "/login/")
    assert client.get("/m/qingtian/settings/").headers["Location"] == "/login/?next=/m/qingtian/settings/"


@pytest.mark.django_db
def test_five_wrong_passwords_lock_this_pair_and_nobody_else(settings):
    settings.AXES_ENABLED = True
    shop = cast.make_merchant()
    cast.owner(shop, email="lin@example.com")
    cast.viewer(shop, email="wang@example.com")
    wrong = {"username": "lin@example.com", "password": "no"}

    statuses = [Client().post("/login/", wrong).status_code for _ in range(5)]
    locked = Client().post("/login/", {"username": "lin@example.com", "password": cast.PASSWORD})
    elsewhere = Client(REMOTE_ADDR="10.9.8.7").post("/login/", {"username": "lin@example.com", "password": cast.PASSWORD})
    colleague = Client().post("/login/", {"username": "wang@example.com", "password": cast.PASSWORD})

    assert statuses == [200, 200, 200, 200, 429]
    assert (locked.status_code, b'name="password"' in locked.content, b"plain-card" in locked.content) == (429, False, True)
    assert (elsewhere.status_code, colleague.status_code) == (302, 302)


@pytest.mark.django_db
def test_a_lock_out_is_told_once_and_an_owner_opens_it_again(settings, run_jobs):
    settings.AXES_ENABLED = True
    shop = cast.make_merchant()
    boss = signed_in(cast.owner(shop))
    wang = cast.viewer(shop, email="wang@example.com", language="en")
    for _ in range(7):
        Client().post("/login/", {"username": "WANG@example.com", "password": "no"})
    run_jobs()

    event = AuditEvent.objects.get(action="login.locked")
    assert (event.merchant_id, event.subject_id, event.after) == (shop.pk, str(wang.pk), {"address": "127.0.0.1"})
    assert [(letter.to, "locked for 15 minutes" in letter.body) for letter in mail.outbox] == [(["wang@example.com"], True)]
    assert boss.get("/m/qingtian/settings/people/").context["locked"] == {"wang@example.com"}
    boss.post(f"/m/qingtian/settings/people/{wang.memberships.get().pk}/unlock/")
    assert AuditEvent.objects.filter(action="login.unlocked").count() == 1
    assert Client().post("/login/", {"username": "wang@example.com", "password": cast.PASSWORD}).status_code == 302


@pytest.mark.django_db
def test_the_first_page_is_the_merchant_used_last():
    shop, second = cast.make_merchant(), cast.make_merchant("zweite", name="Second")
    user = cast.owner(shop)
    Membership.objects.create(merchant=second, user=user, role="viewer")
    client = signed_in(user)

    first = client.get("/").headers["Location"]
    client.get("/m/zweite/settings/")
    later = client.get("/").headers["Location"]
    Membership.objects.filter(merchant=second).delete()

    assert (first, later) == ("/m/zweite/", "/m/zweite/") or (first, later) == ("/m/qingtian/", "/m/zweite/")
    assert client.get("/").headers["Location"] == "/m/qingtian/"


@pytest.mark.django_db
def test_a_part_of_a_page_is_not_replaced_by_the_log_in_form(client):
    cast.make_merchant()

    assert client.get("/m/qingtian/settings/", headers={"HX-Request": "true"}).status_code == 401


@pytest.mark.django_db
def test_staff_see_all_merchants_and_others_do_not():
    shop = cast.make_merchant()
    staff = signed_in(cast.staff())
    assert staff.get("/staff/merchants/").headers["Location"] == "/step-up/?next=%2Fstaff%2Fmerchants%2F"
    cast.give_factor(staff)

    assert staff.get("/").headers["Location"] == "/staff/merchants/"
    assert [one.pk for one in staff.get("/staff/merchants/").context["merchants"]] == [shop.pk]
    assert signed_in(cast.owner(shop)).get("/staff/merchants/").status_code == 403


@pytest.mark.django_db
def test_language_stays_with_the_person_and_with_the_browser():
    user = cast.owner(cast.make_merchant())
    client = signed_in(user)

    answer = client.post("/language/", {"language": "en", "next": "/profile/"})
    page = client.get("/profile/")

    user.refresh_from_db()
    assert (answer.headers["Location"], user.language) == ("/profile/", "en")
    assert '<html lang="en"' in page.content.decode()
    client.post("/logout/")
    assert '<html lang="en"' in client.get("/login/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("field", "value"), [("language", "xx"), ("theme", "pink")])
def test_an_unknown_language_or_theme_changes_nothing(field, value):
    user = cast.owner(cast.make_merchant())
    before = getattr(user, field)

    answer = signed_in(user).post(f"/{field}/", {field: value, "next": "https://evil.example/"})

    user.refresh_from_db()
    assert (answer.headers["Location"], getattr(user, field), set(answer.cookies) - {"sessionid"}) == ("/", before, set())


@pytest.mark.django_db
def test_theme_is_written_into_the_page():
    user = cast.owner(cast.make_merchant())
    client = signed_in(user)

    client.post("/theme/", {"theme": "dark"})

    assert 'data-theme="dark" data-bs-theme="dark"' in client.get("/profile/").content.decode()


@pytest.mark.django_db
def test_profile_saves_name_language_and_theme():
    user = cast.owner(cast.make_merchant())

    answer = signed_in(user).post("/profile/", {"name": "Lin", "language": "zh-hans", "theme": "light", "letters": "all"})

    user.refresh_from_db()
    assert (answer.status_code, user.name, user.language, user.theme, user.letters) == (302, "Lin", "zh-hans", "light", "all")


@pytest.mark.django_db
def test_password_change_needs_the_old_one():
    user = cast.owner(cast.make_merchant())
    client = signed_in(user)
    new = "another-good-secret"

    wrong = client.post("/password/", {"old_password": "no", "new_password1": new, "new_password2": new})
    right = client.post("/password/", {"old_password": cast.PASSWORD, "new_password1": new, "new_password2": new}, follow=True)

    user.refresh_from_db()
    assert (wrong.status_code, right.redirect_chain[-1][0], user.check_password(new)) == (200, "/profile/", True)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nowhere/", "/m/nobody/settings/"])
def test_not_found_is_a_page_of_ours(path):
    page = signed_in(cast.owner(cast.make_merchant())).get(path)

    assert (page.status_code, page.templates[0].name) == (404, "404.html")


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_with_a_page_of_ours():
    user = cast.owner(cast.make_merchant())
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend=BACKEND)

    answer = client.post("/profile/", {"name": "X", "language": "en", "theme": "auto"})

    user.refresh_from_db()
    assert (answer.status_code, b"plain-card" in answer.content, user.language) == (403, True, "zh-hant")


def test_the_page_for_our_own_faults_needs_nothing():
    assert "<h1>" in render_to_string("500.html")


@pytest.mark.django_db
def test_a_forgotten_password_is_set_anew_by_a_letter_and_the_second_factor_stays(run_jobs):
    lin = cast.with_totp(cast.owner(cast.make_merchant(), email="lin@example.com", language="en"))
    answers = [Client().post("/forgotten/", {"email": email}).content for email in ("LIN@example.com", "nobody@example.com")]
    for _ in range(4):
        Client().post("/forgotten/", {"email": "lin@example.com"})
    run_jobs()

    assert answers[0].count(b"a link is on its way") == answers[1].count(b"a link is on its way")
    assert [letter.to for letter in mail.outbox] == [["lin@example.com"]] * 3
    link = re.search(r"(/set-password/\S+/)", mail.outbox[0].body)[1]
    guest = Client()
    form = guest.get(link, follow=True).redirect_chain[-1][0]
    guest.post(form, {"new_password1": "another-good-secret", "new_password2": "another-good-secret"})
    lin.refresh_from_db()
    entered = guest.post("/login/", {"username": "lin@example.com", "password": "another-good-secret"})
    assert (lin.check_password("another-good-secret"), entered.headers["Location"]) == (True, "/login/factor/")
    assert b"new_password1" not in Client().get(link, follow=True).content
