"""manage.py verify_audit: walks the chain of audit events and names the first that does not fit."""

import sys
from collections.abc import Iterator
from contextlib import closing

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from apps.audit import reading
from apps.audit.exporting import NotAnExport, chain_lines, read_chains
from apps.audit.signing import trusted_keys
from apps.audit.verifying import ChainFacts, verify_chain
from apps.core import clock


class Command(BaseCommand):
    help = "Verifies the audit chains of the database, or of an export without any database. Ends with 1 when anything does not fit."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--merchant", help="short name of the merchant whose chain alone is verified; without it all chains")
        parser.add_argument("--export", metavar="FILE", help="verify this export offline instead of the database")
        parser.add_argument("--write", metavar="FILE", help="write the export of the chains to FILE instead of verifying")
        parser.add_argument("--public-key", action="append", default=[], help="base64 key that signed checkpoints; may be repeated")

    def handle(self, *args, **options):
        trusted = frozenset(options["public_key"]) or trusted_keys()
        if options["write"]:
            return self._write(options["write"], self._chains(options["merchant"]))
        broken = chains = 0
        try:
            with closing(self._facts(options)) as every:
                for facts in every:
                    chains += 1
                    broken += not self._tell(verify_chain(facts, trusted))
        except (NotAnExport, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        where = options["export"] or "the database"
        if broken:
            self.stderr.write(f"{broken} of {chains} chains in {where} do not hold.")
            sys.exit(1)
        self.stdout.write(f"{chains} chains in {where} hold.")
        return None

    def _facts(self, options) -> Iterator[ChainFacts]:
        if options["export"]:
            with open(options["export"], encoding="utf-8") as lines:
                yield from read_chains(lines)
        else:
            yield from map(reading.chain_facts, self._chains(options["merchant"]))

    def _chains(self, slug: str | None) -> list[int]:
        if not slug:
            return reading.chain_ids()
        with connection.cursor() as cursor:  # by table: the audit knows no merchants
            cursor.execute("SELECT id FROM merchants_merchant WHERE slug = %s", [slug])
            found = cursor.fetchone()
        if found is None:
            raise CommandError(f"no merchant {slug!r}")
        return [found[0]]

    def _tell(self, report) -> bool:
        if report.holds:
            counts = f"{report.events} events and {report.checkpoints} checkpoints"
            self.stdout.write(f"chain {report.chain_id}: {counts} hold, the last hash is {report.last_hash}")
            return True
        first, *others = report.breaks
        self.stderr.write(f"BROKEN  {first}")
        for one in others:
            self.stderr.write(f"        {one}")
        return False

    def _write(self, path: str, chains: list[int]) -> None:
        with open(path, "w", encoding="utf-8") as target:
            target.writelines(chain_lines(chains, now=clock.now()))
        self.stdout.write(f"{len(chains)} chains are written to {path}.")
