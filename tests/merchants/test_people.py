"""Adding, changing and deactivating members: audited, and never without an owner."""

from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from apps.audit.models import AuditEvent
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.disputes.selectors.people import people_for
from apps.merchants.errors import AlreadyMember, InvitationClosed, LastOwner, MemberMoved, NotAMember, WasMember
from apps.merchants.models import Membership, User, UserSession
from apps.merchants.selectors import members_with
from apps.merchants.services.invitations import accept, invite, token_of
from apps.merchants.services.notify import notify
from apps.merchants.services.people import add_member, change_role, deactivate_member, reactivate_member
from apps.settlements.models import Discrepancy
from apps.settlements.selectors.discrepancies import people_of
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
    return dict(Membership.objects.for_merchant(shop).active().values_list("user__email", "role"))


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
        deactivate_member(merchant=shop, membership_id=mine.pk, by=lin, now=cast.NOW)
    assert (roles(shop), actions()) == ({"lin@example.com": "owner"}, [])

    wang = cast.viewer(shop, email="wang@example.com").memberships.get()
    change_role(merchant=shop, membership_id=wang.pk, role="owner", by=lin, now=cast.NOW)
    deactivate_member(merchant=shop, membership_id=mine.pk, by=lin, now=cast.NOW)

    assert roles(shop) == {"wang@example.com": "owner"}
    assert [(action, before, after) for action, _m, _a, before, after in actions()] == [
        ("member.role_changed", {"role": "viewer"}, {"role": "owner"}),
        ("member.deactivated", {"email": "lin@example.com", "role": "owner"}, {}),
    ]


def test_a_membership_of_another_merchant_is_out_of_reach(shop, lin):
    theirs = cast.outsider().memberships.get()

    with pytest.raises(Membership.DoesNotExist):
        deactivate_member(merchant=shop, membership_id=theirs.pk, by=lin, now=cast.NOW)

    assert Membership.objects.filter(pk=theirs.pk).exists()


def test_the_page_says_why_the_last_owner_cannot_leave(client, shop, lin):
    client.force_login(lin, backend=BACKEND)

    page = client.post(f"/m/qingtian/settings/people/{lin.memberships.get().pk}/deactivate/", follow=True)

    assert [str(message) for message in page.context["messages"]] == [str(LastOwner.message)]
    assert roles(shop) == {"lin@example.com": "owner"}


def test_open_work_goes_to_whom_the_owner_chose(client, shop, lin):
    leaving, taking = cast.accountant(shop, email="leaving@example.com"), cast.accountant(shop, email="taking@example.com")
    channel = cast.make_channel(shop)
    mine = [cast.make_discrepancy(channel, owner=leaving, state="investigating") for _ in range(2)]
    closed = cast.make_discrepancy(channel, owner=leaving, state="resolved", resolution="accepted", reason="known", closed_at=cast.NOW)
    theirs = cast.make_discrepancy(channel, owner=lin, state="investigating")
    client.force_login(lin, backend=BACKEND)
    path = f"/m/qingtian/settings/people/{leaving.memberships.get().pk}/deactivate/"

    asked = client.get(path)
    client.post(path, {"hand_to": taking.pk})

    assert [number for _label, number in asked.context["work"]] == [2]
    owners = {item.pk: item.owner for item in Discrepancy.objects.select_related("owner")}
    assert owners == {mine[0].pk: taking, mine[1].pk: taking, closed.pk: leaving, theirs.pk: lin}
    event = AuditEvent.objects.get(action="member.deactivated")
    assert event.after == {"handed_over": {"discrepancies": 2}, "to": "taking@example.com"}
    assert AuditEvent.objects.filter(action="discrepancy.assigned").count() == 2


def test_without_a_choice_open_work_goes_back_to_all(shop, lin):
    leaving = cast.accountant(shop)
    item = cast.make_discrepancy(cast.make_channel(shop), owner=leaving, state="investigating")

    deactivate_member(merchant=shop, membership_id=leaving.memberships.get().pk, by=lin, now=cast.NOW)

    item.refresh_from_db()
    assert (item.owner, item.state) == (None, "open")


def test_open_work_never_goes_to_a_stranger_or_to_the_leaving(shop, lin):
    leaving = cast.accountant(shop)
    item = cast.make_discrepancy(cast.make_channel(shop), owner=leaving, state="investigating")

    for to in (cast.outsider(), leaving):
        with pytest.raises(NotAMember):
            deactivate_member(merchant=shop, membership_id=leaving.memberships.get().pk, by=lin, now=cast.NOW, hand_to=to)

    item.refresh_from_db()
    assert (item.owner, actions()) == (leaving, [])


def test_someone_who_shuts_themselves_out_is_signed_out(client, shop, lin):
    cast.owner(shop)
    client.force_login(lin, backend=BACKEND)

    page = client.post(f"/m/qingtian/settings/people/{lin.memberships.get().pk}/deactivate/", follow=True)

    assert page.redirect_chain == [("/", 302), ("/login/?next=/", 302)]
    assert not UserSession.objects.filter(user=lin).exists()


