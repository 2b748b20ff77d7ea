"""Roles, and the formats a bank account's statements come in."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A member's role in one merchant; `access.RIGHTS` says what each may do."""

    OWNER = "owner", _("Owner")
    ACCOUNTANT = "accountant", _("Accountant")
    APPROVER = "approver", _("Approver")
    OPERATOR = "operator", _("Operator")
    VIEWER = "viewer", _("Viewer")


class BankFormat(models.TextChoices):
    """How a bank's statements are read."""

    CSV = "csv", _("CSV or Excel, by a column mapping")
    MT940 = "mt940", "MT940, MT942"
    CAMT053 = "camt053", "camt.053, camt.052, camt.054"
    OFX = "ofx", "OFX, QFX"
    BAI2 = "bai2", "BAI2"


class NoticeSeverity(models.TextChoices):
    """How much something told to people matters, rising; from `high` on it is important."""

    LOW = "low", _("low")
    NORMAL = "normal", _("normal")
    HIGH = "high", _("high")
    CRITICAL = "critical", _("critical")


class LetterChoice(models.TextChoices):
    """Which rows of the inbox also come by e-mail."""

    OFF = "off", _("none")
    IMPORTANT = "important", _("important ones")
    ALL = "all", _("all of them")


class MailKind:
    """Kinds of job that send a letter."""

    SECURITY = "merchants.security_mail"
    INVITATION = "merchants.invitation_mail"
    PASSWORD = "merchants.password_mail"  # noqa: S105
    NOTICES = "merchants.notice_mail"


AUDIT_KIND = "merchants.verify_audit"  # the job that walks a merchant's audit chain
