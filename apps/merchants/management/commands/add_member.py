"""`manage.py add_member`: the first person of a shop that was loaded from a folder, or one who lost the way in."""

import getpass
import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.core import clock
from apps.merchants.enums import Role
from apps.merchants.errors import AlreadyMember, WasMember
from apps.merchants.models import Merchant, User
from apps.merchants.services.people import add_member


class Command(BaseCommand):
    help = "Puts a person into a merchant with a role, and asks for a password when the person is new."

    def add_arguments(self, parser):
        parser.add_argument("--merchant", required=True, metavar="SLUG")
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input instead of asking")

    def handle(self, *args, merchant, email, role, **options):
        shop = Merchant.objects.filter(slug=merchant).first()
        if shop is None:
            raise CommandError(f"there is no merchant {merchant}")
        try:
            with transaction.atomic():
                membership, is_new = add_member(merchant=shop, email=email, name="", role=role, by=None, now=clock.now())
                if is_new:
                    self._set_password(membership.user, from_stdin=options["password_stdin"])
        except AlreadyMember as error:
            raise CommandError(f"{email} is a member of {merchant} already") from error
        except WasMember as error:
            raise CommandError(f"{email} was a member of {merchant} before; an owner can let them in again") from error
        self.stdout.write(f"{email} is now {role} of {merchant}")

    def _set_password(self, user: User, *, from_stdin: bool) -> None:
        password = sys.stdin.readline().rstrip("\n") if from_stdin else getpass.getpass(f"Password for {user.email}: ")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user.set_password(password)
        user.save(update_fields=["password"])
