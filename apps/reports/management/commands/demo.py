"""Placeholder until the demo shop is written: takes the option bin/run passes, and makes nothing."""

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "A merchant with three months of lifelike data, for the first run."

    def add_arguments(self, parser):
        parser.add_argument("--if-empty", action="store_true", help="do nothing but print the logins when a merchant exists")

    def handle(self, *args, if_empty, **options):
        self.stdout.write("The demo shop is not built yet.")
