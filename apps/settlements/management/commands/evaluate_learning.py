"""`manage.py evaluate_learning --merchant SLUG`: what models of the shop's past are worth today, as JSON; writes nothing."""

import json
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.merchants.models import Merchant
from apps.settlements.enums import ModelKind
from apps.settlements.models import LearnedModel
from apps.settlements.services.teaching import past_of, worth_of_new


class Command(BaseCommand):
    help = "Trains each model on the older days, measures it on the newest quarter beside the plain guess, and prints the figures as JSON."

    def add_arguments(self, parser):
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument("--kind", choices=ModelKind.values, help="one model alone (default: all)")
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="as if it were this day (default: today)")

    def handle(self, *args, merchant, kind, as_of, **options):
        shop = Merchant.objects.filter(slug=merchant).first()
        if shop is None:
            raise CommandError(f"There is no merchant {merchant}.")
        today = as_of or clock.local_date(clock.now(), shop.timezone)
        kinds = [kind] if kind else ModelKind.values
        report = {"merchant": merchant, "as_of": today.isoformat(), "models": {one: self._worth(shop, one, today) for one in kinds}}
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))

    def _worth(self, shop: Merchant, kind: str, today: date) -> dict:
        past = past_of(shop, kind, today)
        found = worth_of_new(past)
        on = LearnedModel.objects.for_merchant(shop).filter(kind=kind, is_on=True).values_list("version", flat=True).first()
        kept = {"rows": past.rows.height, "version_on": on}
        if found is None:
            return {**kept, "passes": False, "why": "too_little"}
        checks = [check.as_json() for check in found.checks]
        return {**kept, "passes": found.passes, "figures": found.figures, "checks": checks}
