"""Invitations: one link, one use, one week; as a new person or as oneself."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail, signing
from django.db import IntegrityError, transaction
from django.test import Client

from apps.audit.models import AuditEvent
from apps.core.models import Job
from apps.merchants.errors import InvitationClosed
from apps.merchants.models import Invitation, Membership, User
from apps.merchants.services.invitations import SALT, accept, invite, token_of
from tests import cast

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
CHOSEN = {"name": "New", "new_password1": cast.PASSWORD, "new_password2": cast.PASSWORD}


@pytest.fixture
def time():
    with time_machine.travel(cast.NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shop(time):
    return cast.make_merchant()


@pytest.fixture
def lin(shop):
    return cast.owner(shop, email="lin@example.com", name="Lin", language="en")


def inside(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def ask(shop, lin, email="new@example.com", role="accountant"):
    """The path of the link."""
    invitation = invite(merchant=shop, email=email, name="", role=role, by=lin, now=cast.NOW)
    return f"/invitation/{token_of(invitation)}/"


def roles(shop):
    return dict(Membership.objects.for_merchant(shop).values_list("user__email", "role"))


def test_an_invited_person_gets_a_letter_chooses_a_password_and_is_in(shop, lin, run_jobs):
    page = inside(lin).post("/m/qingtian/settings/people/invite/", {"email": " New@Example.com", "name": "New", "role": "viewer"})
    run_jobs()

    letter = mail.outbox[0]
    link = re.search(r"https?://\S+(/invitation/\S+/)", letter.body)
    assert (letter.to, letter.subject) == (["new@example.com"], "Lin invites you to 晴天選物")
    assert page.context["invitation"] == f"http://testserver{link[1]}"
    assert User.objects.filter(email="new@example.com").count() == 0
    guest = Client()
    assert guest.get(link[1]).status_code == 200
    joined = guest.post(link[1], CHOSEN)
    assert (joined.headers["Location"], roles(shop)["new@example.com"]) == ("/m/qingtian/", "viewer")
    assert guest.get("/m/qingtian/settings/").status_code == 200
    assert [event.action for event in AuditEvent.objects.order_by("pk")] == ["invitation.sent", "invitation.accepted"]
    assert Client().post("/login/", {"username": "new@example.com", "password": cast.PASSWORD}).status_code == 302


def test_a_link_works_once(shop, lin):
    path = ask(shop, lin)
    Client().post(path, CHOSEN)

    again = Client().post(path, CHOSEN | {"name": "Other"})

    assert (again.status_code, User.objects.get(email="new@example.com").name) == (410, "New")
    assert Membership.objects.count() == 2


@pytest.mark.parametrize(("later", "status"), [(timedelta(days=7) - timedelta(seconds=1), 200), (timedelta(days=7), 410)])
def test_a_link_works_for_a_week(shop, lin, time, later, status):
    path = ask(shop, lin)
    time.shift(later)

    assert Client().get(path).status_code == status


def test_a_link_sent_again_replaces_the_one_before(shop, lin, time, run_jobs):
    before = ask(shop, lin)
    invitation = Invitation.objects.get()
    time.shift(timedelta(days=8))

    inside(lin).post(f"/m/qingtian/settings/people/invitations/{invitation.pk}/again/")
    invitation.refresh_from_db()

    assert Client().get(before).status_code == 410
    assert Client().get(f"/invitation/{token_of(invitation)}/").status_code == 200
    run_jobs()
    assert len(mail.outbox) == 1  # the first letter waited until its link had been replaced


def test_an_invitation_taken_back_opens_nothing(shop, lin):
    path = ask(shop, lin)
    pk = Invitation.objects.get().pk
    boss = inside(lin)

    boss.post(f"/m/qingtian/settings/people/invitations/{pk}/revoke/")
    boss.post(f"/m/qingtian/settings/people/invitations/{pk}/again/")
    answer = Client().post(path, CHOSEN)

    assert (answer.status_code, roles(shop)) == (410, {"lin@example.com": "owner"})
    assert [event.action for event in AuditEvent.objects.order_by("pk")] == ["invitation.sent", "invitation.revoked"]


def test_a_known_person_logs_in_and_joins_as_themselves(shop, lin):
    wang = cast.outsider(email="wang@example.com")
    path = ask(shop, lin, "wang@example.com")
    client = Client()

    assert client.get(path).context["form"] is None
    assert client.post(path, CHOSEN).status_code == 200
    assert "wang@example.com" not in roles(shop)
    assert client.post(f"/login/?next={path}", {"username": "wang@example.com", "password": cast.PASSWORD}).headers["Location"] == path
    client.post(path)
    assert roles(shop)["wang@example.com"] == "accountant"
    wang.refresh_from_db()
    assert wang.check_password(cast.PASSWORD)


def added(shop, role="owner"):
    """Somebody who was added to a shop by e-mail and never chose a password."""
    wang = User.objects.create_user("wang@example.com", None, name="Wang", language="en")
    if shop:
        Membership.objects.create(merchant=shop, user=wang, role=role)
    return wang


@pytest.mark.parametrize("power", ["member", "staff", "superuser", "was_inside"])
def test_the_link_never_sets_the_password_of_somebody_who_has_something_to_lose(shop, lin, power):
    wang = added(cast.make_merchant("second") if power == "member" else None)
    flags = {"staff": {"is_staff": True}, "superuser": {"is_superuser": True}, "was_inside": {"last_login": cast.NOW}}
    User.objects.filter(pk=wang.pk).update(**flags.get(power, {"name": "Wang"}))
    path = ask(shop, lin, "wang@example.com")
    before = User.objects.filter(pk=wang.pk).values_list().get()
    visitor = Client()

    shown = visitor.post(path, CHOSEN)

    assert (shown.status_code, shown.context["form"], "_auth_user_id" in visitor.session) == (200, None, False)
    assert "/forgotten/" in shown.content.decode()
    with pytest.raises(InvitationClosed):
        accept(token=path.split("/")[2], user=None, name="New", password=cast.PASSWORD, now=cast.NOW)
    assert User.objects.filter(pk=wang.pk).values_list().get() == before
    assert roles(shop) == {"lin@example.com": "owner"}


def test_somebody_without_a_password_chooses_one_by_their_own_letter_and_joins(shop, lin, run_jobs):
    wang = added(cast.make_merchant("second"))
    path = ask(shop, lin, "wang@example.com")
    client = Client()
    client.post("/forgotten/", {"email": "wang@example.com"})
    run_jobs()
    letter = next(one for one in mail.outbox if "/set-password/" in one.body)

    form = client.get(re.search(r"(/set-password/\S+/)", letter.body)[1], follow=True).redirect_chain[-1][0]
    client.post(form, {"new_password1": cast.PASSWORD, "new_password2": cast.PASSWORD})
    client.post(f"/login/?next={path}", {"username": "wang@example.com", "password": cast.PASSWORD})
    client.post(path)

    assert (letter.to, roles(shop)["wang@example.com"]) == ([wang.email], "accountant")


def test_an_account_that_was_never_used_gets_its_password_by_the_link(shop, lin):
    wang = added(None)

    Client().post(ask(shop, lin, "wang@example.com"), CHOSEN)

    wang.refresh_from_db()
    assert (wang.check_password(cast.PASSWORD), wang.name, roles(shop)["wang@example.com"]) == (True, "New", "accountant")


def test_where_mail_is_set_up_who_invites_does_not_see_the_link(shop, lin, settings):
    settings.MAIL_LEAVES = True
    boss, people = inside(lin), "/m/qingtian/settings/people/"

    sent = boss.post(f"{people}invite/", {"email": "new@example.com", "role": "viewer"}).content.decode()
    again = boss.post(f"{people}invitations/{Invitation.objects.get().pk}/again/").content.decode()

    for page in (sent, again):
        assert ("A letter with the link was sent." in page, "/invitation/" in page) == (True, False)


def test_somebody_else_who_is_signed_in_cannot_take_it(shop, lin):
    stranger = cast.outsider()
    new, known = ask(shop, lin), ask(shop, lin, cast.outsider(email="wang@example.com").email)

    for path in (new, known):
        page = inside(stranger).post(path, CHOSEN)
        assert (page.status_code, page.context["is_other"]) == (200, True)
    assert roles(shop) == {"lin@example.com": "owner"}


@pytest.mark.parametrize("token", ["x", "", "1:2:3"])
def test_a_forged_link_opens_nothing(shop, lin, token):
    invitation = cast.make_invitation(shop)
    forged = [token, signing.dumps([invitation.pk, "0" * 32], salt=SALT), signing.dumps([invitation.pk, invitation.nonce], salt="other")]

    assert [Client().get(f"/invitation/{one}/").status_code for one in forged if one] == [410] * len([one for one in forged if one])


def test_the_link_stands_in_no_table(shop, lin):
    path = ask(shop, lin)

    assert path.split("/")[2] not in f"{list(Job.objects.values())}{list(Invitation.objects.values())}"


def test_nobody_is_invited_twice_nor_as_a_member(shop, lin):
    boss = inside(lin)
    ask(shop, lin)
    for email in ("NEW@example.com", "lin@example.com"):
        assert boss.post("/m/qingtian/settings/people/invite/", {"email": email, "role": "viewer"}).status_code == 422
    with pytest.raises(IntegrityError), transaction.atomic():
        cast.make_invitation(shop, "New@Example.com")

    assert Invitation.objects.count() == 1


def test_a_weak_password_is_refused_and_the_link_stays(shop, lin):
    path = ask(shop, lin)

    assert Client().post(path, {"name": "New", "new_password1": "12345", "new_password2": "12345"}).status_code == 422
    assert User.objects.filter(email="new@example.com").count() == 0
    assert Client().get(path).status_code == 200
