"""What can go wrong when a merchant's channels are described or changed; every message is meant for a person."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.core.errors import HezhangError


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in a merchant file. `place` is where an editor finds it: `[[channels]] 2 ecpay`."""

    place: str
    sentence: str

    def __str__(self):
        return f"{self.place}: {self.sentence}"


class ChannelError(HezhangError):
    """Base of everything this app refuses."""


class UnableToLoadMerchantFile(ChannelError):
    """The merchant file is not usable; nothing of it was kept. `faults` names every mistake that was found, in file order."""

    def __init__(self, faults: list[Fault]):
        self.faults = tuple(faults)
        head = ngettext("merchant.toml has %(count)d mistake.", "merchant.toml has %(count)d mistakes.", len(faults)) % {
            "count": len(faults)
        }
        super().__init__("\n".join([head, *(str(fault) for fault in faults)]))


class UnableToChangeChannel(ChannelError):
    """A channel cannot be added, changed or switched as asked. `field` is the form field at fault, or empty."""

    field = ""


class ChannelCodeTaken(UnableToChangeChannel):
    message = _("This shop already has a channel with the code %(code)s.")
    field = "code"


class UnableToAddFeeVersion(ChannelError):
    """A dated term was refused; the contract stays as it was. `field` is the form field at fault."""

    field = "valid_from"


class FeeVersionTaken(UnableToAddFeeVersion):
    message = _("There is already a version for %(methods)s from %(day)s. Choose a later day.")


class PastKeepsItsTerms(UnableToAddFeeVersion):
    message = _(
        "Terms that have already applied cannot be changed: fees of past payments are checked against them. "
        "The earliest day for a new version is %(day)s."
    )


class FeeVersionsOverlap(UnableToAddFeeVersion):
    message = _("%(methods)s already has other terms that begin on the same day, so it would be unclear which apply.")
    field = "methods"


class FeeVersionHasBegun(UnableToAddFeeVersion):
    message = _("This version has applied since %(day)s and can no longer be withdrawn.")


class CalendarInUse(ChannelError):
    message = _("Channels count by this calendar, and %(code)s is no country whose holidays are known.")


class RateNotUsable(ChannelError):
    message = _("%(rate)s cannot be booked as an exchange rate: it must be positive and have at most twelve decimals.")
