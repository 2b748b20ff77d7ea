"""Adding, changing and removing members: audited, and never without an owner."""

import pytest
from django.test import Client

from apps.audit.models import AuditEvent
from apps.merchants.errors import AlreadyMember, LastOwner
from apps.merchants.models import Membership, User
from apps.merchants.services.people import add_member, change_role, remove_member
from tests import cast

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def shop(db):
    return cast.make_merchant()


@pytest.fixture
def lin(shop):
    return cast.owner(shop, email="lin@example.com", name="林怡君")


def actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", "merchant_id", "actor_label", "before", "after"))


def roles(shop):
    return dict(Membership.objects.for_merchant(shop).values_list("user__email", "role"))


def test_a_new_person_and_a_known_one_become_members(shop, lin):
    known = cast.make_user("wang@example.com")

    _first, is_new = add_member(merchant=shop, email=" New@Example.com ", name="New", role="viewer", by=lin, now=cast.NOW)
    second, is_second_new = add_member(merchant=shop, email="wang@example.com", name="", role="accountant", by=lin, now=cast.NOW)

    assert (is_new, is_second_new, second.user) == (True, False, known)
    assert roles(shop) == {"lin@example.com": "owner", "new@example.com": "viewer", "wang@example.com": "accountant"}
    assert not User.objects.get(email="new@example.com").has_usable_password()
    assert actions() == [
        ("member.added", shop.pk, "林怡君", {}, {"email": "new@example.com", "role": "viewer"}),
        ("member.added", shop.pk, "林怡君", {}, {"email": "wang@example.com", "role": "accountant"}),
    ]


def test_a_member_is_not_added_twice(shop, lin):
    with pytest.raises(AlreadyMember):
        add_member(merchant=shop, email="LIN@example.com", name="", role="viewer", by=lin, now=cast.NOW)

    assert roles(shop) == {"lin@example.com": "owner"}
    assert actions() == []


def test_the_last_owner_stays_until_there_is_another(shop, lin):
    mine = lin.memberships.get()

    with pytest.raises(LastOwner):
        change_role(merchant=shop, membership_id=mine.pk, role="viewer", by=lin, now=cast.NOW)
    with pytest.raises(LastOwner):
        remove_member(merchant=shop, membership_id=mine.pk, by=lin, now=cast.NOW)
    assert (roles(shop), actions()) == ({"lin@example.com": "owner"}, [])

    wang = cast.viewer(shop, email="wang@example.com").memberships.get()
    change_role(merchant=shop, membership_id=wang.pk, role="owner", by=lin, now=cast.NOW)
    remove_member(merchant=shop, membership_id=mine.pk, by=lin, now=cast.NOW)

    assert roles(shop) == {"wang@example.com": "owner"}
    assert [(action, before, after) for action, _m, _a, before, after in actions()] == [
        ("member.role_changed", {"role": "viewer"}, {"role": "owner"}),
        ("member.removed", {"email": "lin@example.com", "role": "owner"}, {}),
    ]


def test_a_membership_of_another_merchant_is_out_of_reach(shop, lin):
    theirs = cast.outsider().memberships.get()

    with pytest.raises(Membership.DoesNotExist):
        remove_member(merchant=shop, membership_id=theirs.pk, by=lin, now=cast.NOW)

    assert Membership.objects.filter(pk=theirs.pk).exists()


def test_an_invited_person_sets_a_password_and_is_in(client, shop, lin):
    client.force_login(lin, backend=BACKEND)
    page = client.post("/m/qingtian/settings/people/add/", {"email": "new@example.com", "name": "New", "role": "viewer"})
    link = page.context["invitation"]
    guest = Client()

    form = guest.get(link, follow=True)
    done = guest.post(form.redirect_chain[-1][0], {"new_password1": cast.PASSWORD, "new_password2": cast.PASSWORD})
    guest.post("/login/", {"username": "new@example.com", "password": cast.PASSWORD})

    assert done.headers["Location"] == "/login/"
    assert guest.get("/", follow=True).status_code == 200
    assert Client().get(link).status_code == 200  # the page that says the link was used
    assert b"new_password1" not in Client().get(link).content


def test_the_page_says_why_the_last_owner_cannot_leave(client, shop, lin):
    client.force_login(lin, backend=BACKEND)

    page = client.post(f"/m/qingtian/settings/people/{lin.memberships.get().pk}/remove/", follow=True)

    assert [str(message) for message in page.context["messages"]] == [str(LastOwner.message)]
    assert roles(shop) == {"lin@example.com": "owner"}


def test_someone_who_removes_themselves_lands_outside(client, shop, lin):
    cast.owner(shop)
    client.force_login(lin, backend=BACKEND)

    page = client.post(f"/m/qingtian/settings/people/{lin.memberships.get().pk}/remove/", follow=True)

    assert page.redirect_chain == [("/", 302)]
    assert page.templates[0].name == "merchants/no_merchant.html"


@pytest.mark.parametrize("data", [{"email": "no", "role": "viewer"}, {"email": "a@example.com", "role": "king"}])
def test_a_form_with_mistakes_changes_nothing(client, shop, lin, data):
    client.force_login(lin, backend=BACKEND)

    page = client.post("/m/qingtian/settings/people/add/", data)

    assert (page.status_code, roles(shop), actions()) == (422, {"lin@example.com": "owner"}, [])
