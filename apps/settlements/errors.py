"""What can go wrong in settlements, named for the reader."""

from django.utils.translation import gettext_lazy as _

from apps.core.errors import HezhangError


class UnableToImport(HezhangError):
    """A file could not be taken in. `code` and `detail` are those of the refusal; nothing but its bytes was kept."""

    def __init__(self, message, *, code: str, detail: dict | None = None, rejections=()):
        super().__init__(message)
        self.code = code
        self.detail = detail or {}
        self.rejections = tuple(rejections)


class AlreadyWithdrawn(HezhangError):
    message = _("This file was withdrawn already.")


class NothingToWithdraw(HezhangError):
    message = _("This file was not imported, so there is nothing to withdraw.")


class CannotFollow(HezhangError):
    message = _("The file does not read cleanly under the likeliest new names. Say on the mapping page which column is which.")


class NotStopped(HezhangError):
    message = _("This file was not stopped for looking unlike those before it, so it cannot be imported anyway.")


class UnableToResolve(HezhangError):
    """A discrepancy could not be moved to another state."""


class AlreadyClosed(UnableToResolve):
    message = _("This difference is closed already.")


class NotClosed(UnableToResolve):
    message = _("This difference is still open, so there is nothing to undo.")


class ReasonMissing(UnableToResolve):
    message = _("Give a reason: it stays on record.")


class TotalDiffers(UnableToResolve):
    message = _("The chosen differences come to %(total)s. Type that sum to write them off; nothing was changed.")


class ManyCurrencies(UnableToResolve):
    message = _("Choose differences of one currency: their sum is typed by hand.")


class PauseTooLong(UnableToResolve):
    message = _("A pause ends in the future, within 90 days.")


class NotPaused(UnableToResolve):
    message = _("The clock of this difference runs already.")


class NeedsSecondPerson(UnableToResolve):
    message = _("This amount is above the limit of your shop: a second person has to approve it.")


class SecondSignatureError(HezhangError):
    """What two people do about one difference could not be done; nothing was changed."""


class AlreadyWaits(SecondSignatureError):
    message = _("This difference waits for a second person already.")


class NothingWaits(SecondSignatureError):
    message = _("Nothing waits for a decision here any more. Look at the difference again.")


class NoDifferenceYet(SecondSignatureError):
    message = _(
        "The two differ by more than the limit of your shop, and there is no open difference yet at which a second person could approve it."
    )


class OwnRequest(SecondSignatureError):
    message = _("You asked for this yourself, so somebody else has to decide it.")


class FiguresMoved(SecondSignatureError):
    message = _("The figures changed since this was asked for. Reject it, so that it can be asked for anew.")


class NotASigner(SecondSignatureError):
    message = _("Your role does not allow deciding or undoing what needs a second person.")


class UnableToMatch(HezhangError):
    """A pair could not be made by hand."""


class AlreadyMatched(UnableToMatch):
    message = _("One of the two is matched already. Undo that match first.")


class AlreadyDecided(UnableToMatch):
    message = _("Somebody decided this suggestion already.")


class OtherCurrency(UnableToMatch):
    message = _("The two are in different currencies.")


class ReplayError(HezhangError):
    """Rules could not be saved; those in force stay."""


class ReplayFirst(ReplayError):
    message = _("Replay these rules first, to see what they would change.")


class ReplayUsed(ReplayError):
    message = _("These rules are saved already.")


class ReplayStale(ReplayError):
    message = _("The books, files or rules changed since this replay. Replay again, then save.")


class SameRules(ReplayError):
    message = _("These are the rules in force.")


class UnableToSwitch(HezhangError):
    """A learned model could not be switched."""


class NotBetter(UnableToSwitch):
    message = _("This model does not beat the plain guess on held-back days, so it stays off.")


class OldVersion(UnableToSwitch):
    message = _("There is a newer version of this model. Look at that one.")


class SwitchedAlready(UnableToSwitch):
    message = _("Somebody switched this model already.")
