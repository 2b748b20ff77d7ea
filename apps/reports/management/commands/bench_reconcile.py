"""`manage.py bench_reconcile --rows N`: how long it takes from files on disk to matches and discrepancies in the database."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test.utils import override_settings

from apps.channels.models import Channel
from apps.channels.services.merchant_file import load_merchant_file
from apps.core import clock
from apps.merchants.models import Merchant
from apps.orders.services.books import import_payments, import_refunds
from apps.reports.practice.throwaway import delete_merchant
from apps.settlements.errors import UnableToImport
from apps.settlements.models import Discrepancy
from apps.settlements.services.intake import import_files
from apps.settlements.services.reconcile import reconcile

SLUG = "bench-throwaway"
AS_OF = date(2026, 6, 30)  # everything in the files is due by then
MEBIBYTE = 1024 if sys.platform == "linux" else 1024 * 1024  # of ru_maxrss, which is KiB on Linux and bytes on macOS


class Command(BaseCommand):
    help = "Measures reconciliation on a throw-away merchant and prints one line of JSON. Making the files is not counted."

    def add_arguments(self, parser):
        parser.add_argument("--rows", type=int, default=10_000, metavar="N", help="payments, and about as many statement lines")
        parser.add_argument("--keep", action="store_true", help="leave the merchant in the database")

    def handle(self, *args, rows, keep, **options):
        if not 100 <= rows <= 10_000_000:
            raise CommandError("--rows takes 100 to 10000000")
        if old := Merchant.objects.filter(slug=SLUG).first():
            delete_merchant(old)
        with tempfile.TemporaryDirectory(prefix="hezhang-bench-") as place, override_settings(MEDIA_ROOT=Path(place) / "kept"):
            folder = Path(place) / "drop"
            made = self._make(folder, rows)
            steps, logged = self._measure(folder, tell=options["verbosity"] > 1)
        peak = _peak_mb()
        merchant = Merchant.objects.get(slug=SLUG)
        found = Counter(Discrepancy.objects.for_merchant(merchant).values_list("kind", flat=True))
        if not keep:
            delete_merchant(merchant)
        if found != Counter(made["expected"]):
            raise CommandError(f"wrong result: expected {made['expected']}, found {dict(found)}")
        total = sum(steps.values())
        figures = {"rows": rows, "total_s": round(total, 2), "steps": {name: round(taken, 2) for name, taken in steps.items()}}
        figures |= {"rows_per_s": round(rows / total), "peak_mb": peak, "database": connection.vendor}
        if logged is not None:
            figures["log_bytes_per_line"] = round(logged / made["lines"])
        self.stdout.write(json.dumps(figures))

    def _make(self, folder: Path, rows: int) -> dict:
        """The files, made in another process: its memory would otherwise count as ours."""
        script = Path(settings.BASE_DIR) / "bench" / "reconcile_files.py"
        made = subprocess.run([sys.executable, script, folder, str(rows)], check=True, capture_output=True, text=True)  # noqa: S603
        return json.loads(made.stdout)

    def _measure(self, folder: Path, *, tell: bool) -> tuple[dict[str, float], int | None]:
        """Seconds by step, from bytes on disk to rows committed, and the bytes that statements and reconciliation put into
        PostgreSQL's log (None elsewhere). `tell` also says what each step took of processor and memory."""
        now, steps, started, worked = clock.now(), {}, time.perf_counter(), time.process_time()

        def lap(name: str) -> None:
            nonlocal started, worked
            ended, busy = time.perf_counter(), time.process_time()
            steps[name] = ended - started
            if tell:
                self.stderr.write(f"{name}: {steps[name]:.1f} s, {busy - worked:.1f} s of it our own work, {_peak_mb()} MB at most so far")
            started, worked = ended, busy

        merchant = load_merchant_file((folder / "merchant.toml").read_bytes(), by=None, now=now).merchant
        for name, load in (("payments.csv", import_payments), ("refunds.csv", import_refunds)):
            load(merchant=merchant, name=name, data=(folder / name).read_bytes(), by=None, now=now)
        lap("books")
        log_before = _log_position()
        channel = Channel.objects.for_merchant(merchant).get()
        for done in import_files(files=[(channel, path) for path in sorted((folder / "statements").iterdir())], by=None, now=now):
            if isinstance(done, UnableToImport):
                raise done
        lap("statements")
        reconcile(merchant=merchant, as_of=AS_OF, now=now)
        lap("reconcile")
        return steps, None if log_before is None else _log_position() - log_before


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MEBIBYTE


def _log_position() -> int | None:
    """Bytes that PostgreSQL has written to its log since ever; None on another database."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")
        return cursor.fetchone()[0]
