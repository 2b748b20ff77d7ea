"""`learning.py FIRST LAST [habits]`: makes a practice shop for each seed, eight months long, and tells what models of its past are worth.

Without `habits` faults fall anywhere, so that no model may pass; with it most follow a habit. One line of JSON a shop and kind, then how
many passed. Nothing stays: each shop is taken in within a transaction that is rolled back.
"""

import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")

import django

django.setup()
logging.disable(logging.INFO)

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from django.test.utils import override_settings  # noqa: E402

from apps.core.clock import start_of_day  # noqa: E402
from apps.reports.practice.world import Plan, make_world  # noqa: E402
from apps.settlements.services.drop import load_drop  # noqa: E402
from apps.settlements.services.reconcile import reconcile  # noqa: E402
from apps.settlements.services.teaching import past_of, worth_of_new  # noqa: E402

AS_OF = date(2026, 11, 20)
KINDS = ("risk_day", "risk_payment")
# Faults of payments alone; those of files, payouts and refunds have no habit.
MIX = """
fee_mismatch ecpay, missing_at_provider ecpay, amount_mismatch alipay, amount_mismatch ecpay, fee_mismatch stripe,
missing_at_provider alipay, currency_mismatch stripe, fee_mismatch alipay, amount_mismatch stripe
"""


def judged(seed: int, habits: bool) -> list[dict]:
    """What each kind of model is worth in one shop."""
    now = start_of_day(AS_OF, "Asia/Taipei", hour=12)
    plan = Plan(slug="taught", days=240, per_day=10, seed=seed, faults=150, mix=MIX, habits=habits)
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=Path(folder) / "files"), transaction.atomic():
        world = make_world(Path(folder), plan, as_of=AS_OF)
        merchant = load_drop(folder=world.drop, by=None, now=now).merchant
        reconcile(merchant=merchant, as_of=AS_OF, now=now)
        found = []
        for kind in KINDS:
            started = time.monotonic()
            worth = worth_of_new(past_of(merchant, kind, AS_OF))
            figures = worth.figures
            found.append(
                {
                    "seed": seed, "kind": kind, "habits": habits, "passes": worth.passes,
                    "average_precision": figures["average_precision"], "log_loss": figures["log_loss"],
                    "first_looks": figures["first_looks"], "wins": figures["wins"], "chance": figures["chance"],
                    "held": figures["held"], "fails": [check.name for check in worth.checks if not check.holds],
                    "strongest": [f"{one.facet}={one.value} {one.points:+.2f}" for one in worth.model.strongest(3)],
                    "seconds": round(time.monotonic() - started, 1),
                }
            )  # fmt: skip
        transaction.set_rollback(True)
    return found


def main(first: int, last: int, habits: bool) -> None:
    call_command("migrate", verbosity=0)
    passed, shops = Counter(), last - first + 1
    for seed in range(first, last + 1):
        for row in judged(seed, habits):
            passed[row["kind"]] += row["passes"]
            print(json.dumps(row, ensure_ascii=False), flush=True)
    print(json.dumps({"shops": shops, "passed": {kind: passed[kind] for kind in KINDS}}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), "habits" in sys.argv[3:])
