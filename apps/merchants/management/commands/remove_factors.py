"""`manage.py remove_factors`: the way back in for a person who lost the telephone and the recovery codes."""

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.merchants.models import User
from apps.merchants.services.factors import remove_all_factors


class Command(BaseCommand):
    help = "Removes every second factor of a person, who is told by e-mail. Make sure first that it is they who ask."

    def add_arguments(self, parser):
        parser.add_argument("--email", required=True)
        parser.add_argument("--reason", required=True, help="kept in the audit trail")

    def handle(self, *args, email, reason, **options):
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"there is no {email}")
        removed = remove_all_factors(user=user, by=None, now=clock.now(), reason=reason)
        self.stdout.write(f"{removed} removed from {user.email}")
