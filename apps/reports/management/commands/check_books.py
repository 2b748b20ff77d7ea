"""`manage.py check_books`: proves that a merchant's data agrees with itself."""

import json

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.merchants.models import Merchant
from apps.reports.figures.proof import Proof
from apps.reports.services.proving import prove_all


class Command(BaseCommand):
    help = (
        "Brings the journal and the daily figures up to date, then proves that every line is accounted for, payouts add up, certificates, "
        "the journal and the figures agree and references hold. Exits 1 if any proof fails."
    )

    def add_arguments(self, parser):
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *args, merchant, **options):
        shop = Merchant.objects.filter(slug=merchant).first()
        if shop is None:
            raise CommandError(f"there is no merchant {merchant}")
        proofs = prove_all(merchant=shop, now=clock.now(), told=(lambda proof: None) if options["json"] else self._tell)
        if options["json"]:
            told = [{"code": p.code, "holds": p.holds, "checked": p.checked, "failed": p.failed, "faults": p.faults} for p in proofs]
            self.stdout.write(json.dumps({"merchant": merchant, "holds": all(p.holds for p in proofs), "proofs": told}, ensure_ascii=False))
        failed = [proof.code for proof in proofs if not proof.holds]
        if failed:
            raise CommandError(f"{merchant}: not proved: {', '.join(failed)}")

    def _tell(self, proof: Proof) -> None:
        self.stdout.write(f"{'ok  ' if proof.holds else 'FAIL'}  {proof.statement} ({proof.checked} checked, {proof.failed} failed)")
        for fault in proof.faults:
            self.stdout.write(f"      {fault}")
