"""States of payments and refunds as the shop's books know them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PaymentState(models.TextChoices):
    """Values equal the words of payments.csv."""

    PENDING = "pending", _("pending")
    AUTHORIZED = "authorized", _("authorized")
    PAID = "paid", _("paid")
    PARTIALLY_REFUNDED = "partially_refunded", _("partially refunded")
    REFUNDED = "refunded", _("refunded")
    FAILED = "failed", _("failed")
    EXPIRED = "expired", _("expired")
    CANCELLED = "cancelled", _("cancelled")


class RefundState(models.TextChoices):
    """Values equal the words of refunds.csv."""

    REQUESTED = "requested", _("requested")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")
    SUBMITTING = "submitting", _("submitting")
    UNKNOWN = "unknown", _("result being confirmed")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")


class BookJob(models.TextChoices):
    """Kinds of background job on a file of the books."""

    CHECK = "orders.check_books", _("check of a file of the books")
    IMPORT = "orders.import_books", _("import of a file of the books")
