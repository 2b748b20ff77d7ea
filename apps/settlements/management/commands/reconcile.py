"""`manage.py reconcile`: all rules over all open periods of a merchant."""

import json
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from apps.channels.models import Channel
from apps.core import clock
from apps.merchants.models import Merchant
from apps.settlements.services.journal import post_journal
from apps.settlements.services.reconcile import reconcile


class Command(BaseCommand):
    help = "Pairs books, statements and bank lines, and opens or clears discrepancies. Running it again changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument("--channel", metavar="CODE", help="only this channel")
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="judge what is due as of this day (default: today)")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a sentence")

    def handle(self, *args, merchant, channel, as_of, **options):
        shop = Merchant.objects.filter(slug=merchant).first()
        if shop is None:
            raise CommandError(f"there is no merchant {merchant}")
        only = Channel.objects.for_merchant(shop).filter(code=channel).first() if channel else None
        if channel and only is None:
            raise CommandError(f"{merchant} has no channel {channel}")
        run = reconcile(merchant=shop, channel=only, as_of=as_of, now=clock.now())
        posted = post_journal(merchant=shop, now=clock.now())
        if options["json"]:
            self.stdout.write(json.dumps({"merchant": merchant, "as_of": run.as_of.isoformat(), **run.counts, "entries": posted.posted}))
        else:
            counts = run.counts
            self.stdout.write(
                f"{merchant} as of {run.as_of}: {counts.get('matches', 0)} matches ({counts.get('matched', 0)} new), "
                f"{counts.get('opened', 0)} opened, {counts.get('reopened', 0)} reopened, {counts.get('cleared', 0)} cleared, "
                f"{posted.posted} journal entries posted, {posted.reversed} reversed"
            )
