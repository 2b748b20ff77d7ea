"""Why something about people and merchants could not be done."""

from django.utils.translation import gettext_lazy as _

from apps.core.errors import HezhangError


class MerchantError(HezhangError):
    """Base of this app's anticipated errors."""


class LastOwner(MerchantError):
    """A merchant without an owner could never be managed again."""

    message = _("A merchant needs at least one owner. Make someone else an owner first.")


class AlreadyMember(MerchantError):
    message = _("This person is a member already.")


class WasMember(MerchantError):
    """A deactivated member comes back by being switched on, with their history, not by a second invitation."""

    message = _("This person was a member before. Let them in again from the list of people.")


class MemberMoved(MerchantError):
    message = _("Somebody else changed this member meanwhile. Look at the list again.")


class CodeWrong(MerchantError):
    message = _("This code is wrong, too old, or was used already. Wait for the next one and type it again.")


class CodesPaused(MerchantError):
    message = _("Too many wrong codes were typed for this account. Codes are taken again in an hour; a passkey works at once.")


class PasskeyRefused(MerchantError):
    message = _("The passkey was not accepted. Try again, or use a code.")


class NoFactorYet(MerchantError):
    message = _("Set up an authenticator app or a passkey first.")


class SupportOpen(MerchantError):
    message = _("There is an open request or access of this person already.")


class SupportClosed(MerchantError):
    message = _("This access was decided or ended already.")


class NotPlatformStaff(MerchantError):
    message = _("Nobody of the platform's staff has this e-mail.")


class AlreadyInvited(MerchantError):
    message = _("An invitation to this e-mail is open already. It can be sent again.")


class InvitationClosed(MerchantError):
    message = _("This invitation was used, taken back or is too old. Ask the owner of the shop for a new one.")


class NotAMember(MerchantError):
    message = _("This person is no member who could take the work over.")
