"""Why a month cannot be prepared, approved or printed. Each is a sentence for the person who asked; nothing was changed."""

from django.utils.translation import gettext_lazy as _

from apps.core.errors import HezhangError


class ReportError(HezhangError):
    """Base of this app."""


class MonthNotOver(ReportError):
    message = _("The month is not over yet. It can be prepared from %(day)s.")


class MonthNotReconciled(ReportError):
    message = _("No reconciliation has run since the month ended. Run one, then prepare the month.")


class MonthHasOpenDifferences(ReportError):
    message = _(
        "%(count)s differences of the month are still open: %(names)s. Clear them or accept them by name; a draft is possible any time."
    )


class StatementsMissing(ReportError):
    message = _("Statements are missing: %(names)s. Import them or accept the gaps by name.")


class CertificateDoesNotAddUp(ReportError):
    message = _("The closing certificate does not add up: %(names)s. Run a reconciliation; if it stays, withdraw what is wrong.")


class MonthIsClosed(ReportError):
    message = _("The month is closed. What arrives late is booked as an adjustment of the next month.")


class MonthIsPrepared(ReportError):
    message = _("The month is prepared already and waits for approval.")


class MonthNotPrepared(ReportError):
    message = _("The month is not prepared, so there is nothing to approve.")


class OwnPreparation(ReportError):
    message = _("You prepared this month, so another person approves it.")


class FiguresMoved(ReportError):
    message = _("The figures have changed since the month was prepared. Return it to draft and prepare it again.")


class DetailsMoved(ReportError):
    message = _("Lines were imported or matched while the report was written, so its sheets would not add up. Start it again.")


class PdfUnavailable(ReportError):
    message = _("The PDF cannot be drawn on this machine: %(reason)s. The Excel report does not need it.")


class NothingToClaim(ReportError):
    message = _("No fee of this period is above the plan, so there is nothing to claim.")


class ClaimedAlready(ReportError):
    message = _("This sheet is marked as sent already.")
