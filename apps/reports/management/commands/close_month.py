"""`manage.py close_month`: the PDF and the Excel report of a month."""

import json
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from apps.core import clock
from apps.core.money import plain
from apps.merchants.models import Merchant
from apps.reports.errors import ReportError
from apps.reports.figures.months import Month
from apps.reports.services.hand_out import HandedOut, hand_out


class Command(BaseCommand):
    help = (
        "Writes the PDF and the Excel report of a month. Refuses while discrepancies of the month are open, unless --draft; "
        "nothing is written then. A month that was closed is handed out as it was closed. "
        "Signing is done on the Reports page, by two people."
    )

    def add_arguments(self, parser):
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument("--month", required=True, metavar="YYYY-MM")
        parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="folder for the two files; made when absent")
        parser.add_argument("--draft", action="store_true", help="write a draft, whatever is open")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default=settings.LANGUAGE_CODE)
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of sentences")

    def handle(self, *args, merchant, month, output, draft, language, **options):
        shop = Merchant.objects.filter(slug=merchant).first()
        if shop is None:
            raise CommandError(f"there is no merchant {merchant}")
        try:
            wanted = Month.parse(month)
        except ValueError as error:
            raise CommandError(f"{month} is no month; write it as 2026-10") from error
        with translation.override(language):
            made = self._hand_out(shop, wanted, output, is_draft=draft, language=language)
        self._tell(made, merchant, wanted, as_json=options["json"])

    def _hand_out(self, shop: Merchant, month: Month, folder: Path, *, is_draft: bool, language: str) -> HandedOut:
        made = {"merchant": shop, "month": month, "folder": folder, "is_draft": is_draft, "language": language}
        try:
            return hand_out(now=clock.now(), progress=self._progress, **made)
        except ReportError as error:
            raise CommandError(str(error)) from error

    def _progress(self, percent: int, step: str) -> None:
        """One line that rewrites itself, on a terminal only."""
        if sys.stderr.isatty():
            self.stderr.write(f"\r{percent:3d} % {step:<40}", ending="")

    def _tell(self, made: HandedOut, slug: str, month: Month, *, as_json: bool) -> None:
        totals = {
            currency: {name: plain(row[name], currency) for name in ("opening", "sales", "refunds", "fees", "disputes", "adjustments")}
            | {name: plain(row[name], currency) for name in ("payouts", "closing", "missing")}
            for currency, row in made.figures["totals"].items()
        }
        if as_json:
            told = {"merchant": slug, "month": str(month), "state": made.state, "pdf": str(made.pdf), "xlsx": str(made.xlsx)}
            self.stdout.write(json.dumps({**told, "figures_sha256": made.figures_sha256, "totals": totals}, ensure_ascii=False))
            return
        self.stdout.write(f"{slug} {month}, {made.state}: {made.pdf}, {made.xlsx}")
        for currency, row in totals.items():
            terms = " + ".join(row[name] for name in ("opening", "sales", "refunds", "fees", "disputes", "adjustments"))
            self.stdout.write(f"{currency}: {terms} = {row['payouts']} + {row['closing']}, missing {row['missing']}")
        if made.figures_sha256:
            self.stdout.write(f"SHA-256 of the figures: {made.figures_sha256}")
