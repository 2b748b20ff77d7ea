"""The command that lets the first person in."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.audit.models import AuditEvent
from apps.merchants.models import Membership, User
from tests import cast

pytestmark = pytest.mark.django_db


def add(monkeypatch, email: str, password: str, role: str = "owner") -> str:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    call_command("add_member", "--merchant", "qingtian", "--email", email, "--role", role, "--password-stdin", stdout=out)
    return out.getvalue()


def test_a_new_person_gets_the_role_and_can_log_in(monkeypatch, client):
    shop = cast.make_merchant()

    said = add(monkeypatch, "Lin@Example.com", "a-long-enough-secret")

    assert said == "Lin@Example.com is now owner of qingtian\n"
    assert list(Membership.objects.values_list("merchant", "user__email", "role")) == [(shop.pk, "lin@example.com", "owner")]
    assert client.login(username="lin@example.com", password="a-long-enough-secret")
    assert AuditEvent.objects.get().actor_label == "Hezhang"


def test_a_weak_password_leaves_nothing_behind(monkeypatch):
    cast.make_merchant()

    with pytest.raises(CommandError, match="10"):  # characters at least
        add(monkeypatch, "lin@example.com", "123")

    assert (User.objects.count(), Membership.objects.count(), AuditEvent.objects.count()) == (0, 0, 0)


def test_a_member_and_an_unknown_shop_are_refused(monkeypatch):
    shop = cast.make_merchant()
    cast.accountant(shop, email="lin@example.com")

    with pytest.raises(CommandError, match="already"):
        add(monkeypatch, "lin@example.com", "a-long-enough-secret")
    with pytest.raises(CommandError, match="no merchant nowhere"):
        call_command("add_member", "--merchant", "nowhere", "--email", "a@example.com", "--role", "owner")

    assert Membership.objects.get().role == "accountant"
    Membership.objects.update(deactivated_at=cast.NOW, deactivated_by=User.objects.get())
    with pytest.raises(CommandError, match="before"):
        add(monkeypatch, "lin@example.com", "a-long-enough-secret")
