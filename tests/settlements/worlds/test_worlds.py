"""The practice worlds, scored by their own scorer, whatever the order in which files come in."""

import os
import random
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.management import call_command

from apps.channels.models import Channel
from apps.channels.services.merchant_file import load_merchant_file
from apps.merchants.models import BankAccount, Merchant
from apps.orders.services.books import import_payments, import_refunds
from apps.settlements.models import BankStatement, Statement
from apps.settlements.services.intake import import_file
from apps.settlements.services.reconcile import reconcile

ROOT = Path(__file__).parents[3]
WORLDS = Path(os.environ.get("HEZHANG_SHARED", ROOT.parent / "shared")) / "worlds"
AS_OF = date(2026, 10, 15)
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not (WORLDS / "score.py").exists(), reason="the practice worlds are not beside this checkout (HEZHANG_SHARED)"),
]


def export(path: Path) -> bytes:
    call_command("export_discrepancies", "--merchant", "qingtian", "--output", str(path), verbosity=0)
    return path.read_bytes()


def load_shuffled(drop: Path, seed: int) -> None:
    """The same folder, its statement and bank files in any order."""
    merchant = load_merchant_file((drop / "merchant.toml").read_bytes(), by=None, now=NOW).merchant
    import_payments(merchant=merchant, name="payments.csv", data=(drop / "payments.csv").read_bytes(), by=None, now=NOW)
    import_refunds(merchant=merchant, name="refunds.csv", data=(drop / "refunds.csv").read_bytes(), by=None, now=NOW)
    owners = [("statements", Channel), ("bank", BankAccount)]
    work = [
        (owner, path)
        for folder, model in owners
        for owner in model.objects.for_merchant(merchant).select_related("merchant")
        for path in sorted((drop / folder / owner.code).iterdir())
    ]
    random.Random(seed).shuffle(work)
    for owner, path in work:
        import_file(
            owner=type(owner).objects.select_related("merchant").get(pk=owner.pk), name=path.name, data=path.read_bytes(), by=None, now=NOW
        )


def assert_scored_perfectly(world: str, found: Path) -> None:
    command = [sys.executable, WORLDS / "score.py", WORLDS / world / "truth.csv", found]
    scored = subprocess.run(command, capture_output=True, text=True, check=False)
    assert scored.stdout.splitlines()[-1] == "PASS", scored.stdout


def assert_no_file_is_stopped() -> None:
    for model in (Statement, BankStatement):
        assert set(model.objects.values_list("state", "refusal")) == {("posted", "")}
        assert all(profile["rows"] >= 0 for profile in model.objects.values_list("profile", flat=True))


@pytest.mark.parametrize("world", ["clean", "basic", "rich"])
def test_world_is_scored_perfectly_by_the_commands(world, tmp_path):
    call_command("ingest", str(WORLDS / world / "drop"))
    call_command("reconcile", "--merchant", "qingtian", "--as-of", AS_OF.isoformat())
    export(tmp_path / "found.csv")

    assert_scored_perfectly(world, tmp_path / "found.csv")
    assert_no_file_is_stopped()


@pytest.mark.postgres_only  # the database that returns rows in no order of its own
def test_again_and_in_another_order_the_export_is_the_same_to_the_byte(tmp_path):
    drop = WORLDS / "rich" / "drop"
    call_command("ingest", str(drop))
    call_command("reconcile", "--merchant", "qingtian", "--as-of", AS_OF.isoformat())
    first = export(tmp_path / "first.csv")
    assert_scored_perfectly("rich", tmp_path / "first.csv")
    call_command("ingest", str(drop))
    call_command("reconcile", "--merchant", "qingtian", "--as-of", AS_OF.isoformat())
    again = export(tmp_path / "again.csv")
    Merchant.objects.filter(slug="qingtian").update(slug="first-shop")

    load_shuffled(drop, seed=7)
    reconcile(merchant=Merchant.objects.get(slug="qingtian"), as_of=AS_OF, now=NOW)
    shuffled = export(tmp_path / "shuffled.csv")

    assert len(first.splitlines()) == 39
    assert again == first
    assert shuffled == first


def test_a_folder_without_its_merchant_file_is_refused_by_name(tmp_path):
    with pytest.raises(Exception, match=r"there is no merchant\.toml"):
        call_command("ingest", str(tmp_path))

    (tmp_path / "merchant.toml").write_text("[merchant]\nslug = 3\n")
    with pytest.raises(Exception, match="slug"):
        call_command("ingest", str(tmp_path))

    assert Merchant.objects.count() == 0
