"""`manage.py rotate_secrets`: what is stored secretly comes under the newest of SECRETS_KEYS, so that an older one can be dropped."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.audit.services import record
from apps.core import clock
from apps.core.rotation import Found, Place, look, places, rotate

ROTATED = "secrets.rotated"
NAMED = 20  # rows that cannot be read, by their key


class Command(BaseCommand):
    help = "Encrypts every stored secret anew under the first of SECRETS_KEYS. May run while the system serves, be killed and run again."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 while something needs an older key")

    def handle(self, *args, check, **options):
        found = {place.name: self._walk(place, check) for place in places()}
        older = sum(one.older for one in found.values())
        unreadable = sum(len(one.unreadable) for one in found.values())
        if not check and older:
            after = {name: one.older for name, one in found.items() if one.older}
            record(merchant_id=None, action=ROTATED, subject=None, by=None, now=clock.now(), after=after)
        if unreadable:
            self.stderr.write(
                f"{unreadable} rows stay as they are: no key among SECRETS_KEYS opens them. Put theirs back at its end, or enter them anew."
            )
        if check and older:
            raise CommandError(f"{older} rows need an older key: run rotate_secrets before you remove it")
        if check:
            self.stdout.write("nothing needs an older key")
        elif len(settings.SECRETS_KEYS) > 1:
            self.stdout.write("done; once --check is content, the older keys can be removed")

    def _walk(self, place: Place, check: bool) -> Found:
        """One line a column: counts, never a value."""
        found = look(place) if check else rotate(place)
        text = f"{place.name}: {found.newest} under the newest key, {found.older} {'need an older one' if check else 'brought under it'}"
        self.stdout.write(f"{text}, {len(found.unreadable)} unreadable" if found.unreadable else text)
        for pk in found.unreadable[:NAMED]:
            self.stderr.write(f"  {place.name} {place.model._meta.pk.name}={pk}: no key of ours opens it")
        if len(found.unreadable) > NAMED:
            self.stderr.write(f"  and {len(found.unreadable) - NAMED} more")
        return found
