"""`score_worlds.py FIRST LAST [abroad] [consoles] [heavy]`: makes a practice world for each seed and scores it by its own key.

Sizes and mixes of faults follow from the seed. With `abroad` the shop has PayPal and Adyen, too, with `consoles` two channels whose
exports are mapped, paid weekly and monthly, one in yen; `heavy` plants four times as many faults. Prints a line a world, one for each
row that is missed or false, and the sums at the end; exits 1 when anything was missed, false or of another amount.
Nothing stays: each world is taken in within a transaction that is rolled back.
"""

import logging
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Collection
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
from apps.reports.practice.world import MIX, Plan, make_world  # noqa: E402
from apps.settlements.models import Discrepancy  # noqa: E402
from apps.settlements.services.drop import load_drop  # noqa: E402
from apps.settlements.services.reconcile import reconcile  # noqa: E402

AS_OF = date(2026, 11, 20)
KINDS = sorted({item.split()[0] for item in MIX.split(",")})
NO_AMOUNTS = {"currency_mismatch", "late_settlement", "statement_gap"}


def plan_of(seed: int, more: Collection[str]) -> Plan:
    """A shop whose size and faults follow from the seed: mostly mixed, at times one kind over and over."""
    dice = random.Random(seed)
    codes, kinds = ("alipay", "ecpay", "stripe"), KINDS
    if "abroad" in more:
        codes, kinds = (*codes, "paypal", "adyen"), [*KINDS, "payout_amount_mismatch"]
    if "consoles" in more:
        codes = (*codes, "counter", "japan")
    pairs = [f"{kind} {code}" for kind in kinds for code in codes]
    dice.shuffle(pairs)
    if seed % 5 == 0:
        one = dice.choice(kinds)
        pairs = [pair for pair in pairs if pair.split()[0] == one]
    return Plan(
        slug="scored", days=dice.randint(12, 40), per_day=dice.uniform(4, 16), seed=seed,
        faults=dice.randint(10, 120) * (4 if "heavy" in more else 1),
        mix=", ".join(pairs), parts=bool(seed % 2), abroad="abroad" in more, consoles="consoles" in more,
    )  # fmt: skip


def key(kind: str, channel: str, order_no: str, day: date, expected, actual) -> tuple:
    amounts = (None, None) if kind in NO_AMOUNTS else (expected, actual)
    return (kind, channel, order_no, day, *amounts)


def score(seed: int, more: Collection[str] = ()) -> tuple[Counter, Counter, Counter]:
    """What is right, what was missed and what is false (another amount counts as both)."""
    now = start_of_day(AS_OF, "Asia/Taipei", hour=10)
    with tempfile.TemporaryDirectory() as place, override_settings(MEDIA_ROOT=Path(place) / "kept"), transaction.atomic():
        world = make_world(Path(place), plan_of(seed, more), as_of=AS_OF)
        report = load_drop(folder=world.drop, by=None, now=now)
        reconcile(merchant=report.merchant, as_of=AS_OF, now=now)
        rows = Discrepancy.objects.for_merchant(report.merchant).select_related("channel")
        found = Counter(key(d.kind, d.channel.code, d.order_no, d.business_date, d.expected_minor, d.actual_minor) for d in rows)
        planted = Counter(key(t.kind, t.channel, t.order_no, t.day, t.expected, t.actual) for t in world.truth)
        transaction.set_rollback(True)
    return found & planted, planted - found, found - planted


def main(first: int, last: int, more: Collection[str]) -> int:
    call_command("migrate", verbosity=0)
    right, missed, false = Counter(), Counter(), Counter()
    for seed in range(first, last + 1):
        good, lost, extra = score(seed, more)
        print(f"seed {seed}: right {good.total()}, missed {lost.total()}, false {extra.total()}", flush=True)
        for name, rows in (("missed", lost), ("false", extra)):
            for row in rows:
                print(f"seed {seed} {name}: {row}", flush=True)
        right.update(row[0] for row in good.elements())
        missed.update(row[0] for row in lost.elements())
        false.update(row[0] for row in extra.elements())
    for kind in sorted(right | missed | false):
        print(f"{kind:30} right {right[kind]:6} missed {missed[kind]:4} false {false[kind]:4}")
    told, planted = right.total() + false.total(), right.total() + missed.total()
    print(f"{last - first + 1} worlds: precision {right.total() / max(told, 1):.4f}, recall {right.total() / max(planted, 1):.4f}")
    return 1 if missed or false else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
