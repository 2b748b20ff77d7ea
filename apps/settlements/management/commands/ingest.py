"""`manage.py ingest DIR`: everything a shop delivers, from one folder."""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, no_translations

from apps.core import clock
from apps.core.errors import HezhangError
from apps.settlements.services.drop import load_drop


class Command(BaseCommand):
    help = "Loads a drop folder (merchant.toml, payments, refunds and disputes as .csv, statements/, bank/). A file seen before is skipped."

    def add_arguments(self, parser):
        parser.add_argument("folder", metavar="DIR", help="the drop folder")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of sentences")

    @no_translations  # a terminal is spoken to in one language
    def handle(self, *args, folder, **options):
        place = Path(folder)
        if not (place / "merchant.toml").is_file():
            raise CommandError(f"{folder}: there is no merchant.toml in this folder")
        try:
            report = load_drop(folder=place, by=None, now=clock.now(), progress=self._progress)
        except HezhangError as error:
            raise CommandError(str(error.message)) from error
        if options["json"]:
            done = {"merchant": report.merchant.slug, "imported": report.imported, "skipped": report.skipped, "refused": report.refused}
            self.stdout.write(json.dumps(done, ensure_ascii=False))
        else:
            self._tell(report)
        if report.refused:
            raise CommandError(f"{len(report.refused)} file(s) were refused; nothing of them was kept", returncode=1)

    def _progress(self, at: int, of: int, name: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r\033[K{at}/{of} {name}", ending="" if name else "\r\033[K")

    def _tell(self, report) -> None:
        for item in report.imported:
            wrong = f", totals differ: {', '.join(item['totals_differ'])}" if item.get("totals_differ") else ""
            counts = ", ".join(f"{item[name]} {name}" for name in ("new", "changed", "seen", "same") if item.get(name))
            self.stdout.write(f"{item['file']}: {counts or 'no rows'}{wrong}")
        for item in report.refused:
            self.stdout.write(self.style.ERROR(f"{item['file']}: {item['message']}"))
            for row in item["rows"]:
                self.stdout.write(f"  row {row['row']}, {row['column']}: {row['code']} {row['value']!r}")
        done = (len(report.imported), len(report.skipped), len(report.refused))
        self.stdout.write(f"{report.merchant.slug}: {done[0]} file(s) imported, {done[1]} seen before, {done[2]} refused")
