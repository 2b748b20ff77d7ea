"""`manage.py evaluate_suggestions --seed N --size N`: how well suggestions read a made-up set of lost references; no database."""

import json

from django.core.management.base import BaseCommand, CommandError

from apps.reports.practice.lost.making import labelled_set
from apps.reports.practice.lost.measuring import measure

LEAST, MOST = 20, 20_000


class Command(BaseCommand):
    help = "Precision, recall and F1 of suggestions on a labelled set, and of two simple ways of pairing on the same set."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--seed", type=int, default=100, metavar="N", help="seeds 1 to 10 are those the weights were fitted on")
        parser.add_argument("--size", type=int, default=1_000, metavar="N", help="relations in the set; every fourth is of the bank")
        parser.add_argument("--json", action="store_true", help="one line of JSON")
        parser.add_argument("--fit", action="store_true", help="fit weights on seeds 1 to 10 and print them; takes a few minutes")

    def handle(self, *args, seed, size, **options):
        if options["fit"]:
            self._fit()
            return
        if not LEAST <= size <= MOST:
            raise CommandError(f"--size takes {LEAST} to {MOST}")
        report = {"seed": seed, "size": size, **measure(labelled_set(seed, size))}
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        rows = {"suggestions": report["all"], "  lines": report["lines"], "  bank": report["bank"], **report["baselines"]}
        self.stdout.write(f"{'':<16}{'precision':>10}{'recall':>10}{'F1':>10}{'links':>8}")
        for name, row in rows.items():
            self.stdout.write(f"{name:<16}{row['precision']:>10.4f}{row['recall']:>10.4f}{row['f1']:>10.4f}{row['said']:>8}")
        posted = report["all"]
        self.stdout.write(f"at the posting threshold: {posted['posted']} links, {posted['wrong_if_posted']} of them wrong")
        self.stdout.write(f"first choice right: {report['top_1']:.4f}, among the first three: {report['top_3']:.4f}")
        self.stdout.write("found: " + ", ".join(f"{name} {part}" for name, part in report["found_by_kind"].items()))

    def _fit(self) -> None:
        from apps.reports.practice.lost.fitting import fitted, fitted_batches  # noqa: PLC0415  scikit-learn takes a second to import

        self.stdout.write(json.dumps({"pairs": fitted(), "batches": fitted_batches()}, indent=1))
