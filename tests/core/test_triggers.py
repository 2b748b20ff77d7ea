from contextlib import suppress

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models.signals import post_migrate, pre_migrate

from apps.core import triggers
from apps.merchants.models import Merchant
from tests import cast

RULE = triggers.Trigger(
    name="test_merchant_keeps_currency",
    table="merchants_merchant",
    sqlite="CREATE TRIGGER test_merchant_keeps_currency BEFORE UPDATE OF currency ON merchants_merchant "
    "BEGIN SELECT RAISE(ABORT, 'currency_is_kept'); END",
    postgresql="CREATE TRIGGER test_merchant_keeps_currency BEFORE UPDATE OF currency ON merchants_merchant "
    "FOR EACH ROW EXECUTE FUNCTION test_keep_currency()",
    function="CREATE OR REPLACE FUNCTION test_keep_currency() RETURNS trigger AS $$ BEGIN "
    "RAISE EXCEPTION 'currency_is_kept' USING ERRCODE = 'integrity_constraint_violation'; END $$ LANGUAGE plpgsql",
)


@pytest.fixture
def rule():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(triggers, "_declared", {**triggers._declared, RULE.name: RULE})
        yield RULE
        triggers.remove()
    triggers.install()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_trigger_refuses_as_an_integrity_error_and_survives_an_emptied_database(rule):
    triggers.install()
    triggers.install()
    for slug in ("first", "second"):
        shop = cast.make_merchant(slug)

        with pytest.raises(IntegrityError, match="currency_is_kept"), transaction.atomic():
            Merchant.objects.filter(pk=shop.pk).update(currency="USD")

        assert Merchant.objects.get(pk=shop.pk).currency == "TWD"
        if slug == "first":
            triggers.remove()
            call_command("flush", interactive=False, verbosity=0)


@pytest.mark.django_db
def test_on_sqlite_a_migration_finds_no_trigger_in_its_way(rule):
    triggers.install()
    rows = Merchant.objects.filter(pk=cast.make_merchant().pk)
    core = apps.get_app_config("core")
    said = {"sender": core, "app_config": core, "using": "default", "verbosity": 0, "interactive": False, "apps": apps}

    pre_migrate.send(**said, plan=[("a migration", False)])
    rows.update(currency="USD")
    post_migrate.send(**said, plan=[("a migration", False)])

    assert rows.get().currency == "USD"
    with pytest.raises(IntegrityError, match="currency_is_kept"), transaction.atomic():
        rows.update(currency="JPY")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fails", [False, True])
def test_a_suspended_trigger_is_back_whatever_happened_meanwhile(rule, fails):
    triggers.install()
    rows = Merchant.objects.filter(pk=cast.make_merchant().pk)

    with suppress(ZeroDivisionError), triggers.without(rule.name):
        rows.update(currency="USD")
        _ = 1 / (0 if fails else 1)

    assert rows.get().currency == ("TWD" if fails else "USD")
    with pytest.raises(IntegrityError, match="currency_is_kept"), transaction.atomic():
        rows.update(currency="JPY")


def test_two_rules_may_not_share_a_name(monkeypatch):
    monkeypatch.setattr(triggers, "_declared", {})
    triggers.declare(RULE)
    triggers.declare(RULE)

    other = triggers.Trigger(name=RULE.name, table="core_job", sqlite="", postgresql="")
    with pytest.raises(RuntimeError, match="two triggers"):
        triggers.declare(other)

    assert triggers.declared() == (RULE,)


@pytest.mark.postgres_only
@pytest.mark.django_db
@pytest.mark.parametrize("table", sorted(one.table for one in triggers.declared() if "BEFORE TRUNCATE" in one.postgresql))
def test_what_is_kept_is_not_emptied_at_a_stroke(table):
    with connection.cursor() as cursor:
        for emptied in (table, "merchants_merchant", "merchants_user"):  # the last two take everything along that hangs on them
            with pytest.raises(IntegrityError, match=r"_append_only|_is_kept"), transaction.atomic():
                cursor.execute(f"TRUNCATE {emptied} CASCADE")
