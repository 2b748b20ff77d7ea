"""Imports and passes of one channel-day at the same moment, in real threads: the end is that of doing one after the other."""

import threading

import pytest
from django.db import connection

from apps.channels.models import Channel
from apps.settlements.models import BankMatch, Discrepancy, LineSighting, Match, Payout, Statement, StatementLine
from apps.settlements.services.intake import import_file
from apps.settlements.services.reconcile import reconcile
from tests import cast
from tests.settlements import stripe_files as f

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]
FILES = {
    "payout_20261118.csv": f.report(f.row(1), f.row(2), f.row(3, gross="12.00")),
    "payout_20261118_20261119.csv": f.report(f.row(2), f.row(3, gross="12.00"), f.row(4, payout="po_1Qx89")),  # overlaps
}
BANK = f.bank(("2026-11-18", "31.10", "STRIPE po_1Qx88 po_1Qx89"), ("2026-11-19", "9.70", "STRIPE po_1Qx89"))


def shop(slug: str) -> Channel:
    merchant = cast.make_merchant(slug)
    account = cast.make_bank_account(merchant, "chase", currency="USD", mapping=f.BANK_MAPPING)
    channel = cast.make_channel(
        merchant, "stripe", provider="stripe", currency="USD", timezone="UTC", calendar="US", settles="T+2", statements="per_payout",
        bank_account=account, bank_keywords=["STRIPE"],
    )  # fmt: skip
    for number in range(1, 6):
        cast.make_payment(channel, f"A{number}", 1000, provider_ref=f"pi_{number}", paid_at=cast.NOW.replace(day=16, hour=3))
    return channel


def work_of(channel: Channel) -> list:
    def bring(owner, name, data):
        return lambda: import_file(owner=type(owner).objects.get(pk=owner.pk), name=name, data=data, by=None, now=cast.NOW)

    def look():
        reconcile(merchant=channel.merchant, now=cast.NOW)

    imports = [bring(channel, name, data) for name, data in FILES.items()]
    return [*imports, look, *imports, bring(channel.bank_account, "bank_20261118_20261120.csv", BANK), look]


def state(channel: Channel) -> dict[str, list]:
    mine = {"merchant": channel.merchant}
    rows = {
        "files": Statement.objects.filter(**mine).values_list("name", "state"),
        "lines": StatementLine.objects.filter(**mine).values_list("line_ref", "net", "is_live"),
        "seen": LineSighting.objects.filter(**mine).values_list("line__line_ref"),
        "matches": Match.objects.filter(**mine, voided_at=None).values_list("line__line_ref", "payment__merchant_ref", "rule"),
        "payouts": Payout.objects.filter(**mine).values_list("ref", "lines_net_minor", "arrived_minor"),
        "ties": BankMatch.objects.filter(**mine, voided_at=None).values_list("payout__ref", "bank_line__memo", "amount_minor"),
        "faults": Discrepancy.objects.filter(**mine).exclude(state="cleared").values_list("kind", "expected_minor", "actual_minor"),
    }
    return {name: sorted(found) for name, found in rows.items()}


def test_two_imports_and_two_passes_of_a_day_end_as_one_after_the_other():
    quiet, busy, errors = shop("quiet"), shop("busy"), []
    for step in work_of(quiet):
        step()
    gate = threading.Barrier(len(work_of(busy)))

    def run(step):
        try:
            gate.wait()
            step()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(step,)) for step in work_of(busy)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reconcile(merchant=busy.merchant, now=cast.NOW)  # a pass that came before a file did not know it

    assert errors == []
    assert state(busy) == state(quiet)
    assert len(state(quiet)["lines"]) == 4
