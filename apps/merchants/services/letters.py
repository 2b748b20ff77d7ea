"""Letters of this app: plain text in the reader's own language, sent by a job."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.merchants.models import Invitation, User
from apps.merchants.selectors import memberships_of
from apps.merchants.services.invitations import token_of
from apps.merchants.services.notice_letters import site_address

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


def send_invitation_letter(*, invitation: Invitation) -> None:
    """The link, in the language of the person where they are known, else of the inviter."""
    known = User.objects.filter(email=invitation.email).first()
    with translation.override(known.language if known else invitation.language):
        words = {
            "person": str(invitation.invited_by or ""),
            "merchant": invitation.merchant.name,
            "role": invitation.get_role_display(),
            "link": site_address(reverse("merchants:invitation", args=[token_of(invitation)])),
            "day": f"{invitation.expires_at.astimezone(ZoneInfo(invitation.merchant.timezone)):%Y-%m-%d %H:%M}",
        }
        subject = _("%(person)s invites you to %(merchant)s") % words
        lines = [
            _("%(person)s invites you to %(merchant)s on Hezhang, in the role: %(role)s.") % words,
            _("Open this link to join. It works once, until %(day)s:") % words,
            words["link"],
            _("If you do not know what this is about, ignore this letter: nothing happens."),
        ]
        send_mail(" ".join(subject.split()), "\n\n".join(lines), None, [invitation.email])


def send_password_letter(*, user: User) -> None:
    """The link that sets a new password: for three days, until it is used or the password changes otherwise."""
    parts = [urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)]
    with translation.override(user.language):
        lines = [
            _("Open this link to set a new password. It works once, for three days:"),
            site_address(reverse("merchants:set_password", args=parts)),
            _("If you did not ask for this, ignore this letter: nothing happens."),
        ]
        send_mail(_("Hezhang: a new password"), "\n\n".join(lines), None, [user.email])
