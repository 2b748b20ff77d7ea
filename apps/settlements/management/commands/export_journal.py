"""`manage.py export_journal`: a month in double entry for other accounting programs."""

import json
import os
import re
from datetime import date, timedelta
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.merchants.models import Merchant
from apps.settlements.ledger.formats.mapping import MappingRefused, read_mapping
from apps.settlements.ledger.formats.registry import FORMATS
from apps.settlements.selectors.journal_book import book_of
from apps.settlements.services.journal import post_journal


def month_days(text: str) -> tuple[date, date]:
    """First and last day of `2026-10`. :raises ValueError: for anything else."""
    if not re.fullmatch(r"[1-9]\d{3}-(0[1-9]|1[0-2])", text, re.ASCII):
        raise ValueError(text)
    first = date.fromisoformat(f"{text}-01")
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


class Command(BaseCommand):
    help = "Brings the journal up to date and writes a month of it. Nothing is written when anything is wrong."

    def add_arguments(self, parser):
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument("--month", required=True, metavar="YYYY-MM")
        parser.add_argument("--format", required=True, choices=[*FORMATS], help="quickbooks is Online, quickbooks_iif is Desktop")
        parser.add_argument("--output", required=True, metavar="FILE")
        parser.add_argument("--accounts", metavar="FILE.csv", help="your own account names: a CSV with the columns account,name")
        parser.add_argument("--opening", action="store_true", help="with opening balances (hledger and beancount always have them)")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a sentence")

    def handle(self, *args, merchant, month, output, accounts, **options):
        shop = Merchant.objects.filter(slug=merchant).first()
        if shop is None:
            raise CommandError(f"there is no merchant {merchant}")
        try:
            first, last = month_days(month)
            names = read_mapping(Path(accounts).read_bytes()) if accounts else {}
        except MappingRefused as error:
            raise CommandError(str(error)) from error
        except ValueError as error:
            raise CommandError(f"{month} is no month such as 2026-10") from error
        except OSError as error:
            raise CommandError(f"{accounts}: {error.strerror}") from error
        run = post_journal(merchant=shop, now=clock.now())
        format = FORMATS[options["format"]]
        counted = Counted(book_of(shop, first=first, last=last, names=names, with_opening=format.with_opening or options["opening"]))
        write_whole(Path(output), format.write(counted.book))
        done = {"merchant": merchant, "month": month, "format": options["format"], "entries": counted.entries, "output": output}
        if options["json"]:
            self.stdout.write(json.dumps(done | {"posted": run.posted, "reversed": run.reversed}))
        else:
            self.stdout.write(f"{counted.entries} entries of {month} written to {output}")


class Counted:
    """A book that counts its entries while they are written."""

    def __init__(self, book):
        self.entries = 0
        self.book = type(book)(**{**vars(book), "entries": self._passing(book.entries)})

    def _passing(self, entries):
        for entry in entries:
            self.entries += 1
            yield entry


def write_whole(path: Path, pieces) -> None:
    """All of the file or nothing of it. :raises CommandError: where it cannot be written."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            out.writelines(pieces)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise CommandError(f"{path}: {error.strerror}") from error
