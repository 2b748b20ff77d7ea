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


class UnableToResolve(HezhangError):
    """A discrepancy could not be moved to another state."""


class AlreadyClosed(UnableToResolve):
    message = _("This difference is closed already.")


class NotClosed(UnableToResolve):
    message = _("This difference is still open, so there is nothing to undo.")


class ReasonMissing(UnableToResolve):
    message = _("Give a reason: it stays on record.")


class UnableToMatch(HezhangError):
    """A pair could not be made by hand."""


class AlreadyMatched(UnableToMatch):
    message = _("One of the two is matched already. Undo that match first.")


class OtherCurrency(UnableToMatch):
    message = _("The two are in different currencies.")
