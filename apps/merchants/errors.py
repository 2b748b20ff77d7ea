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
