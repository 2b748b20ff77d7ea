"""`manage.py rebuild_figures`: the daily figures from all rows, as a check of those that each import keeps up."""

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.merchants.models import Merchant
from apps.reports.services.rollup import differing_days, fresh_rollup, refresh


class Command(BaseCommand):
    help = "Makes every daily figure of a merchant anew, or with --check only tells where a figure is not what its rows come to."

    def add_arguments(self, parser):
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument("--check", action="store_true", help="bring the days that changed up, compare all, change nothing else")

    def handle(self, *args, merchant, check, **options):
        shop = Merchant.objects.filter(slug=merchant).first()
        if shop is None:
            raise CommandError(f"there is no merchant {merchant}")
        if not check:
            refresh(merchant=shop, now=clock.now())
            self.stdout.write(f"{merchant}: every daily figure made anew")
            return
        fresh_rollup(merchant=shop, now=clock.now())
        found = differing_days(merchant=shop)
        for (channel, currency, day, term, payout), stored, should in found[:50]:
            self.stdout.write(f"channel {channel} {currency} {day} {term} payout {payout}: stored {stored}, rows come to {should}")
        if found:
            raise CommandError(f"{merchant}: {len(found)} daily figures are not what their rows come to")
        self.stdout.write(f"{merchant}: every daily figure is what its rows come to")
