"""The role table and the doors it guards."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from apps.audit.models import AuditEvent
from apps.merchants.access import RIGHT_LABELS, RIGHTS, merchant_for, needs
from apps.merchants.enums import Role
from tests import cast


def test_every_role_has_rights_and_every_right_a_sentence():
    assert set(RIGHTS) == set(Role.values)
    assert set().union(*RIGHTS.values()) == set(RIGHT_LABELS)


def test_the_table_is_the_one_that_was_agreed():
    assert RIGHTS["owner"] == frozenset(RIGHT_LABELS)
    assert RIGHTS["viewer"] == {"view_money", "download_reports", "view_settings"}
    assert RIGHTS["approver"] - RIGHTS["viewer"] == {"approve_refund", "countersign", "edit_watchlist", "approve_close", "view_audit"}
    assert RIGHTS["operator"] - RIGHTS["viewer"] == {
        "import_files", "edit_books", "assign", "take_payments", "request_refund", "answer_disputes", "edit_watchlist",
    }  # fmt: skip
    assert frozenset(RIGHT_LABELS) - RIGHTS["accountant"] == {
        "approve_refund", "countersign", "approve_close", "edit_channels", "edit_settings", "manage_people", "edit_webhooks",
    }  # fmt: skip


def test_a_right_nobody_declared_is_a_mistake_at_once():
    with pytest.raises(KeyError):
        needs("fly")


@pytest.mark.django_db
def test_outsiders_learn_nothing_and_members_are_refused():
    shop = cast.make_merchant()
    viewer, inactive = cast.viewer(shop), cast.owner(shop, is_active=False)

    assert merchant_for(viewer, "qingtian", "view_money").merchant == shop
    with pytest.raises(PermissionDenied):
        merchant_for(viewer, "qingtian", "resolve")
    for stranger in (cast.outsider(), cast.staff(), inactive):
        with pytest.raises(Http404):
            merchant_for(stranger, "qingtian", "view_money")


@pytest.mark.django_db
def test_the_page_of_roles_shows_the_table_as_enforced(client):
    shop = cast.make_merchant()
    client.force_login(cast.viewer(shop), backend="django.contrib.auth.backends.ModelBackend")

    page = client.get("/m/qingtian/settings/roles/").content.decode()

    granted = sum(len(rights) for rights in RIGHTS.values())
    assert page.count("#i-check") == granted
    assert page.count('<th scope="row">') == len(RIGHT_LABELS)
    assert not AuditEvent.objects.exists()
