#!/usr/bin/env python
"""Which preset of the alerts fires where: in a world with every pattern of risk planted, and in a clean one, seed by seed.

    bench/presets.py 1 8          # seeds 1 to 8, two worlds each; on SQLite in memory unless DATABASE_URL names an empty database

Prints a line a seed with the findings of each preset in the planted world, those that are no planted pattern (stray), the patterns that
nothing found (missed), and the findings in the clean world; at the end the sums. Exits 1 when a preset slept, strayed, missed a pattern
or fired in a clean world. Nothing stays: each world is taken in within a transaction that is rolled back.
"""

import logging
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")

import django

django.setup()
logging.disable(logging.INFO)

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from django.test.utils import override_settings  # noqa: E402

from apps.channels.models import Channel  # noqa: E402
from apps.disputes.rules.kinds import Kind  # noqa: E402
from apps.reports.practice.world import Plan, make_world  # noqa: E402
from tests.disputes.risk.test_worlds import AS_OF, MAY, brought_in, found_by_presets, is_of  # noqa: E402

DIFFERENCES = ("single_difference", "payout_late")  # theirs are the rows of the reconciliation's own answer key


@dataclass
class Seen:
    """What the presets said of one seed's two worlds."""

    fired: Counter
    stray: list
    missed: list[str]
    clean: Counter

    @property
    def is_right(self) -> bool:
        return not (self.stray or self.missed or self.clean) and set(self.fired) == {kind.value for kind in Kind}


def look(seed: int) -> Seen:
    """Both worlds of a seed: 92 days, looked at over the last 30, the clean one over 60."""
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder), transaction.atomic():
        fired, stray, missed = _planted(Path(folder) / "planted", seed)
        clean = make_world(Path(folder) / "clean", Plan(slug="calm", days=92, seed=seed, faults=0), as_of=AS_OF)
        calm = Counter(kind for kind, _one in found_by_presets(*brought_in(clean.drop, AS_OF), days=60))
        transaction.set_rollback(True)
    return Seen(fired, stray, missed, calm)


def _planted(folder: Path, seed: int) -> tuple[Counter, list, list[str]]:
    folder.mkdir()
    world = make_world(folder, Plan(slug="watched", days=92, seed=seed, faults=12, risks=True), as_of=AS_OF)
    merchant, now = brought_in(world.drop, AS_OF)
    codes = dict(Channel.objects.for_merchant(merchant).values_list("pk", "code"))
    found = found_by_presets(merchant, now)
    hits = {row: sum(is_of(row, kind, one, codes) for kind, one in found) for row in world.risks}
    watched = [(kind, one) for kind, one in found if kind not in DIFFERENCES]
    stray = [(kind, one.facts) for kind, one in watched if not any(is_of(row, kind, one, codes) for row in world.risks)]
    missed = [row.note for row, count in hits.items() if not count and row.note not in MAY]
    return Counter(kind for kind, _one in found), stray, missed


def main(first: int, last: int) -> int:
    call_command("migrate", verbosity=0)
    sums, wrong = Counter(), 0
    for seed in range(first, last + 1):
        started = time.perf_counter()
        seen = look(seed)
        sums += seen.fired
        wrong += not seen.is_right
        fired = ", ".join(f"{kind.value} {seen.fired[kind.value]}" for kind in Kind)
        said = f"stray {seen.stray or 0}, missed {seen.missed or 0}, clean {dict(seen.clean) or 0}, {time.perf_counter() - started:.0f} s"
        print(f"seed {seed}: {fired}; {said}", flush=True)
    fired = ", ".join(f"{kind.value} {sums[kind.value]}" for kind in Kind)
    print(f"{last - first + 1} seeds, {wrong} wrong: {fired}")
    return 1 if wrong else 0


if __name__ == "__main__":
    first, last = (int(text) for text in (sys.argv[1:] or ["1", "8"]))
    sys.exit(main(first, last))
