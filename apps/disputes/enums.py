"""Words of disputes."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DisputeState(models.TextChoices):
    """inquiry → needs_response → under_review → won | lost | accepted. Values equal the words of disputes.csv."""

    INQUIRY = "inquiry", _("inquiry")
    NEEDS_RESPONSE = "needs_response", _("needs an answer")
    UNDER_REVIEW = "under_review", _("under review")
    WON = "won", pgettext_lazy("dispute", "won")
    LOST = "lost", pgettext_lazy("dispute", "lost")
    ACCEPTED = "accepted", pgettext_lazy("dispute", "accepted")


class DisputeKind(models.TextChoices):
    """What the provider calls it: a question without money moving, a chargeback by the bank, a claim within a wallet."""

    INQUIRY = "inquiry", _("inquiry before a chargeback")
    CHARGEBACK = "chargeback", _("chargeback")
    CLAIM = "claim", _("claim")


class Origin(models.TextChoices):
    """How we learned of it."""

    HAND = "hand", _("entered by hand")
    FILE = "file", _("from disputes.csv")
    LINE = "line", _("from a statement line")
    NOTICE = "notice", _("from a notice of the provider")


class Family(models.TextChoices):
    """Reasons that ask for the same evidence."""

    FRAUD = "fraud", pgettext_lazy("dispute", "fraud")
    NOT_RECEIVED = "not_received", _("not received")
    NOT_AS_DESCRIBED = "not_as_described", _("not as described")
    DUPLICATE = "duplicate", _("charged twice or wrongly")
    CANCELLED = "cancelled", _("cancelled")
    NOT_CREDITED = "not_credited", _("refund not received")
    OTHER = "other", _("other reason")


class EvidenceType(models.TextChoices):
    """What a document proves; the checklist of a reason names these."""

    ORDER = "order", _("Order confirmation or invoice")
    SHIPPING = "shipping", _("Shipping document with tracking number")
    DELIVERY = "delivery", _("Proof of delivery, signed or with place and time")
    MESSAGES = "messages", _("Messages with the customer")
    IDENTITY = "identity", _("Proof that the cardholder paid, such as the 3-D Secure result")
    EARLIER_ORDERS = "earlier_orders", _("Earlier orders of the same customer without a dispute")
    DESCRIPTION = "description", _("Product page as the customer saw it")
    TERMS = "terms", _("Return and cancellation terms, and where the customer agreed to them")
    REFUND = "refund", _("Proof of a refund")
    OTHER_PURCHASE = "other_purchase", _("Proof that the two payments are for two purchases")
    USAGE = "usage", _("Log of use of a service or download")
    OTHER = "other", _("Other document")


class EventKind(models.TextChoices):
    """What the time line of a dispute tells."""

    OPENED = "opened", _("Dispute opened")
    MOVED = "moved", _("State changed")
    CHANGED = "changed", _("Details changed")
    NOTE = "note", _("Note")
    EVIDENCE = "evidence", _("Evidence added")
    EVIDENCE_OFF = "evidence_off", _("Evidence taken out")
    BUNDLED = "bundled", _("Evidence file made")
    LISTED = "listed", _("Listed on a statement")
    UNLISTED = "unlisted", _("No longer on a statement")
    REMINDED = "reminded", _("Reminder sent")


class LineRole(models.TextChoices):
    """Which way a statement line of a dispute moved money."""

    TAKEN = "taken", _("taken back")
    RETURNED = "returned", _("given back")


class DisputeJob(models.TextChoices):
    """Kinds of background job of this app."""

    BUNDLE = "disputes.bundle", _("evidence file of a dispute")


class RiskKind(models.TextChoices):
    """What a rule watches; values are those of `rules.kinds.Kind`."""

    SINGLE_DIFFERENCE = "single_difference", _("Single difference above a limit")
    REFUND_RATE = "refund_rate", _("Many refunds for what is sold")
    REFUND_SURGE = "refund_surge", _("Surge of refunds in a day")
    IP_VELOCITY = "ip_velocity", _("Many payments from one IP address")
    BUYER_VELOCITY = "buyer_velocity", _("Many payments by one buyer")
    LARGE_AMOUNT = "large_amount", _("Payment above a limit")
    UNUSUAL_COUNTRY = "unusual_country", _("Payment from an unusual country")
    FAILURE_RATE = "failure_rate", _("A payment method fails more than usual")
    CARD_TESTING = "card_testing", _("Repeated small charges that try cards")
    FEE_RATIO = "fee_ratio", _("Fees take a larger part than usual")
    PAYOUT_LATE = "payout_late", _("Payout is late")


class AlertState(models.TextChoices):
    """open → acknowledged → closed; open → closed."""

    OPEN = "open", pgettext_lazy("alert", "open")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    CLOSED = "closed", pgettext_lazy("alert", "closed")


class RiskSeverity(models.TextChoices):
    """Quiet hours hold back all but critical."""

    CRITICAL = "critical", _("critical")
    HIGH = "high", _("high")
    NORMAL = "normal", _("normal")


class WatchKind(models.TextChoices):
    """By what a buyer is known again."""

    CUSTOMER = "customer", _("customer number")
    EMAIL = "email", _("e-mail")
    PHONE = "phone", _("phone number")
    IP = "ip", _("IP address")
    CARD = "card", _("card fingerprint")


class WatchSource(models.TextChoices):
    """Who put a buyer on the watch-list."""

    HAND = "hand", _("by hand")
    DISPUTE = "dispute", _("from a dispute")


class RiskJob(models.TextChoices):
    """Kinds of background job of risk."""

    LOOK = "disputes.look", _("look for risk")
    DRY_RUN = "disputes.dry_run", _("dry run of an alert rule")
