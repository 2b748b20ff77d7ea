"""Letters of this app: plain text in the reader's own language, sent by a job."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.merchants.models import User
from apps.merchants.selectors import memberships_of

# What a person is told about their own access.
SECURITY_WORDS = {
    "factor.app_added": gettext_lazy("An authenticator app was set up for your account."),
    "factor.passkey_added": gettext_lazy("A passkey was added to your account."),
    "factor.removed": gettext_lazy("An authenticator app or passkey was removed from your account."),
    "factor.all_removed": gettext_lazy("All second factors were removed from your account."),
    "factor.recovery_codes_made": gettext_lazy("New recovery codes were made for your account. The ones before no longer work."),
    "factor.recovery_code_used": gettext_lazy("A recovery code was used to log in to your account."),
    "login.locked": gettext_lazy("Log-in to your account was locked for 15 minutes after too many wrong attempts from one address."),
}


def send_security_letter(*, user: User, action: str, moment: datetime) -> None:
    """Tells a person what happened to their access, with the time in the zone of their first merchant."""
    membership = memberships_of(user).first()
    zone = ZoneInfo(membership.merchant.timezone if membership else "UTC")
    with translation.override(user.language):
        time = f"{moment.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
        unknown = _(
            "If this was not you, change your password, end all other sessions on your security page and tell the owner of your shop."
        )
        body = "\n\n".join([str(SECURITY_WORDS[action]), _("Time: %(time)s") % {"time": time}, unknown])
        send_mail(_("Hezhang: a change to your access"), body, None, [user.email])
