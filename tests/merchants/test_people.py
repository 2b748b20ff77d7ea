"""Adding, changing and removing members: audited, and never without an owner."""

import pytest

from apps.audit.models import AuditEvent
from apps.merchants.errors import AlreadyMember, LastOwner, NotAMember
from apps.merchants.models import Membership, User
from apps.merchants.services.people import add_member, change_role, remove_member
from apps.settlements.models import Discrepancy
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


def test_the_page_says_why_the_last_owner_cannot_leave(client, shop, lin):
    client.force_login(lin, backend=BACKEND)

    page = client.post(f"/m/qingtian/settings/people/{lin.memberships.get().pk}/remove/", follow=True)

    assert [str(message) for message in page.context["messages"]] == [str(LastOwner.message)]
    assert roles(shop) == {"lin@example.com": "owner"}


def test_open_work_goes_to_whom_the_owner_chose(client, shop, lin):
    leaving, taking = cast.accountant(shop, email="leaving@example.com"), cast.accountant(shop, email="taking@example.com")
    channel = cast.make_channel(shop)
    mine = [cast.make_discrepancy(channel, owner=leaving, state="investigating") for _ in range(2)]
    closed = cast.make_discrepancy(channel, owner=leaving, state="resolved", resolution="accepted", reason="known", closed_at=cast.NOW)
    theirs = cast.make_discrepancy(channel, owner=lin, state="investigating")
    client.force_login(lin, backend=BACKEND)
    path = f"/m/qingtian/settings/people/{leaving.memberships.get().pk}/remove/"

    asked = client.get(path)
    client.post(path, {"hand_to": taking.pk})

    assert [number for _label, number in asked.context["work"]] == [2]
    owners = {item.pk: item.owner for item in Discrepancy.objects.select_related("owner")}
    assert owners == {mine[0].pk: taking, mine[1].pk: taking, closed.pk: leaving, theirs.pk: lin}
    event = AuditEvent.objects.get(action="member.removed")
    assert event.after == {"handed_over": {"discrepancies": 2}, "to": "taking@example.com"}
    assert AuditEvent.objects.filter(action="discrepancy.assigned").count() == 2


def test_without_a_choice_open_work_goes_back_to_all(shop, lin):
    leaving = cast.accountant(shop)
    item = cast.make_discrepancy(cast.make_channel(shop), owner=leaving, state="investigating")

    remove_member(merchant=shop, membership_id=leaving.memberships.get().pk, by=lin, now=cast.NOW)

    item.refresh_from_db()
    assert (item.owner, item.state) == (None, "open")


def test_open_work_never_goes_to_a_stranger_or_to_the_leaving(shop, lin):
    leaving = cast.accountant(shop)
    item = cast.make_discrepancy(cast.make_channel(shop), owner=leaving, state="investigating")

    for to in (cast.outsider(), leaving):
        with pytest.raises(NotAMember):
            remove_member(merchant=shop, membership_id=leaving.memberships.get().pk, by=lin, now=cast.NOW, hand_to=to)

    item.refresh_from_db()
    assert (item.owner, actions()) == (leaving, [])


def test_someone_who_removes_themselves_lands_outside(client, shop, lin):
    cast.owner(shop)
    client.force_login(lin, backend=BACKEND)

    page = client.post(f"/m/qingtian/settings/people/{lin.memberships.get().pk}/remove/", follow=True)

    assert page.redirect_chain == [("/", 302)]
    assert page.templates[0].name == "merchants/no_merchant.html"


@pytest.mark.parametrize("data", [{"email": "no", "role": "viewer"}, {"email": "a@example.com", "role": "king"}])
def test_a_form_with_mistakes_changes_nothing(client, shop, lin, data):
    client.force_login(lin, backend=BACKEND)

    page = client.post("/m/qingtian/settings/people/invite/", data)

    assert (page.status_code, roles(shop), actions()) == (422, {"lin@example.com": "owner"}, [])
