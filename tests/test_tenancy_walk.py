"""Every address under /m/<slug>/ against every kind of person: visitors log in, outsiders and deactivated members get 404, roles get what
`RULES` declares; platform staff get 404, and with a granted access what a viewer sees, never what a viewer could change."""

import pytest
from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse

from apps.audit.models import AuditEvent
from apps.merchants.access import QUIET_PAGES, RIGHTS
from apps.merchants.enums import Role
from apps.merchants.models import SupportAccess
from tests import cast
from tests.rights_by_url import RULES, Shop

PREFIX = "m/<slug:merchant_slug>/"
ALLOWED = {200, 302, 303, 400, 409, 422}  # the view ran; an empty form may be refused


def addresses(resolver=None, route: str = "", names: tuple[str, ...] = ()):
    """Every (namespaced name, route) of the project."""
    for entry in (resolver or get_resolver()).url_patterns:
        full = route + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield ":".join([*names, entry.name or ""]), full
        else:
            yield from addresses(entry, full, (*names, entry.namespace) if entry.namespace else names)


def merchant_addresses() -> dict[str, str]:
    return {name: route for name, route in addresses() if route.startswith(PREFIX)}


def test_every_address_of_a_merchant_declares_its_right():
    found = set(merchant_addresses())

    assert found - set(RULES) == set(), "add one line each to tests/rights_by_url.py"
    assert set(RULES) - found == set(), "these lines name no address"


def test_no_page_outside_the_prefix_takes_a_merchant():
    assert [route for _name, route in addresses() if "merchant_slug" in route and not route.startswith(PREFIX)] == []


@pytest.fixture
def shop(db):
    return Shop(cast.make_merchant())


def ask(client, rule, path, user=None):
    """The status of the address for a person; the session starts fresh."""
    client.logout()
    if user:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return getattr(client, rule.method)(path, rule.data)


def ask_and_undo(client, rule, path, user):
    """The same, leaving every row as it was, so that the next person finds the same object."""
    with transaction.atomic():
        status = ask(client, rule, path, user).status_code
        transaction.set_rollback(True)
    return status


def path_of(name, rule, shop, other=None):
    """The address; with `other`, its objects are those of another shop."""
    objects = {part: (other or shop).find(path) for part, path in rule.ids.items()}
    return reverse(name, kwargs={"merchant_slug": shop.merchant.slug, **rule.fixed, **objects})


@pytest.mark.parametrize("name", sorted(RULES))
def test_address_opens_to_exactly_those_with_its_right(client, shop, name):
    rule = RULES[name]
    path = path_of(name, rule, shop)
    people = {role: cast.member(shop.merchant, role) for role in Role.values}

    visitor = ask(client, rule, path)
    assert (visitor.status_code, visitor.headers["Location"].split("?")[0]) == (302, "/login/")
    for stranger in (cast.outsider(), cast.staff(), cast.former_member(shop.merchant, Role.OWNER)):
        assert ask(client, rule, path, stranger).status_code == 404
    refused = {role: ask(client, rule, path, people[role]).status_code for role in people if rule.right not in RIGHTS[role]}
    assert refused == dict.fromkeys(refused, 403)
    allowed = {role: ask_and_undo(client, rule, path, people[role]) for role in people if rule.right in RIGHTS[role]}
    assert {role: status for role, status in allowed.items() if status not in ALLOWED} == {}


@pytest.mark.parametrize("name", sorted(RULES))
def test_support_looks_as_a_viewer_changes_nothing_and_leaves_with_its_access(client, shop, name):
    rule = RULES[name]
    path = path_of(name, rule, shop)
    staff = cast.staff()
    access = cast.support_access(shop.merchant, staff)
    may_look = rule.right in RIGHTS[Role.VIEWER] and rule.method == "get"

    status = ask_stepped_up(client, rule, path, staff)
    assert status in ALLOWED if may_look else status == 403
    viewed = AuditEvent.objects.filter(action="support.viewed", merchant_id=shop.merchant.pk, actor_id=str(staff.pk))
    assert viewed.count() == (1 if may_look and name not in QUIET_PAGES else 0)
    SupportAccess.objects.filter(pk=access.pk).update(ended_at=access.granted_at)
    assert ask_stepped_up(client, rule, path, staff) == 404


def ask_stepped_up(client, rule, path, user):
    """The status for a person who has given a second factor in this session."""
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cast.give_factor(client)
    return getattr(client, rule.method)(path, rule.data).status_code


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_role_that_needs_a_second_factor_sees_nothing_without(client, shop, name):
    rule = RULES[name]
    path = path_of(name, rule, shop)
    shop.merchant.second_factor_roles = [Role.OWNER]
    shop.merchant.save()

    answer = ask(client, rule, path, cast.owner(shop.merchant))

    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/step-up/")


@pytest.mark.parametrize("name", sorted(name for name, rule in RULES.items() if rule.ids))
def test_objects_of_another_merchant_do_not_exist_here(client, shop, name):
    rule = RULES[name]
    path = path_of(name, rule, shop, other=Shop(cast.make_merchant("other")))

    assert ask(client, rule, path, cast.owner(shop.merchant)).status_code == 404
