"""Why something about a dispute could not be done."""

from django.utils.translation import gettext_lazy as _

from apps.core.documents import DocumentRefused
from apps.core.errors import HezhangError
from apps.orders.errors import reason


class DisputeError(HezhangError):
    """The base of what this app refuses."""


class IllegalMove(DisputeError):
    message = _("A dispute that is “%(was)s” cannot become “%(to)s”.")


class DisputeClosed(DisputeError):
    message = _("This dispute has ended; its result is on record.")


class DisputeKnown(DisputeError):
    message = _("This dispute is on record already: %(number)s.")


class AmountWrong(DisputeError):
    message = _("The amount must be above zero and at most what was paid: %(most)s.")


class ReturnedWrong(DisputeError):
    message = _("What came back must be between %(least)s and %(most)s.")


class PaymentElsewhere(DisputeError):
    message = _("This payment belongs to another channel.")


class CurrencyDiffers(DisputeError):
    message = _("The payment was made in %(currency)s; a dispute is kept in the same currency.")


class LineNotDisputable(DisputeError):
    message = _("Only a chargeback line of a statement that is still in can open a dispute.")


class NothingToSay(DisputeError):
    message = _("Write something first.")


class OwnerUnknown(DisputeError):
    message = _("A dispute can be given only to a person who may answer it.")


class NoticeUnreadable(DisputeError):
    message = _("This notice does not name a dispute and its state in words that are known.")


class EvidenceTooMuch(DocumentRefused):
    message = _("All evidence together may have %(limit_mb)s MB and %(limit_files)s files.")


class EvidenceTwice(DocumentRefused):
    message = _("This very file is among the evidence already.")


class EvidenceMissing(DisputeError):
    message = _("Add a document before you make the evidence file.")


class BundleUnavailable(DisputeError):
    message = _("The evidence file cannot be made here: %(reason)s.")


class RowsRefused(DisputeError):
    """Rows of disputes.csv cannot be taken in and the whole file was to be taken or nothing. `rejections` are its faults."""

    message = _("%(count)s rows cannot be taken in, so nothing of this file was written.")

    def __init__(self, rejections, *, count: int):
        super().__init__(count=count)
        self.rejections = rejections


# One sentence a code of a rejected row of disputes.csv, besides those that all books share.
ROW_REASONS = {
    "other_currency": _("The payment was made in another currency than “%(value)s”."),
    "above_payment": _("The amount is above what was paid with “%(value)s”."),
    "other_dispute_payment": _("The dispute “%(value)s” belongs to another payment already."),
    "amount_changed": _("The dispute “%(value)s” is on record with another amount."),
}


def row_reason(code: str, value: str) -> str:
    """The sentence for a rejected row of disputes.csv, in the reader's language."""
    return str(ROW_REASONS[code]) % {"value": value} if code in ROW_REASONS else reason(code, value)


class RiskError(HezhangError):
    """The base of what alerts and the watch-list refuse."""


class DryRunFirst(RiskError):
    message = _("Try the rule on the last 30 days first, then switch it on.")


class DryRunStale(RiskError):
    message = _("This dry run is of another rule or has not ended yet.")


class AlertMoved(RiskError):
    message = _("This alert is “%(state)s” already.")


class ReasonMissing(RiskError):
    message = _("Give a reason.")


class SnoozeWrong(RiskError):
    message = _("Choose a moment in the future, at most 30 days ahead.")


class BuyerListed(RiskError):
    message = _("This buyer is on the watch-list already.")


class BuyerUnreadable(RiskError):
    message = _("This cannot be read as %(kind)s.")


class BuyerRemoved(RiskError):
    message = _("This buyer has been taken off the watch-list already.")


class ExpiryWrong(RiskError):
    message = _("The day must lie in the future.")
