"""A disk that is full while a file is stored: a clear error, nothing half kept, and the same file comes in once there is room.

The limit is the process's own on the size of a file, which the system enforces in `write` as it does a full disk. It holds for SQLite's
file too, so that what writes rows before it stores a file is tried on PostgreSQL alone.
"""

import resource
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from apps.core.files import NoRoomLeft
from apps.reports.practice.world import Plan, make_world
from apps.settlements.models import Statement, StatementLine
from apps.settlements.services.intake import import_file
from tests import cast
from tests.settlements import stripe_files as f

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
LIMIT = 2_000


@contextmanager
def full_disk():
    """No file of this process grows beyond LIMIT bytes; the signal that would end it is set aside."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    told = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, told)


@pytest.fixture
def stripe(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "kept"
    return cast.make_channel(
        cast.make_merchant(),
        "stripe",
        provider="stripe",
        currency="USD",
        timezone="UTC",
        calendar="US",
        settles="T+2",
        statements="per_payout",
    )


def kept(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_file_that_cannot_be_stored_is_not_imported_and_comes_in_later(stripe, settings):
    data = f.report(*(f.row(number) for number in range(30)))

    with full_disk(), pytest.raises(NoRoomLeft):
        import_file(owner=stripe, name="payout_20261118.csv", data=data, by=None, now=cast.NOW)

    assert (Statement.objects.count(), StatementLine.objects.count(), kept(settings)) == (0, 0, [])
    done = import_file(owner=stripe, name="payout_20261118.csv", data=data, by=None, now=cast.NOW)
    assert (done.was_seen, StatementLine.objects.count(), len(kept(settings))) == (False, 30, 1)


def test_a_page_says_so_and_keeps_no_preview(stripe, settings, client):
    client.force_login(cast.accountant(stripe.merchant, language="en"), backend="django.contrib.auth.backends.ModelBackend")
    data = f.report(*(f.row(number) for number in range(30)))

    with full_disk():
        page = client.post("/m/qingtian/statements/upload", {"files": [SimpleUploadedFile("payout_20261118.csv", data)]}, follow=True)

    assert "There is no room left to store files" in page.content.decode()
    assert (Statement.objects.count(), kept(settings)) == (0, [])


@pytest.mark.postgres_only
def test_a_folder_stops_with_a_sentence_and_goes_on_from_there(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "kept"
    calm, rough = (
        make_world(tmp_path / slug, Plan(slug=slug, days=9, per_day=8, faults=0), as_of=cast.TODAY) for slug in ("calm", "rough")
    )
    call_command("ingest", str(calm.drop), verbosity=0)

    def lines(slug):
        rows = StatementLine.objects.filter(merchant__slug=slug, is_live=True)
        return sorted(rows.values_list("channel__code", "business_date", "provider_ref", "kind", "net", "ordinal"))

    for path in kept(settings):
        path.unlink()
    with full_disk(), pytest.raises(CommandError, match="no room left"):
        call_command("ingest", str(rough.drop), verbosity=0)
    assert lines("rough") != lines("calm")

    call_command("ingest", str(rough.drop), verbosity=0)
    assert lines("rough") == lines("calm")
