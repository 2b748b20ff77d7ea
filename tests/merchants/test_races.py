"""What may happen only once, asked for by many at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection

from apps.merchants.errors import CodeWrong, InvitationClosed, LastOwner
from apps.merchants.models import Membership, User
from apps.merchants.services.factors import check_code, new_recovery_codes
from apps.merchants.services.invitations import accept, token_of
from apps.merchants.services.people import deactivate_member
from tests import cast

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

AT_ONCE = 16


def race(attempt) -> list[str]:
    """Runs `attempt` in AT_ONCE threads that start together; the outcome of each is "done" or the name of its error."""
    start = Barrier(AT_ONCE)

    def run(_number) -> str:
        start.wait()
        try:
            attempt()
        except (CodeWrong, InvitationClosed, LastOwner, IntegrityError) as error:
            return type(error).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sorted(pool.map(run, range(AT_ONCE)))


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_code_is_accepted_once(kind):
    user = cast.with_totp(cast.owner(cast.make_merchant()))
    code = cast.totp_code(user, cast.NOW) if kind == "app" else new_recovery_codes(user=user, now=cast.NOW)[0]

    outcomes = race(lambda: check_code(user=user, code=code, now=cast.NOW))

    assert outcomes == ["CodeWrong"] * (AT_ONCE - 1) + ["done"]


def test_an_invitation_makes_one_member():
    shop = cast.make_merchant()
    token = token_of(cast.make_invitation(shop, "new@example.com", now=cast.NOW))

    outcomes = race(lambda: accept(token=token, user=None, name="New", password=cast.PASSWORD, now=cast.NOW))

    assert outcomes == ["InvitationClosed"] * (AT_ONCE - 1) + ["done"]
    assert (User.objects.count(), Membership.objects.count()) == (1, 1)


@pytest.mark.postgres_only
@pytest.mark.parametrize("way", ["service", "sql"])
def test_owners_who_shut_each_other_out_leave_one(way):
    shop = cast.make_merchant()
    owners = [cast.owner(shop) for _ in range(AT_ONCE)]
    members = [person.memberships.get().pk for person in owners]
    turns = iter(range(AT_ONCE))

    def leave():
        place = next(turns)
        if way == "service":
            deactivate_member(merchant=shop, membership_id=members[place], by=owners[place - 1], now=cast.NOW)
        else:
            Membership.objects.filter(pk=members[place]).update(role="viewer")

    outcomes = race(leave)

    assert outcomes == sorted([{"service": "LastOwner", "sql": "IntegrityError"}[way]] + ["done"] * (AT_ONCE - 1))
    assert Membership.objects.active().filter(role="owner").count() == 1