@pytest.mark.parametrize("data", [{"email": "no", "role": "viewer"}, {"email": "a@example.com", "role": "king"}])
def test_a_form_with_mistakes_changes_nothing(client, shop, lin, data):
    client.force_login(lin, backend=BACKEND)

    page = client.post("/m/qingtian/settings/people/invite/", data)

    assert (page.status_code, roles(shop), actions()) == (422, {"lin@example.com": "owner"}, [])


def test_a_deactivated_member_is_gone_everywhere_and_history_keeps_the_name(client, shop, lin):
    leaving = cast.accountant(shop, email="leaving@example.com", name="王小明")
    member = leaving.memberships.get()
    change_role(merchant=shop, membership_id=member.pk, role="approver", by=leaving, now=cast.NOW)
    client.force_login(leaving, backend=BACKEND)
    assert client.get("/m/qingtian/settings/people/").status_code == 200
    job = enqueue(kind="settlements.reconcile", merchant_id=shop.pk, by=leaving, now=cast.NOW)
    others = enqueue(kind="settlements.reconcile", merchant_id=shop.pk, by=lin, now=cast.NOW)

    deactivate_member(merchant=shop, membership_id=member.pk, by=lin, now=cast.NOW)

    answer = client.get("/m/qingtian/settings/people/")
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/login/")
    client.force_login(leaving, backend=BACKEND)
    assert client.get("/m/qingtian/settings/people/").status_code == 404
    assert client.get("/", follow=True).templates[0].name == "merchants/no_merchant.html"
    told = notify(merchant=shop, users=[leaving, lin], kind="test", title="News", now=cast.NOW)
    assert [row.user for row in told] == [lin]
    assert leaving not in [*members_with(shop, "approve_refund"), *people_of(shop), *people_for(shop, "view_money")]
    assert [Job.objects.get(pk=one.pk).state for one in (job, others)] == ["cancelled", "queued"]
    first, last = AuditEvent.objects.order_by("pk").filter(subject_type="membership")
    assert (first.actor_label, last.action) == ("王小明", "member.deactivated")
    assert last.after == {"sessions_ended": 1, "jobs_cancelled": 1}


def test_a_deactivated_member_comes_back_in_the_same_role_by_an_owner_alone(client, shop, lin):
    leaving = cast.accountant(shop, email="leaving@example.com")
    pk = leaving.memberships.get().pk
    deactivate_member(merchant=shop, membership_id=pk, by=lin, now=cast.NOW)
    with pytest.raises(WasMember):
        add_member(merchant=shop, email="leaving@example.com", name="", role="owner", by=lin, now=cast.NOW)
    with pytest.raises(WasMember):
        invite(merchant=shop, email="Leaving@example.com", name="", role="owner", by=lin, now=cast.NOW)
    for act in (deactivate_member, partial(change_role, role="owner")):
        with pytest.raises(MemberMoved):
            act(merchant=shop, membership_id=pk, by=lin, now=cast.NOW)
    client.force_login(lin, backend=BACKEND)
    assert [one.user for one in client.get("/m/qingtian/settings/people/").context["former"]] == [leaving]

    client.post(f"/m/qingtian/settings/people/{pk}/reactivate/")

    assert roles(shop) == {"lin@example.com": "owner", "leaving@example.com": "accountant"}
    event = AuditEvent.objects.get(action="member.reactivated")
    assert (event.actor_label, event.after) == ("林怡君", {"email": "leaving@example.com", "role": "accountant"})
    with pytest.raises(MemberMoved):
        reactivate_member(merchant=shop, membership_id=pk, by=lin, now=cast.NOW)


def test_a_link_sent_before_opens_no_door_that_was_shut_since(shop, lin):
    token = token_of(cast.make_invitation(shop, "leaving@example.com", now=cast.NOW))
    leaving = cast.former_member(shop, "viewer", email="leaving@example.com")

    with pytest.raises(InvitationClosed):
        accept(token=token, user=leaving, now=cast.NOW)

    assert roles(shop) == {"lin@example.com": "owner"}


@pytest.mark.postgres
@pytest.mark.parametrize("change", ["role = 'viewer'", "deactivated_at = created_at, deactivated_by_id = user_id"])
def test_the_database_keeps_the_last_owner_and_asks_who_shut_somebody_out(shop, lin, change):
    off = cast.owner(shop, is_active=False)  # an account that was switched off manages nothing
    with pytest.raises(IntegrityError, match="merchant_without_owner"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE merchants_membership SET {change} WHERE user_id = {lin.pk}")
    with pytest.raises(IntegrityError, match="member_deactivated_by_somebody"), transaction.atomic():
        Membership.objects.filter(user=off).update(deactivated_at=cast.NOW)
    with pytest.raises(LastOwner):
        deactivate_member(merchant=shop, membership_id=lin.memberships.get().pk, by=lin, now=cast.NOW)

    cast.owner(shop)

    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE merchants_membership SET {change} WHERE user_id = {lin.pk}")
    assert "lin@example.com" not in [email for email, role in roles(shop).items() if role == "owner"]
