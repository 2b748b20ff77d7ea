"""Kill -9 at every boundary between the steps of an import and a pass: nothing half is left, and starting again ends as the quiet run."""

import signal

import pytest
from django.conf import settings

from apps.settlements.models import AcceptedDifference, BankMatch, Discrepancy, Match, Payout, Statement, StatementLine
from apps.settlements.services.intake import import_file
from apps.settlements.services.reconcile import reconcile
from tests import cast
from tests.faults.forking import Forker
from tests.faults.settling_process import PLACES
from tests.settlements import stripe_files as f

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
NAME = "payout_20261118.csv"
FILE = f.report(f.row(1), f.row(2, fee="0.31"), f.row(3, gross="12.00"), f.row(9))


def shop(slug: str):
    merchant = cast.make_merchant(slug)
    account = cast.make_bank_account(merchant, "chase", currency="USD", mapping=f.BANK_MAPPING)
    channel = cast.make_channel(
        merchant, "stripe", provider="stripe", currency="USD", timezone="UTC", calendar="US", settles="T+2", statements="per_payout",
        bank_account=account, bank_keywords=["STRIPE"],
    )  # fmt: skip
    cast.make_fee_rule(channel, methods=["*"], percent_ppm=30000, tolerance_minor=1)
    for number in range(1, 5):
        cast.make_payment(channel, f"A{number}", 1000, provider_ref=f"pi_{number}", paid_at=cast.NOW.replace(day=16, hour=3))
    whole = f"{(970 + 969 + 1170 + 970) / 100:.2f}"
    import_file(owner=account, name="b_20261118_20261120.csv", data=f.bank(("2026-11-18", whole, "STRIPE po_1Qx88")), by=None, now=cast.NOW)
    return channel


def state(merchant) -> dict[str, list]:
    mine = {"merchant": merchant}
    rows = {
        "files": Statement.objects.filter(**mine).values_list("name", "state", "lines_new", "lines_seen"),
        "lines": StatementLine.objects.filter(**mine).values_list("line_ref", "net", "is_live"),
        "matches": Match.objects.filter(**mine).values_list("line__line_ref", "payment__merchant_ref", "rule", "voided_at"),
        "accepted": AcceptedDifference.objects.filter(**mine).values_list(
            "kind", "payment__merchant_ref", "expected_minor", "actual_minor"
        ),
        "payouts": Payout.objects.filter(**mine).values_list("ref", "lines_net_minor", "arrived_minor"),
        "ties": BankMatch.objects.filter(**mine).values_list("payout__ref", "amount_minor", "rule", "voided_at"),
        "faults": Discrepancy.objects.filter(**mine).values_list("kind", "state", "expected_minor", "actual_minor", "source_row"),
    }
    return {name: sorted(found, key=str) for name, found in rows.items()}


def settle(channel) -> None:
    import_file(owner=type(channel).objects.get(pk=channel.pk), name=NAME, data=FILE, by=None, now=cast.NOW)
    reconcile(merchant=channel.merchant, now=cast.NOW)


@pytest.fixture
def worker(database_url):
    environment = {
        "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings.test", "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }  # fmt: skip
    forker = Forker("tests.faults.settling_process", environment)
    yield forker
    forker.close()


def test_every_boundary_between_two_steps(worker, tmp_path):
    quiet = shop("quiet")
    settle(quiet)
    expected = state(quiet.merchant)
    assert {name: len(rows) for name, rows in expected.items()} == {
        "files": 1, "lines": 4, "matches": 3, "accepted": 1, "payouts": 1, "ties": 1, "faults": 4,
    }  # fmt: skip
    path = tmp_path / NAME
    path.write_bytes(FILE)

    for point in PLACES:
        rough = shop(point)
        before = state(rough.merchant)
        worker.begin(rough.merchant.pk, str(path), point)
        assert worker.ended() == -signal.SIGKILL, point

        left = state(rough.merchant)
        of_file = ("files", "lines") if point in ("stored", "lines") else ()  # else the file is in, whole
        assert {name: left[name] for name in (*of_file, "matches", "accepted", "payouts", "ties", "faults")} == {
            name: before[name] for name in (*of_file, "matches", "accepted", "payouts", "ties", "faults")
        }, point
        settle(rough)
        assert state(rough.merchant) == expected, point
