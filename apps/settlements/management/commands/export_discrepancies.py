"""`manage.py export_discrepancies`: the discrepancy list as a stable CSV."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from apps.merchants.models import Merchant
from apps.settlements.enums import DiscrepancyState
from apps.settlements.exports import write_discrepancies
from apps.settlements.models import Discrepancy
from apps.settlements.states import OPEN


class Command(BaseCommand):
    help = "Writes a merchant's discrepancies as CSV, in an order that does not depend on what came in first."

    def add_arguments(self, parser):
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument("--status", choices=["open", "all", *DiscrepancyState.values], default="all", help="open means not closed yet")
        parser.add_argument("--output", required=True, metavar="FILE.csv")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a sentence")

    def handle(self, *args, merchant, status, output, **options):
        shop = Merchant.objects.filter(slug=merchant).first()
        if shop is None:
            raise CommandError(f"there is no merchant {merchant}")
        rows = Discrepancy.objects.for_merchant(shop)
        if status == "open":
            rows = rows.filter(state__in=[*OPEN])
        elif status != "all":
            rows = rows.filter(state=status)
        try:
            with Path(output).open("w", encoding="utf-8", newline="") as out:
                count = write_discrepancies(rows, out)
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror}") from error
        self.stdout.write(json.dumps({"rows": count, "output": output}) if options["json"] else f"{count} row(s) written to {output}")
