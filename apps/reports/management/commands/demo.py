"""`manage.py demo`: a merchant with three months of lifelike data, for the first run."""

import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from apps.core import clock
from apps.merchants.models import Merchant, User
from apps.reports.errors import ReportError
from apps.reports.models import CloseState, MonthClose
from apps.reports.practice import people
from apps.reports.practice.seeding import close_first_month, seed_demo
from apps.reports.practice.world import Plan

ROLES = ("owner", "accountant", "approver", "operator", "viewer", "staff")


class Command(BaseCommand):
    help = "Makes a practice shop with three months of lifelike data and a login for each role. A second run changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is any merchant")
        parser.add_argument("--seed", type=int, default=7, metavar="N", help="another number makes another shop's history (default: 7)")
        parser.add_argument("--days", type=int, default=92, metavar="N", help="days of trade, ending yesterday (default: 92)")
        parser.add_argument("--close-oldest", action="store_true", help="only close the practice shop's oldest month, if nobody has")
        parser.add_argument("--password", help="for all demo logins; required with production settings, which have no default")

    def handle(self, *args, if_empty, close_oldest, seed, days, password, **options):
        plan = Plan(seed=seed, days=days, mistyped=3, risks=True)
        shop = Merchant.objects.filter(slug=plan.slug).first()
        if close_oldest:
            if shop is not None and shop.is_practice and not MonthClose.objects.for_merchant(shop).exclude(state=CloseState.DRAFT).exists():
                self._close(shop, days)
            return
        if shop is not None:
            self.stdout.write(f"The practice shop {shop.name} is here already; nothing was changed.")
            self._logins(password or people.PASSWORD)
            return
        if if_empty and Merchant.objects.exists():
            self.stdout.write("There are merchants in this database already; the practice shop was not made.")
            return
        if not 1 <= days <= 730:
            raise CommandError("--days takes 1 to 730")
        if not password and settings.SESSION_COOKIE_SECURE:
            raise CommandError("On a production server choose the password of the demo logins: --password")
        seeded = seed_demo(plan=plan, password=password or people.PASSWORD, now=clock.now(), progress=self._progress)
        for line in seeded.refused:
            self.stderr.write(self.style.ERROR(line))
        self.stdout.write(
            f"{seeded.merchant.name}: {seeded.payments} payments in {days} days, {seeded.found} differences found of "
            f"{seeded.planted} planted, {seeded.still_open} still open."
        )
        self._close(seeded.merchant, days)
        self._logins(password or people.PASSWORD)

    def _close(self, shop: Merchant, days: int) -> None:
        """The oldest month, as an example of a closed one; where that cannot be, it is left to the visitor."""
        try:
            month = close_first_month(shop=shop, days=days, now=clock.now(), progress=self._progress)
        except ReportError as error:
            with translation.override("en"):
                self.stdout.write(f"The oldest month is left for you to close: {error.message}")
        else:
            self.stdout.write(f"{month} is closed: prepared by the accountant, approved by the approver.")

    def _logins(self, password: str) -> None:
        """The table of logins; a password that was changed since is not pretended to be known."""
        users = {user.email: user for user in User.objects.filter(email__in=[people.email(role) for role in ROLES])}
        self.stdout.write("\nLog in at /login/ as")
        for role in ROLES:
            user = users.get(people.email(role))
            if user is not None:
                known = password if user.check_password(password) else "(changed since)"
                self.stdout.write(f"  {role:<11} {user.email:<36} {known}")

    def _progress(self, percent: int, step: str) -> None:
        """One line that is written over on a terminal; elsewhere only the steps that take long."""
        if sys.stderr.isatty():
            self.stderr.write(f"\r\033[K{percent:3d} % {step}", ending="\n" if percent >= 100 else "")
