"""`manage.py book_rates --merchant SLUG --channel CODE rates.csv`: the exchange rates at which the books convert."""

import csv
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.channels.models import Channel
from apps.channels.services.match_rules import book_rate
from apps.core import clock
from apps.core.errors import HezhangError

COLUMNS = ("valid_from", "base", "quote", "rate")


class Command(BaseCommand):
    help = "Books exchange rates of a channel from a CSV of valid_from (YYYY-MM-DD), base, quote and rate. All of it or nothing."

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument("--channel", required=True, metavar="CODE")

    def handle(self, *args, file, merchant, channel, **options):
        found = Channel.objects.filter(merchant__slug=merchant, code=channel).first()
        if found is None:
            raise CommandError(f"there is no channel {channel} of {merchant}")
        with Path(file).open(encoding="utf-8-sig", newline="") as lines, transaction.atomic():
            reader = csv.DictReader(lines)
            if set(COLUMNS) - set(reader.fieldnames or ()):
                raise CommandError(f"{file} must have the columns {', '.join(COLUMNS)}")
            count = 0
            for count, row in enumerate(reader, start=1):
                self._book(found, row, f"{file}, row {count + 1}")
        self.stdout.write(f"{merchant}/{channel}: {count} rate(s) booked")

    def _book(self, channel: Channel, row: dict, place: str) -> None:
        try:
            day, rate = date.fromisoformat(row["valid_from"].strip()), Decimal(row["rate"].strip())
            base, quote = row["base"].strip().upper(), row["quote"].strip().upper()
            book_rate(channel=channel, base=base, quote=quote, valid_from=day, rate=rate, by=None, now=clock.now())
        except (ValueError, InvalidOperation, AttributeError) as error:
            raise CommandError(f"{place}: {row}") from error
        except HezhangError as error:
            raise CommandError(f"{place}: {error.message}") from error
